// What a submitter sees when the queue is full, policy by policy.
//
// One worker, a queue of two, four jobs. The pool is paused, so the queue is surely full when job 2 comes.
#include <weir/weir.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;

// Opens the pool once somebody waits at its door: what `block` waits for.
void resume_when_full(weir::worker_pool<int>& pool) {
  while (pool.queue_depth() < 2) std::this_thread::yield();
  pool.resume();
}

bool show(const weir::overflow& policy) {
  std::printf("%s\n", policy.to_string().c_str());
  const auto submitter = std::this_thread::get_id();
  const auto run = [&](int& job) {
    if (std::this_thread::get_id() == submitter) std::printf("  job %d runs in the submitting thread\n", job);
  };
  const auto tell = [](weir::worker_pool<int>::lost&& lost) {
    std::printf("  job %d is lost: %s\n", lost.job, std::string(weir::message(lost.reason)).c_str());
  };
  const weir::pool_options options{
      .min_workers = 1, .max_workers = 1, .queue_capacity = 2, .on_full = policy, .paused = true};
  weir::worker_pool<int> pool(run, options, tell);

  std::optional<std::jthread> opener;
  if (policy.to_string() == "block") opener.emplace([&pool] { resume_when_full(pool); });
  for (int job = 0; job < 4; ++job) {
    int value = job;  // moved from only when accepted
    const auto accepted = pool.submit(std::move(value));
    if (!accepted)
      std::printf("  job %d is refused: %s\n", job, std::string(weir::message(accepted.error())).c_str());
  }
  if (!pool.drain()) return false;

  const weir::pool_stats s = pool.stats();
  std::printf("  %llu completed of %llu\n", static_cast<unsigned long long>(s.completed),
              static_cast<unsigned long long>(s.submitted));
  return s.submitted == s.completed + s.rejected + s.dropped + s.timed_out + s.evicted;
}

}  // namespace

int main() {
  bool all = true;
  for (const weir::overflow& policy :
       {weir::overflow::block(), weir::overflow::timeout(20ms), weir::overflow::reject(),
        weir::overflow::drop_newest(), weir::overflow::drop_oldest(), weir::overflow::caller_runs()})
    all &= show(policy);
  std::puts(all ? "all jobs accounted for" : "a job is missing");
  return all ? 0 : 1;
}
