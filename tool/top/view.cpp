#include <tool/top/view.hpp>

#include <bench/harness/readable.hpp>
#include <jobs/report.hpp>
#include <tool/bar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace weir::tool::top {

namespace {

using bench::readable_bytes;
using bench::readable_rate;
using jobs::brief;

constexpr std::size_t indent = 9;  // where what a line is about ends

line titled(std::string_view title, std::vector<span> rest) {
  rest.insert(rest.begin(), {fmt::format("{:<{}}", title, indent), tone::bold});
  return rest;
}

// Alarming only when there is something to count.
tone alarming(std::uint64_t n) { return n > 0 ? tone::bad : tone::plain; }

std::string per_second(const view& v, double rates::* which) {
  return v.speed ? fmt::format(" ({}/s)", readable_rate(*v.speed.*which)) : std::string();
}

tone tone_of_state(const std::string& state) { return state == "running" ? tone::good : tone::warning; }

line head(const view& v) {
  line l{{"weir top ", tone::bold}, {v.where}};
  if (v.now) {
    l.push_back({"  " + v.now->state, tone_of_state(v.now->state)});
    l.push_back({fmt::format("  pid {}, for {}", v.now->pid, brief(v.now->elapsed)), tone::dim});
  }
  return l;
}

void add_troubles(const view& v, std::vector<line>& to) {
  if (!v.trouble.empty()) to.push_back({{v.trouble, tone::bad}});
  if (v.now)
    for (const alert& a : v.now->alerts)
      to.push_back({{fmt::format("ALERT {} for {}: ", a.name, brief(a.active)), tone::bad}, {a.text}});
}

line queue(const snapshot& s, std::size_t columns) {
  const std::string depth =
      fmt::format(" {} of {}, {:.0f} %", s.jobs.queued, s.capacity, s.utilization * 100);
  const std::size_t taken = indent + depth.size() + 2;
  const int cells = static_cast<int>(std::clamp<std::size_t>(columns > taken ? columns - taken : 0, 10, 100));
  const bool high = s.utilization > warning_share;
  const bar_scale scale{std::max<std::uint64_t>(1, s.capacity), true};
  return titled("queue", {{bar(s.jobs.queued, scale, cells), high ? tone::bad : tone::good},
                          {depth, high ? tone::bad : tone::plain}});
}

line queue_more(const snapshot& s) {
  std::string text =
      fmt::format("peak {}, at the door {}, cost {}", s.jobs.high_water, s.jobs.waiting, s.jobs.cost);
  if (s.max_cost) text += fmt::format(" of {}", *s.max_cost);
  return titled("", {{text, tone::dim}});
}

line jobs_line(const view& v) {
  const pool_stats& s = v.now->jobs;
  return titled(
      "jobs", {{fmt::format("{} submitted{}, {} completed{}, ", s.submitted, per_second(v, &rates::submitted),
                            s.completed, per_second(v, &rates::completed))},
               {fmt::format("{} failed{}", s.failed, per_second(v, &rates::failed)), alarming(s.failed)}});
}

line lost_line(const view& v) {
  const std::uint64_t all = lost(*v.now);
  std::string causes;
  for (const loss kind : all_losses)
    if (const std::uint64_t n = count_of(v.now->jobs, kind); n > 0)
      causes += fmt::format("{}{} {}", causes.empty() ? ": " : ", ", n, name(kind));
  return titled("lost", {{fmt::format("{}{}{}", all, per_second(v, &rates::lost), causes), alarming(all)}});
}

line workers_line(const snapshot& s) {
  const std::uint64_t idle = s.jobs.workers - std::min(s.jobs.busy, s.jobs.workers);
  std::string text = fmt::format("{} busy, {} idle", s.jobs.busy, idle);
  text += s.least_workers == s.most_workers ? fmt::format(" of {}", s.most_workers)
                                            : fmt::format(", {} to {}", s.least_workers, s.most_workers);
  text += fmt::format("; {} in flight", s.in_flight);
  if (s.limit) text += fmt::format(", limit {}", *s.limit);
  if (s.retries > 0) text += fmt::format("; {} retries", s.retries);
  std::vector<span> spans{{text}};
  if (s.breaker)
    spans.push_back({"; breaker " + *s.breaker, *s.breaker == "closed" ? tone::plain : tone::bad});
  return titled("workers", std::move(spans));
}

line times_line(std::string_view title, const times& t) {
  return titled(title, {{fmt::format("p50 {:<8} p90 {:<8} p99 {:<8} max {}", brief(t.p50), brief(t.p90),
                                     brief(t.p99), brief(t.max))}});
}

void add_lanes(const snapshot& s, std::vector<line>& to) {
  if (s.lanes.size() < 2) return;
  for (std::size_t i = 0; i < s.lanes.size(); ++i) {
    const lane& l = s.lanes[i];
    const bool full =
        l.capacity > 0 && static_cast<double>(l.queued) > warning_share * static_cast<double>(l.capacity);
    std::string text = fmt::format("{:>6} queued", l.queued);
    if (l.wait) text += fmt::format(", wait p99 {}", brief(*l.wait));
    to.push_back(titled(fmt::format("lane {}", i), {{text, full ? tone::warning : tone::plain}}));
  }
}

line spill_line(const spill& d) {
  const bool high = static_cast<double>(d.bytes) > warning_share * static_cast<double>(d.max_bytes);
  return titled(
      "spill",
      {{fmt::format("{} jobs, {} of {}", d.jobs, readable_bytes(d.bytes), readable_bytes(d.max_bytes)),
        high ? tone::bad : tone::plain}});
}

// All there is to show but the keys, the most important first.
std::vector<line> body(const view& v, std::size_t columns) {
  std::vector<line> lines{head(v)};
  add_troubles(v, lines);
  if (!v.now) return lines;
  const snapshot& s = *v.now;
  lines.push_back({});
  lines.push_back(queue(s, columns));
  lines.push_back(queue_more(s));
  lines.push_back(jobs_line(v));
  lines.push_back(lost_line(v));
  lines.push_back(workers_line(s));
  lines.push_back(times_line("wait", s.queue_wait));
  lines.push_back(times_line("run", s.run_time));
  if (s.spill) lines.push_back(spill_line(*s.spill));
  add_lanes(s, lines);
  return lines;
}

line keys(const view& v) {
  const tone changing = v.may_change ? tone::plain : tone::dim;
  const bool paused = v.now && v.now->state == "paused";
  line l{{"q quit"}, {paused ? "  p resume" : "  p pause", changing}, {"  + - workers", changing}};
  if (!v.note.empty()) l.push_back({"   " + v.note, tone::warning});
  return l;
}

// Only what a terminal shows as one column: names and texts come from elsewhere.
void make_printable(std::string& text) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
}

void fit(line& l, std::size_t columns) {
  for (span& s : l) {
    make_printable(s.text);
    s.text.resize(std::min(s.text.size(), columns));
    columns -= s.text.size();
  }
  std::erase_if(l, [](const span& s) { return s.text.empty(); });
}

}  // namespace

std::vector<line> draw(const view& v, screen_size size) {
  std::vector<line> lines = body(v, size.columns);
  if (size.rows > 1) {
    lines.resize(size.rows - 1);
    lines.push_back(keys(v));
  }
  lines.resize(size.rows);
  for (line& l : lines) fit(l, size.columns);
  return lines;
}

std::string as_text(const view& v, std::size_t columns) {
  std::string text;
  for (line& l : body(v, columns)) {
    fit(l, std::numeric_limits<std::size_t>::max());
    for (const span& s : l) text += s.text;
    text += '\n';
  }
  return text;
}

}  // namespace weir::tool::top
