#include <jobs/launcher.hpp>
#include <jobs/process.hpp>
#include <jobs/watchdog.hpp>
#include <jobs/width_trial.hpp>
#include <weir/base/hardware.hpp>

#include <sys/resource.h>
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <thread>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::uint64_t rounds = 3;
constexpr duration least_time = std::chrono::milliseconds(500);

// Takes what jobs print, and keeps none of it.
class no_output final : public output_sink {
 public:
  io_result<> write(stream, std::string_view) override { return {}; }
};

// Processor time of all children that have ended and been waited for.
duration children_compute() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto time = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return time(usage.ru_utime) + time(usage.ru_stime);
}

// One width while it is tried.
class trial {
 public:
  trial(const command_template& command, std::span<const std::string> items, launcher& l, std::size_t workers)
      : command_(command), items_(items), launcher_(l), workers_(workers) {}

  io_result<width_result> run();

 private:
  void work(unsigned slot);
  bool goes_on(std::uint64_t job) const;
  void note(const process_result&, const expanded_command&);

  const command_template& command_;
  const std::span<const std::string> items_;
  launcher& launcher_;
  const std::size_t workers_;
  const time_point began_ = clock::now();
  std::atomic<std::uint64_t> next_ = 0;  // relaxed: each job has one number, nothing else hangs on it
  std::atomic<bool> broken_ = false;     // relaxed: who sees it late runs one job more
  std::mutex mutex_;                     // guards those below
  width_result result_{};
  std::optional<error> failure_{};
};

bool trial::goes_on(std::uint64_t job) const {
  if (broken_.load(std::memory_order_relaxed)) return false;
  return job < rounds * workers_ || clock::now() - began_ < least_time;
}

void trial::note(const process_result& result, const expanded_command& command) {
  const std::lock_guard lock(mutex_);
  if (!result.started()) {
    broken_.store(true, std::memory_order_relaxed);
    if (!failure_)
      failure_ =
          error(std::error_code(result.error, std::generic_category()), describe(result, command.argv()[0]));
    return;
  }
  ++result_.jobs;
  result_.failed += !result.succeeded();
  if (!result.succeeded()) broken_.store(true, std::memory_order_relaxed);
  result_.run_time += result.run_time;
}

void trial::work(unsigned slot) {
  process_slot place(launcher_, slot);
  no_output nowhere;
  expanded_command command;
  item_batch batch;
  for (;;) {
    const std::uint64_t job = next_.fetch_add(1, std::memory_order_relaxed);
    if (!goes_on(job)) return;
    batch.clear();
    batch.seq = job + 1;
    batch.first = job + 1;
    batch.push(items_[job % items_.size()]);
    command_.expand(batch, slot, command);
    note(place.run({.argv = command.argv(), .item = batch[0], .seq = batch.seq}, nowhere), command);
  }
}

io_result<width_result> trial::run() {
  const duration before = children_compute();
  {
    std::vector<std::jthread> threads;
    threads.reserve(workers_);
    for (std::size_t i = 0; i < workers_; ++i)
      threads.emplace_back([this, slot = static_cast<unsigned>(i) + 1] { work(slot); });
  }
  if (failure_) return std::unexpected(*std::move(failure_));
  result_.workers = workers_;
  result_.elapsed = clock::now() - began_;
  const auto jobs = static_cast<duration::rep>(std::max<std::uint64_t>(1, result_.jobs));
  result_.run_time /= jobs;
  result_.compute = (children_compute() - before) / jobs;
  return result_;
}

}  // namespace

double width_result::jobs_per_second() const noexcept {
  return static_cast<double>(jobs) / std::chrono::duration<double>(elapsed).count();
}

std::vector<std::size_t> widths_between(std::size_t least, std::size_t most) {
  constexpr std::size_t few = 8;
  std::vector<std::size_t> widths;
  const bool all = most - least < few;
  for (std::size_t w = least; w < most; w = all ? w + 1 : w * 2) widths.push_back(w);
  widths.push_back(most);
  return widths;
}

io_result<std::vector<width_result>> try_widths(const command_template& command,
                                                std::span<const std::string> items,
                                                std::span<const std::size_t> widths) {
  auto dog = watchdog::start();
  if (!dog) return std::unexpected(dog.error());
  auto start = launcher::make(&*dog);
  if (!start) return std::unexpected(start.error());
  std::vector<width_result> results;
  for (const std::size_t width : widths) {
    auto result = trial(command, items, **start, width).run();
    if (!result) return std::unexpected(result.error());
    results.push_back(*result);
    if (result->failed > 0) break;
  }
  return results;
}

width_findings findings_of(std::span<const width_result> widths) {
  const width_result& narrowest = *std::ranges::min_element(widths, {}, &width_result::workers);
  const auto compute = static_cast<double>(std::max(narrowest.compute, duration(1000)).count());
  const auto run = static_cast<double>(narrowest.run_time.count());
  const double best = std::ranges::max(widths | std::views::transform(&width_result::jobs_per_second));
  width_findings found{.cores = static_cast<std::int64_t>(hardware()),
                       .wait_over_compute = std::max(0.0, run / compute - 1),
                       .service = narrowest.run_time};
  const auto enough = [&](const width_result& w) { return w.jobs_per_second() >= 0.95 * best; };
  const width_result& chosen = *std::ranges::find_if(widths, enough);
  found.workers = chosen.workers;
  found.jobs_per_second = chosen.jobs_per_second();
  return found;
}

}  // namespace weir::jobs
