// Results, and an end that loses nothing: what a service does on SIGTERM.
//
// The signal is waited for in a thread (blocked everywhere else, so no handler runs), which drains the pool:
// new work is refused with `closed`, what was accepted still runs, and its results are read to the last one.
#include <weir/weir.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;

std::uint64_t collatz_steps(std::uint64_t& n) {
  std::uint64_t steps = 0;
  for (; n != 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  return steps;
}

}  // namespace

int main() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the pool starts its threads: they inherit it

  weir::worker_pool<std::uint64_t, std::uint64_t> pool(collatz_steps,
                                                       {.queue_capacity = 64, .results_capacity = 64});
  std::uint64_t results = 0;
  std::uint64_t longest = 0;
  std::jthread reader([&, outcomes = pool.results()]() mutable {
    for (const auto& outcome : outcomes) {  // ends when the last result has been read
      ++results;
      longest = std::max(longest, outcome.value.value_or(0));
    }
  });
  std::jthread stopper([&] {
    int signal = 0;
    sigwait(&ends, &signal);
    std::printf("draining after signal %d\n", signal);
    if (!pool.drain(weir::from_now(30s))) std::puts("some work was cancelled at the deadline");
  });

  std::uint64_t accepted = 0;
  for (std::uint64_t n = 1;; ++n) {
    std::uint64_t job = n;
    if (!pool.submit(std::move(job))) break;            // closed: we are draining
    if (++accepted == 10'000) kill(getpid(), SIGTERM);  // what an operator would do
  }
  stopper.join();
  reader.join();
  std::printf("%llu jobs, longest %llu steps\n", static_cast<unsigned long long>(accepted),
              static_cast<unsigned long long>(longest));
  std::puts(results == accepted ? "every accepted job has its result" : "a result is missing");
  return results == accepted ? 0 : 1;
}
