// What always holds, whatever is asked and whatever the clock does: rates, breakers, retries, throttles.
#include <weir/control/adaptive_throttle.hpp>
#include <weir/control/backoff.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/control/retry_budget.hpp>
#include <weir/control/rounding.hpp>
#include <weir/control/testing.hpp>
#include <weir/control/token_bucket.hpp>

#include <map>
#include <optional>
#include <ostream>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

struct admission {
  time_point at;
  double tokens;
};

// The most tokens, beyond rate x time, in any window that begins and ends with an admission.
double most_in_any_window(std::vector<admission> all, double per_second) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  // Kadane's algorithm: the largest sum of consecutive terms, where time takes away and admissions add.
  double ending_here = 0, most = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) {
      const double passed = std::chrono::duration<double>(all[i].at - all[i - 1].at).count();
      ending_here = std::max(0.0, ending_here - passed * per_second);
    }
    ending_here += all[i].tokens;
    most = std::max(most, ending_here);
  }
  return most;
}

enum class bucket_op { try_acquire, reserve, cancel };

struct bucket_step {
  duration ahead;
  bucket_op op;
  double tokens;
  std::size_t which;  // of the reservations, for cancel
};

std::ostream& operator<<(std::ostream& out, const bucket_step& s) {
  static constexpr const char* names[] = {"try_acquire", "reserve", "cancel"};
  return out << s.ahead.count() << " ns later " << names[static_cast<int>(s.op)] << ' ' << s.tokens << ' '
             << s.which;
}

rc::Gen<bucket_step> bucket_steps(duration scale, double burst) {
  return rc::gen::map(rc::gen::tuple(clock_step(scale), rc::gen::inRange(0, 8), rc::gen::inRange(0, 12),
                                     rc::gen::inRange(0, 100)),
                      [burst](const auto& drawn) {
                        const auto& [ahead, op, tenths, which] = drawn;
                        return bucket_step{.ahead = ahead,
                                           .op = op < 5   ? bucket_op::try_acquire
                                                 : op < 7 ? bucket_op::reserve
                                                          : bucket_op::cancel,
                                           .tokens = burst * tenths / 10,
                                           .which = static_cast<std::size_t>(which)};
                      });
}

// Asks a bucket as the steps say, and gives what it admitted: at once, or at the end of a wait not cancelled
// before.
std::vector<admission> admitted_by(token_bucket& bucket, test_clock clock,
                                   const std::vector<bucket_step>& steps) {
  std::vector<admission> admitted;
  struct waiting {
    token_bucket::reservation given;
    admission then;
    bool cancelled = false;
  };
  std::vector<waiting> reserved;
  for (const bucket_step& step : steps) {
    clock.move(step.ahead);
    if (step.op == bucket_op::try_acquire) {
      if (bucket.try_acquire(clock.read(), step.tokens)) admitted.push_back({clock.latest(), step.tokens});
    } else if (step.op == bucket_op::reserve) {
      const auto given = bucket.reserve(clock.read(), step.tokens);
      RC_ASSERT(given.has_value() == (step.tokens <= bucket.burst()));
      if (given) reserved.push_back({*given, {clock.latest() + given->wait, step.tokens}});
    } else if (!reserved.empty()) {
      waiting& one = reserved[step.which % reserved.size()];
      bucket.cancel(clock.read(), one.given);
      if (clock.latest() <= one.then.at) one.cancelled = true;
    }
  }
  for (const waiting& one : reserved)
    if (!one.cancelled) admitted.push_back(one.then);
  return admitted;
}

TEST(token_bucket_property, never_admits_more_than_burst_and_rate_times_time_in_any_window) {
  expect_always("burst + rate x t", [] {
    const double burst = 1 + *rc::gen::inRange(0, 40) / 4.0;
    const double per_second = *rc::gen::element(0.01, 0.3, 1.0, 3.0, 7.5, 1000.0, 123456.789, 1e9);
    token_bucket bucket(per_second, burst);
    const test_clock clock(*clock_start());
    const auto steps =
        *rc::gen::container<std::vector<bucket_step>>(bucket_steps(2 * bucket.interval(), burst));
    const double most = most_in_any_window(admitted_by(bucket, clock, steps), per_second);
    // The burst is rounded up to a nanosecond, as every cost is: of a broken number of tokens that is a
    // little more.
    RC_ASSERT(most <= burst + 1 / static_cast<double>(bucket.interval().count()) + 1e-6);
  });
}

TEST(token_bucket_property, keeps_its_word_while_the_rate_changes) {
  expect_always("burst + the sum of each rate x its time", [] {
    const double burst = *rc::gen::inRange(1, 10);
    token_bucket bucket(10, burst);
    test_clock clock(*clock_start());
    const auto steps = *rc::gen::container<std::vector<bucket_step>>(bucket_steps(200ms, burst));
    double level = burst;  // a plain bucket of tokens, filled without rounding: it may not admit less
    for (const bucket_step& step : steps) {
      const time_point before = clock.latest();
      clock.move(step.ahead);
      (void)clock.read();
      const bool first = before == time_point::min();
      const double passed = first ? 0 : std::chrono::duration<double>(clock.latest() - before).count();
      level = std::min(burst, level + passed * bucket.per_second());
      if (step.op == bucket_op::try_acquire) {
        if (bucket.try_acquire(clock.read(), step.tokens)) level -= step.tokens;
        RC_ASSERT(level >= -1e-6);
      } else {
        bucket.set_rate(clock.read(), 1 + static_cast<double>(step.which));
      }
    }
  });
}

TEST(token_bucket_property, an_hour_of_waiting_fills_it_however_it_was_used) {
  expect_always("full after burst / rate", [] {
    token_bucket bucket(100, 5);
    test_clock clock(*clock_start());
    for (const auto& step : *rc::gen::container<std::vector<bucket_step>>(bucket_steps(20ms, 5))) {
      clock.move(step.ahead);
      (void)bucket.try_acquire(clock.read(), step.tokens);
    }
    RC_ASSERT(bucket.try_acquire(std::max(clock.latest(), clock.read()) + 50ms, 5));
  });
}

// What a caller sees of a breaker, step by step.
class watched_breaker {
 public:
  watched_breaker(const circuit_breaker_options& options, time_point start)
      : options_(options), breaker_(options), clock_(start) {}

  void step(duration ahead, int what, std::size_t which, duration took) {
    clock_.move(ahead);
    const time_point now = clock_.read();
    breaker_.release(now, {.generation = UINT64_MAX});  // of no breaker: it only shows the time
    const breaker_state before = breaker_.state_at(now);
    if (what < 5) {
      ask(now, before);
    } else if (what == 9 && which < 20) {
      breaker_.reset(now);
    } else if (what == 10 && which < 20) {
      breaker_.trip(now);
      opened_at_ = clock_.latest();
    } else if (!out_.empty()) {
      give_back(now, what, which % out_.size(), took);
    }
    // Seen through the clock: a breaker that has just opened has not waited.
    const breaker_state after = breaker_.state_at(now);
    if (before != breaker_state::open && after == breaker_state::open) opened_at_ = clock_.latest();
    if (after != before) probes_.clear();
    if (after == breaker_state::closed) opened_at_.reset();
  }

 private:
  void ask(time_point now, breaker_state before) {
    const auto given = breaker_.allow(now);
    if (before == breaker_state::open) {
      RC_ASSERT(!given.has_value());
      RC_ASSERT(clock_.latest() - opened_at_.value() < options_.reset_timeout);
    }
    if (before == breaker_state::closed) RC_ASSERT(given.has_value());
    if (!given) return;
    if (opened_at_) RC_ASSERT(clock_.latest() - *opened_at_ >= options_.reset_timeout);
    if (before == breaker_state::half_open) {
      const auto most = static_cast<std::size_t>(options_.half_open_probes);
      if (probes_.size() >= most) {
        RC_ASSERT(clock_.latest() - last_probe_ >= options_.probe_timeout.value_or(options_.reset_timeout));
        std::erase_if(probes_, [](const auto& probe) { return !probe.second; });  // given up
      }
      probes_.emplace(next_, false);
      last_probe_ = clock_.latest();
    }
    out_.push_back({next_++, *given});
  }

  void give_back(time_point now, int what, std::size_t which, duration took) {
    const auto [number, permit] = out_[which];
    out_.erase(out_.begin() + static_cast<std::ptrdiff_t>(which));
    const bool late = breaker_.state_at(now) == breaker_state::half_open && !probes_.contains(number);
    if (what == 5) breaker_.on_success(now, permit, took);
    if (what == 6 || what == 7) breaker_.on_failure(now, permit, took);
    if (what == 8) breaker_.release(now, permit);
    if (what == 8) probes_.erase(number);
    if (what < 8 && probes_.contains(number)) probes_[number] = true;
    if (late) RC_ASSERT(breaker_.state_at(now) == breaker_state::half_open);
  }

  circuit_breaker_options options_;
  circuit_breaker breaker_;
  test_clock clock_;
  std::optional<time_point> opened_at_;
  std::vector<std::pair<int, circuit_breaker::permit>> out_;
  int next_ = 0;
  std::map<int, bool> probes_;  // of this half-open time: given, not given up or unused; with a result?
  time_point last_probe_{};
};

TEST(circuit_breaker_property, lets_no_call_through_while_open_and_few_while_half_open) {
  expect_always("open means no", [] {
    const circuit_breaker_options options{
        .mode = *rc::gen::element(breaker_mode::consecutive, breaker_mode::count_window,
                                  breaker_mode::time_window),
        .max_failures = *rc::gen::inRange(1, 4),
        .reset_timeout = 10s,
        .half_open_probes = *rc::gen::inRange(1, 4),
        .probe_timeout = *rc::gen::element<std::optional<duration>>(std::nullopt, 1s, 30s),
        .window_calls = 6,
        .window = 20s,
        .minimum_calls = *rc::gen::inRange(1, 5),
        .slow_call = *rc::gen::element<std::optional<duration>>(std::nullopt, 5ms),
    };
    watched_breaker breaker(options, *clock_start());
    const auto steps = *rc::gen::container<std::vector<std::tuple<duration, int, int, int>>>(rc::gen::tuple(
        clock_step(4s), rc::gen::inRange(0, 11), rc::gen::inRange(0, 100), rc::gen::inRange(0, 10)));
    for (const auto& [ahead, what, which, took] : steps)
      breaker.step(ahead, what, static_cast<std::size_t>(which), std::chrono::milliseconds(took));
  });
}

TEST(circuit_breaker_property, a_breaker_that_is_always_asked_and_always_answered_well_closes) {
  expect_always("never stuck, even if permits were lost", [] {
    const circuit_breaker_options options{
        .mode = *rc::gen::element(breaker_mode::consecutive, breaker_mode::count_window,
                                  breaker_mode::time_window),
        .reset_timeout = 10s,
        .half_open_probes = *rc::gen::inRange(1, 6)};
    circuit_breaker breaker(options);
    time_point now = *clock_start();
    breaker.trip(now);
    now += 10s;
    const int lost = *rc::gen::inRange(0, 10);
    for (int i = 0; i < lost; ++i) (void)breaker.allow(now);
    for (std::int64_t i = 0; i < options.half_open_probes; ++i) {
      now += 10s;  // at the latest now the lost ones are given up
      const auto permit = breaker.allow(now);
      RC_ASSERT(permit.has_value());
      breaker.on_success(now, *permit);
    }
    RC_ASSERT(breaker.state_at(now) == breaker_state::closed);
  });
}

// The rule by a list of everything that ever happened.
class listed_budget {
 public:
  explicit listed_budget(const retry_budget_options& options)
      : slice_(options.window.count() / 10), options_(options) {}

  void deposit(time_point now) { add(now, options_.ratio == 0 ? 0 : 1000); }

  bool try_withdraw(time_point now) {
    if (sum(now) + reserve() < price()) return false;
    add(now, -price());
    return true;
  }

  // Retries granted and requests made in the ten slices that end at `now`.
  std::pair<int, int> window(time_point now) const {
    int granted = 0, requests = 0;
    for (const auto& [slice, amount] : all_)
      if (slice > slice_of(now) - 10) ++(amount < 0 ? granted : requests);
    return {granted, requests};
  }

  std::int64_t price() const {
    return options_.ratio == 0 ? 1 : static_cast<std::int64_t>(std::min(1e9, 1000 / options_.ratio));
  }
  std::int64_t reserve() const {  // within 64 bits for the options of this test
    return options_.min_per_second * (options_.window.count() / 1000) * price() / 1'000'000;
  }

 private:
  // Time shifted so that it is never negative: then division rounds down.
  std::int64_t slice_of(time_point t) const {
    const std::int64_t shift = 1'000'000 * slice_ * 10;
    return (t.time_since_epoch().count() + shift) / slice_;
  }
  void add(time_point now, std::int64_t amount) { all_.emplace_back(slice_of(now), amount); }
  std::int64_t sum(time_point now) const {
    std::int64_t total = 0;
    for (const auto& [slice, amount] : all_)
      if (slice > slice_of(now) - 10) total += amount;
    return total;
  }

  std::int64_t slice_;
  retry_budget_options options_;
  std::vector<std::pair<std::int64_t, std::int64_t>> all_;
};

TEST(retry_budget_property, retries_never_exceed_the_budget) {
  expect_always("retries <= ratio x requests + reserve", [] {
    const retry_budget_options options{.window = *rc::gen::element<duration>(1s, 10s, 60s),
                                       .min_per_second = *rc::gen::element<std::int64_t>(0, 1, 10),
                                       .ratio = *rc::gen::element(0.0, 0.1, 0.2, 0.3, 1.0, 7.0)};
    retry_budget budget(options);
    listed_budget listed(options);
    test_clock clock(*clock_start());
    const auto steps = *rc::gen::container<std::vector<std::tuple<duration, bool>>>(
        rc::gen::tuple(clock_step(options.window / 8), rc::gen::arbitrary<bool>()));
    for (const auto& [ahead, request] : steps) {
      clock.move(ahead);
      if (request) {
        budget.deposit(clock.read());
        listed.deposit(clock.latest());
        continue;
      }
      const bool granted = budget.try_withdraw(clock.read());
      RC_ASSERT(granted == listed.try_withdraw(clock.latest()));
      if (!granted) continue;
      const auto [retries, requests] = listed.window(clock.latest());
      const double reserve = static_cast<double>(listed.reserve()) / static_cast<double>(listed.price());
      RC_ASSERT(retries <= requests * 1000.0 / static_cast<double>(listed.price()) + reserve + 1e-9);
    }
  });
}

TEST(backoff_property, delays_stay_within_what_their_jitter_says) {
  expect_always("0 <= delay <= cap", [] {
    const auto number = rc::gen::inRange<duration::rep>(1, 1'000'000'000'000);
    const auto [a, b] = *rc::gen::pair(number, number);
    const backoff_options options{
        .initial = duration(std::min(a, b)),
        .factor = 1 + *rc::gen::inRange(0, 400) / 100.0,
        .cap = duration(std::max(a, b)),
        .jitter = *rc::gen::element(jitter::none, jitter::full, jitter::equal, jitter::decorrelated)};
    backoff delays(options), bare({.initial = options.initial, .factor = options.factor, .cap = options.cap});
    splitmix64 random(*rc::gen::arbitrary<std::uint64_t>());
    for (int i = 0; i < 30; ++i) {
      const duration delay = delays.next(random), base = bare.next(random);
      const bool grown = options.jitter == jitter::decorrelated;
      const bool halved = options.jitter == jitter::equal;
      RC_ASSERT(delay <= (grown ? options.cap : base));
      RC_ASSERT(delay >= (grown ? options.initial : halved ? base / 2 : duration(0)));
    }
  });
}

TEST(adaptive_throttle_property, rejects_nothing_while_enough_is_accepted) {
  expect_always("k x accepts >= requests: all are sent", [] {
    const double k = 1 + *rc::gen::inRange(0, 30) / 10.0;
    adaptive_throttle throttle({.k = k, .window = 10s});
    test_clock clock(*clock_start());
    splitmix64 random(*rc::gen::arbitrary<std::uint64_t>());
    const auto steps = *rc::gen::container<std::vector<std::pair<duration, bool>>>(
        rc::gen::pair(clock_step(2s), rc::gen::arbitrary<bool>()));
    const auto slice_of = [](time_point t) { return floor_div(t.time_since_epoch().count(), 1'000'000'000); };
    std::vector<std::pair<std::int64_t, bool>> all;  // the slice of each request or, if true, accept
    for (const auto& [ahead, well] : steps) {
      clock.move(ahead);
      const time_point now = clock.read();
      const std::int64_t oldest = slice_of(clock.latest()) - 9;
      const auto count = [&](bool accepts) {
        return std::count_if(all.begin(), all.end(),
                             [&](const auto& one) { return one.first >= oldest && one.second == accepts; });
      };
      throttle.on_accept(now);
      const double p = throttle.probability(now);
      all.emplace_back(slice_of(clock.latest()), true);
      RC_ASSERT(p >= 0 && p < 1);
      RC_ASSERT((p == 0) == (static_cast<double>(count(false)) <= k * static_cast<double>(count(true))));
      const std::uint64_t draw = random();
      for (int i = 0; i < (well ? 1 : 5); ++i) {
        const double rejected = throttle.probability(now);
        RC_ASSERT(throttle.allow(now, draw) == (unit(draw) >= rejected));
        all.emplace_back(slice_of(clock.latest()), false);
      }
    }
  });
}

}  // namespace
}  // namespace weir::control
