// What administration sees of a run and does to it, on its own thread.

#include <adapters/prometheus/collectable.hpp>
#include <jobs/run_readings.hpp>
#include <jobs/whole_run.hpp>

#include <fmt/format.h>

#include <string>
#include <utility>

namespace weir::jobs {

admin_surface whole_run::surface() {
  return {.metrics = [this] { return metrics(); },
          .statistics = [this] { return as_json(live()); },
          .not_ready = [this] { return draining_ ? std::string("draining") : std::string(); },
          .pause = [this] { return pause(); },
          .resume = [this] { return resume(); },
          .set_workers = [this](const worker_change& change) { return set_workers(change); }};
}

live_figures whole_run::live() const {
  live_figures f{.so_far = current(),
                 .pool = pool_.snapshot(),
                 .in_flight = runner_.in_flight(),
                 .alerts = alerts_.active(clock::now())};
  const std::lock_guard lock(changing_);
  if (paused_) f.state = run_state::paused;
  if (draining_) f.state = run_state::draining;
  return f;
}

std::string whole_run::metrics() const {
  const live_figures f = live();
  readings to;
  to.add_build_info();
  add(to, f.pool.name, f);
  alerts_.show(to, f.pool.name);
  return prometheus::text(to);
}

namespace {

std::unexpected<error> past_changing(std::string_view what) {
  return std::unexpected(
      error(std::errc::operation_canceled, fmt::format("the run drains: {}; wait for its end", what)));
}

}  // namespace

// The pool keeps what waits in the queue; once its input has ended it lets everything out, and the gates hold
// it. Nothing is said under the lock: a terminal that takes no bytes would hold up the listener.
io_result<> whole_run::pause() {
  {
    const std::lock_guard lock(changing_);
    if (draining_) return past_changing("no job is held back any more");
    if (std::exchange(paused_, true)) return {};
    runner_.pause();
    pool_.pause();
  }
  console_.say("paused by administration: no further job starts");
  return {};
}

io_result<> whole_run::resume() {
  if (end_pause()) console_.say("resumed by administration");
  return {};
}

// Whether there was one.
bool whole_run::end_pause() {
  const std::lock_guard lock(changing_);
  if (!std::exchange(paused_, false)) return false;
  runner_.resume();
  pool_.resume();
  return true;
}

io_result<worker_span> whole_run::set_workers(const worker_change& change) {
  worker_span now;
  {
    const std::lock_guard lock(changing_);
    if (draining_) return past_changing("its workers stay as they are");
    now = workers_ = changed(workers_, change);
    limit_followed_ = 0;
    follow_limit();
  }
  const std::string number =
      now.least == now.most ? std::to_string(now.most) : fmt::format("{}..{}", now.least, now.most);
  console_.say(fmt::format("workers {} by administration", number));
  return now;
}

}  // namespace weir::jobs
