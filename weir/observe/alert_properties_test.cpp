// What always holds of alerts, whatever a pool does and whatever the clock does.
#include <weir/control/testing.hpp>
#include <weir/observe/alert.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using control::clock_start;
using control::clock_step;
using control::expect_always;
using control::test_clock;

struct step {
  duration ahead;
  bool cause;
};

std::ostream& operator<<(std::ostream& out, const step& s) {
  return out << s.ahead.count() << " ns later " << (s.cause ? "there" : "gone");
}

/// Mostly the same for several looks in a row, so that something comes of it.
rc::Gen<std::vector<step>> steps(duration scale) {
  const auto one =
      rc::gen::map(rc::gen::tuple(clock_step(scale), rc::gen::inRange(0, 4), rc::gen::inRange(1, 6)),
                   [](const auto& drawn) {
                     const auto& [ahead, side, times] = drawn;
                     return std::vector<step>(static_cast<std::size_t>(times), step{ahead, side != 0});
                   });
  return rc::gen::map(rc::gen::container<std::vector<std::vector<step>>>(one), [](const auto& runs) {
    std::vector<step> all;
    for (const auto& run : runs) all.insert(all.end(), run.begin(), run.end());
    return all;
  });
}

/// Whether every look since `wait` before the last one, and one at least that long ago, found `cause`; looks
/// before the last change do not count.
bool held(const std::vector<std::pair<time_point, bool>>& looks, std::size_t from, bool cause,
          duration wait) {
  const time_point now = looks.back().first;
  for (std::size_t i = looks.size(); i-- > from;) {
    if (looks[i].second != cause) return false;
    if (now - looks[i].first >= wait) return true;
  }
  return false;
}

TEST(alert_hold_properties, it_turns_when_its_cause_has_held_and_neither_before_nor_later) {
  expect_always("a hold is what its history says", [] {
    const auto raise = duration(*rc::gen::inRange<duration::rep>(0, 4'000));
    const auto clear = duration(*rc::gen::inRange<duration::rep>(0, 4'000));
    alert_hold hold(raise, clear);
    test_clock clock(*clock_start());
    std::vector<std::pair<time_point, bool>> looks;
    std::size_t changed = 0;  // the first look that counts for the next change
    bool on = false;
    for (const step& s : *steps(1us)) {
      clock.move(s.ahead);
      const time_point now = clock.read();
      looks.emplace_back(clock.latest(), s.cause);
      const bool should = held(looks, changed, !on, on ? clear : raise);
      RC_ASSERT(hold.look(now, s.cause) == should);
      if (should) {
        on = !on;
        changed = looks.size();
      }
      RC_ASSERT(hold.on() == on);
    }
  });
}

TEST(alert_hold_properties, it_does_not_flap) {
  expect_always("n changes take the time of n waits", [] {
    const duration wait = 3us;
    alert_hold hold(wait, wait);
    test_clock clock(*clock_start());
    RC_ASSERT(!hold.look(clock.read(), false));
    const time_point first = clock.latest();
    std::int64_t changes = 0;
    for (const step& s : *steps(1us)) {
      clock.move(s.ahead);
      changes += hold.look(clock.read(), s.cause);
      RC_ASSERT(clock.latest() - first >= changes * wait);
    }
  });
}

/// A pool that does anything at all.
struct pool_step {
  duration ahead;
  unsigned queued, completed, failed, rejected, evicted, expired, breaker, spill;
};

std::ostream& operator<<(std::ostream& out, const pool_step& s) {
  return out << s.ahead.count() << " ns later: queued " << s.queued << ", +" << s.completed << " completed, +"
             << s.failed << " failed, +" << s.rejected << " rejected, +" << s.evicted << " evicted, +"
             << s.expired << " expired, breaker " << s.breaker << ", spill " << s.spill << " %";
}

rc::Gen<pool_step> pool_steps() {
  const auto rarely = rc::gen::weightedElement<unsigned>({{8, 0}, {1, 1}, {1, 5}});
  return rc::gen::build<pool_step>(
      rc::gen::set(&pool_step::ahead, clock_step(4s)),
      rc::gen::set(&pool_step::queued,
                   rc::gen::weightedElement<unsigned>({{1, 0}, {1, 50}, {2, 81}, {2, 100}})),
      rc::gen::set(&pool_step::completed, rarely), rc::gen::set(&pool_step::failed, rarely),
      rc::gen::set(&pool_step::rejected, rarely), rc::gen::set(&pool_step::evicted, rarely),
      rc::gen::set(&pool_step::expired, rarely), rc::gen::set(&pool_step::breaker, rc::gen::inRange(0u, 4u)),
      rc::gen::set(&pool_step::spill, rc::gen::element<unsigned>(0, 79, 81, 100)));
}

class random_pool {
 public:
  random_pool() {
    shot.capacity = 100;
    shot.expected = losses_by_request;
    shot.expected |= {loss::evicted};
    shot.spill.emplace();
    shot.spill->max_bytes = 100;
  }
  void take(const pool_step& s) {
    shot.stats.queued = s.queued;
    shot.utilization = s.queued / 100.0;
    shot.stats.completed += s.completed;
    shot.stats.failed += s.failed;
    shot.stats.rejected += s.rejected;
    shot.stats.evicted += s.evicted;
    shot.stats.expired += s.expired;
    shot.spill->bytes = s.spill;
    breaker.reset();
    if (s.breaker < 3) breaker = static_cast<control::breaker_state>(s.breaker);
  }
  pool_snapshot shot;
  std::optional<control::breaker_state> breaker;
};

TEST(alerts_properties, each_starts_once_and_ends_once_and_in_turn) {
  expect_always("started and ended alternate, and is_on agrees", [] {
    alerts rules;
    random_pool pool;
    test_clock clock(*clock_start());
    std::map<alert_kind, bool> on;
    const auto take = [&](const std::vector<alert_event>& events) {
      for (const alert_event& e : events) {
        RC_ASSERT(on[e.kind] == (e.change == alert_change::ended));
        RC_ASSERT(e.at == clock.latest());
        RC_ASSERT(!e.text.empty());
        on[e.kind] = !on[e.kind];
      }
      for (const alert_kind kind : all_alerts) RC_ASSERT(rules.is_on(kind) == on[kind]);
    };
    for (const pool_step& s : *rc::gen::container<std::vector<pool_step>>(pool_steps())) {
      clock.move(s.ahead);
      pool.take(s);
      const time_point now = clock.read();
      take(rules.observe(now, pool.shot, pool.breaker));
    }
    const time_point now = clock.read();
    take(rules.finish(now));
    for (const alert_kind kind : all_alerts) RC_ASSERT(!rules.is_on(kind));
  });
}

/// Since when each look found something.
class streak {
 public:
  void look(time_point now, bool found) {
    if (found && !goes_on_) since_ = now;
    goes_on_ = found;
  }
  bool is_as_long_as(duration wait, time_point now) const { return goes_on_ && now - since_ >= wait; }

 private:
  bool goes_on_ = false;
  time_point since_{};
};

TEST(alerts_properties, full_queues_and_standing_ones_are_told_neither_before_nor_after_their_time) {
  expect_always("utilization after 5 s above the mark, no progress after 30 s of it", [] {
    alerts rules;
    random_pool pool;
    test_clock clock(*clock_start());
    streak full, stuck;
    for (const pool_step& s : *rc::gen::container<std::vector<pool_step>>(pool_steps())) {
      clock.move(s.ahead);
      pool.take(s);
      const time_point now = clock.read();
      full.look(clock.latest(), pool.shot.utilization > 0.8);
      stuck.look(clock.latest(), pool.shot.stats.queued != 0 && s.completed + s.failed == 0);
      const bool was_full = rules.is_on(alert_kind::utilization);
      (void)rules.observe(now, pool.shot, pool.breaker);
      if (!was_full)
        RC_ASSERT(rules.is_on(alert_kind::utilization) == full.is_as_long_as(5s, clock.latest()));
      RC_ASSERT(rules.is_on(alert_kind::no_progress) == stuck.is_as_long_as(30s, clock.latest()));
    }
  });
}

TEST(alerts_properties, losses_open_breakers_and_full_stores_are_told_at_once) {
  expect_always("the look that finds them starts the alert", [] {
    alerts rules;
    random_pool pool;
    test_clock clock(*clock_start());
    for (const pool_step& s : *rc::gen::container<std::vector<pool_step>>(pool_steps())) {
      clock.move(s.ahead);
      pool.take(s);
      const bool had_lost = rules.is_on(alert_kind::unexpected_loss);
      (void)rules.observe(clock.read(), pool.shot, pool.breaker);
      if (!had_lost) RC_ASSERT(rules.is_on(alert_kind::unexpected_loss) == (s.rejected != 0));
      if (pool.breaker == control::breaker_state::open) RC_ASSERT(rules.is_on(alert_kind::breaker_open));
      if (pool.breaker == control::breaker_state::closed) RC_ASSERT(!rules.is_on(alert_kind::breaker_open));
      if (s.spill > 80) RC_ASSERT(rules.is_on(alert_kind::spill));
    }
  });
}

}  // namespace
}  // namespace weir
