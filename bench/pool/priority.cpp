// What a flood of unimportant jobs costs the important ones: waits of lane 0, alone and with lane 1 flooded.
//
//   pool_priority [SECONDS [ROUNDS]]        3 seconds a part, 3 rounds
//
// Open loop: jobs of lane 0 arrive at random times fixed beforehand (Poisson, 0.4 of what the workers can
// do), and a wait counts from then, however late the submitter is. The flood offers lane 1 ten times what the
// workers can do. A job takes 1 ms without a processor, as calls to other services do. Prints a table; exits
// 1 when the median over the rounds of p99 with flood / p99 without is above 3.
#include <weir/observe/histogram.hpp>
#include <weir/pool/worker_pool.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr weir::duration service = 1ms;
constexpr std::size_t workers = 2;
constexpr double capacity = workers / 1e-3;  // jobs a second
constexpr double important_part = 0.4;
constexpr double flood_part = 10;
constexpr double bound = 3;

struct call {
  weir::time_point planned;
  bool important;
};

/// Offers ten times the capacity, a handful each millisecond.
void flood(weir::worker_pool<call>& pool, const std::stop_token& stop) {
  constexpr auto handful = static_cast<std::size_t>(capacity * flood_part * 1e-3);
  for (auto next = weir::clock::now(); !stop.stop_requested(); next += 1ms) {
    std::this_thread::sleep_until(next);
    std::array<call, handful> jobs;
    jobs.fill({next, false});
    (void)pool.submit_some(jobs, {.lane = 1});
  }
}

/// Waits of lane 0.
weir::histogram_snapshot measure(weir::duration time, bool flooded, std::uint64_t seed) {
  weir::histogram waits;
  weir::worker_pool<call> pool(
      [&waits](call& c) {
        if (c.important) waits.record(weir::clock::now() - c.planned);
        std::this_thread::sleep_for(service);
      },
      {.min_workers = workers, .max_workers = workers, .queue_capacity = 256, .lanes = 2});
  std::jthread flooder;
  if (flooded) flooder = std::jthread([&pool](const std::stop_token& stop) { flood(pool, stop); });
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> between(capacity * important_part);
  const weir::time_point begin = weir::clock::now() + 100ms;
  for (weir::time_point at = begin; at < begin + time;
       at += weir::duration(static_cast<weir::duration::rep>(between(random) * 1e9))) {
    std::this_thread::sleep_until(at);
    if (!pool.submit({at, true}, {.on_full = weir::overflow::evict_lower()})) std::abort();
  }
  flooder = {};
  pool.cancel();
  return waits.snapshot();
}

double microseconds(weir::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

}  // namespace

int main(int argc, char** argv) {
  const auto time = std::chrono::seconds(argc > 1 ? std::atoi(argv[1]) : 3);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  if (time <= 0s || rounds <= 0) {
    std::fprintf(stderr, "usage: pool_priority [SECONDS [ROUNDS]], whole numbers from 1\n");
    return 2;
  }
  std::printf("%8s %10s %10s %10s %10s %7s\n", "seed", "p50 us", "p99 us", "p50 flood", "p99 flood", "ratio");
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const auto seed = static_cast<std::uint64_t>(round) + 1;
    const auto alone = measure(time, false, seed);
    const auto flooded = measure(time, true, seed);
    ratios.push_back(microseconds(flooded.p(0.99)) / microseconds(alone.p(0.99)));
    std::printf("%8llu %10.0f %10.0f %10.0f %10.0f %7.2f\n", static_cast<unsigned long long>(seed),
                microseconds(alone.p(0.5)), microseconds(alone.p(0.99)), microseconds(flooded.p(0.5)),
                microseconds(flooded.p(0.99)), ratios.back());
  }
  std::sort(ratios.begin(), ratios.end());
  const double median = ratios[ratios.size() / 2];
  std::printf("median ratio %.2f, wanted at most %.0f: %s\n", median, bound,
              median <= bound ? "met" : "missed");
  return median <= bound ? 0 : 1;
}
