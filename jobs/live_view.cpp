#include <jobs/live_view.hpp>

#include <algorithm>

namespace weir::jobs {

namespace {

bool is_due(time_point& next, time_point now, duration every) {
  if (now < next) return false;
  next = after(now, every);
  return true;
}

}  // namespace

live_view::live_view(const run_options& o, console& out, time_point now)
    : console_(out),
      progress_every_(out.live() ? between_drawings : between_lines),
      statistics_every_(o.stats_every.value_or(duration::max())) {
  if (out.live()) next_progress_ = after(now, first_drawing);
  if (out.plain_progress()) next_progress_ = after(now, between_lines);
  if (o.stats_every) next_statistics_ = after(now, statistics_every_);
}

bool live_view::wants_progress(time_point now) { return is_due(next_progress_, now, progress_every_); }

bool live_view::wants_statistics(time_point now) { return is_due(next_statistics_, now, statistics_every_); }

void live_view::show(const progress& p) {
  if (console_.live()) return console_.draw(live_line(p));
  console_.say(plain_line(p));
}

time_point live_view::next() const noexcept { return std::min(next_progress_, next_statistics_); }

}  // namespace weir::jobs
