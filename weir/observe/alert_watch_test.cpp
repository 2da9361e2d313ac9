#include <weir/channel/testing.hpp>
#include <weir/observe/alert_watch.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <stdexcept>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;

pool_snapshot full_pool() {
  pool_snapshot pool;
  pool.name = "kitchen";
  pool.capacity = 10;
  pool.stats.queued = 10;
  pool.utilization = 1;
  return pool;
}

TEST(alert_watch, tells_every_callback_once_what_started_and_once_what_ended) {
  alert_watch watch({.utilization_for = 0s, .clear_after = 0s});
  std::string first, second;
  const auto note = [](std::string& to) {
    return [&to](const alert_event& e) { to += e.change == alert_change::started ? "+" : "-"; };
  };
  watch.on_change(note(first));
  watch.on_change(note(second));
  for (int i = 0; i < 3; ++i) watch.feed(full_pool());
  EXPECT_TRUE(watch.is_on(alert_kind::utilization));
  for (int i = 0; i < 3; ++i) watch.feed(pool_snapshot());
  EXPECT_FALSE(watch.is_on(alert_kind::utilization));
  EXPECT_EQ(first, "+-");
  EXPECT_EQ(second, "+-");
}

TEST(alert_watch, a_callback_may_ask_the_watch) {
  alert_watch watch({.utilization_for = 0s});
  bool on = false;
  watch.on_change([&](const alert_event& e) { on = watch.is_on(e.kind); });
  watch.feed(full_pool());
  EXPECT_TRUE(on);
}

TEST(alert_watch, finishing_ends_what_is_on) {
  alert_watch watch({.utilization_for = 0s});
  int ended = 0;
  watch.on_change([&](const alert_event& e) { ended += e.change == alert_change::ended; });
  watch.feed(full_pool(), control::breaker_state::open);
  watch.finish();
  watch.finish();
  EXPECT_EQ(ended, 2);
}

/// The value of weir_alert by name.
std::map<std::string, double> alerts_in(const readings& all) {
  std::map<std::string, double> found;
  for (const reading& r : all.all())
    if (r.what == figure::alert) found[r.labels[1]] = std::get<double>(r.value);
  return found;
}

TEST(alert_watch, shows_every_alert_on_or_off) {
  alert_watch watch({.utilization_for = 0s});
  watch.feed(full_pool());
  readings all;
  watch.show(all, "kitchen");
  EXPECT_EQ(alerts_in(all), (std::map<std::string, double>{{"utilization", 1},
                                                           {"unexpected_loss", 0},
                                                           {"breaker_open", 0},
                                                           {"spill", 0},
                                                           {"no_progress", 0}}));
}

TEST(alert_watch, a_pool_shown_with_its_alerts_is_looked_at_by_each_collection) {
  worker_pool<int> kitchen([](int&) {}, {.name = "kitchen", .queue_capacity = 1, .paused = true});
  figure_sources sources;
  const auto shown =
      add_figures(sources, kitchen, std::make_shared<alert_watch>(alert_options{.utilization_for = 0s}));
  EXPECT_EQ(alerts_in(sources.collect()).at("utilization"), 0);
  ASSERT_TRUE(kitchen.submit(1));
  EXPECT_EQ(alerts_in(sources.collect()).at("utilization"), 1);
}

TEST(alert_timer, looks_at_a_pool_by_itself) {
  worker_pool<int> kitchen([](int&) {}, {.name = "kitchen", .queue_capacity = 1, .paused = true});
  const auto watch = std::make_shared<alert_watch>(alert_options{.utilization_for = 0s, .clear_after = 0s});
  std::atomic<int> started{0};
  std::atomic<int> ended{0};
  watch->on_change([&](const alert_event& e) { ++(e.change == alert_change::started ? started : ended); });
  const alert_timer timer(kitchen, watch, 1ms);
  ASSERT_TRUE(kitchen.submit(1));
  testing::until([&] { return started == 1; });
  kitchen.resume();
  testing::until([&] { return ended == 1; });
}

TEST(alert_timer, its_end_ends_what_is_on) {
  worker_pool<int> kitchen([](int&) {}, {.queue_capacity = 1, .paused = true});
  ASSERT_TRUE(kitchen.submit(1));
  const auto watch = std::make_shared<alert_watch>(alert_options{.utilization_for = 0s});
  {
    const alert_timer timer(kitchen, watch, 1h);
    testing::until([&] { return watch->is_on(alert_kind::utilization); });
  }
  EXPECT_FALSE(watch->is_on(alert_kind::utilization));
}

TEST(alert_timer, one_that_never_rests_is_refused) {
  const worker_pool<int> kitchen([](int&) {}, {});
  try {
    const alert_timer timer(kitchen, std::make_shared<alert_watch>(), 0s);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "every 0s is below 1ms; use 1ms to 1h");
  }
}

}  // namespace
}  // namespace weir
