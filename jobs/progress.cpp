#include <jobs/progress.hpp>

#include <jobs/report.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::jobs {

namespace {

double rate(const progress& p) {
  const double time = std::chrono::duration<double>(p.elapsed).count();
  return time > 0 ? static_cast<double>(p.jobs.completed + p.jobs.failed) / time : 0;
}

std::string counts(const progress& p) {
  return fmt::format("{} done, {} failed, {} lost, {:.3g}/s", p.jobs.completed, p.jobs.failed, lost(p.jobs),
                     rate(p));
}

std::string left(const progress& p) {
  const auto time = time_left(p);
  return time ? ", " + brief(*time) + " left" : "";
}

}  // namespace

std::optional<duration> time_left(const progress& p) {
  const double done = static_cast<double>(finished(p.jobs));
  if (!p.share_read || *p.share_read <= 0 || done <= 0) return std::nullopt;
  const double all = static_cast<double>(p.jobs.submitted) / *p.share_read;
  const double seconds = std::chrono::duration<double>(p.elapsed).count() * std::max(0.0, all - done) / done;
  constexpr double most = 1e8;  // three years: beyond that a number says nothing
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(seconds, most)));
}

std::string queue_bar(std::size_t depth, std::size_t capacity, std::size_t width) {
  const std::size_t full = capacity == 0 ? 0 : std::min(width, (depth * width + capacity - 1) / capacity);
  std::string bar(full, '#');
  bar.resize(width, ' ');
  if (capacity > 0 && width > 0) {
    const std::size_t mark = std::min(width - 1, width * 8 / 10);
    if (bar[mark] == ' ') bar[mark] = '|';
  }
  return "[" + bar + "]";
}

std::string live_line(const progress& p) {
  return fmt::format("{}{}  queue {} {}/{}", counts(p), left(p),
                     queue_bar(p.jobs.queued, p.queue_capacity, 20), p.jobs.queued, p.queue_capacity);
}

std::string plain_line(const progress& p) {
  return fmt::format("{}{}, queue {} of {}, {} running", counts(p), left(p), p.jobs.queued, p.queue_capacity,
                     p.jobs.running);
}

}  // namespace weir::jobs
