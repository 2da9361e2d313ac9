#include <jobs/alert_log.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::jobs {
namespace {

using std::chrono::seconds;

// An alert_log on virtual time, and what it has said.
class alerts_of_a_run : public ::testing::Test {
 protected:
  alert_log log_for(alert_reader reader, bool blocks = true) {
    return {[this](const std::string& line) { said.push_back(line); }, reader, blocks};
  }

  // One look a second, each at this pool.
  void watch(alert_log& log, const pool_snapshot& pool, int looks) {
    for (int i = 0; i < looks; ++i) log.look(pool, breaker, now += seconds(1));
  }

  static pool_snapshot pool_with(std::uint64_t queued) {
    pool_snapshot pool{.name = "run", .capacity = 10, .utilization = static_cast<double>(queued) / 10};
    pool.stats.queued = queued;
    return pool;
  }

  static pool_snapshot after_jobs(pool_snapshot pool, std::uint64_t completed) {
    pool.stats.completed = completed;
    return pool;
  }

  time_point now{};
  std::optional<control::breaker_state> breaker{};
  std::vector<std::string> said;
};

TEST_F(alerts_of_a_run, are_said_once_when_they_start_and_once_when_they_end) {
  alert_log log = log_for(alert_reader::operator_watching);
  watch(log, pool_with(9), 20);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_TRUE(said[0].starts_with("alert utilization: ")) << said[0];
  EXPECT_TRUE(said[0].contains("90 %")) << said[0];
  EXPECT_TRUE(said[0].contains("add workers")) << said[0];
  watch(log, pool_with(0), 20);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_TRUE(said[1].starts_with("alert utilization over: ")) << said[1];
}

TEST_F(alerts_of_a_run, are_listed_while_they_are_on) {
  alert_log log = log_for(alert_reader::operator_watching);
  watch(log, pool_with(9), 5);
  EXPECT_TRUE(log.active(now).empty()) << "4 s above are not 5";
  watch(log, pool_with(9), 1);
  const auto active = log.active(now + seconds(3));
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(active[0].name, "utilization");
  EXPECT_EQ(active[0].value, 0.9);
  EXPECT_EQ(active[0].active, seconds(3));
  EXPECT_TRUE(said[0].ends_with(active[0].text));
  watch(log, pool_with(0), 6);
  EXPECT_TRUE(log.active(now).empty());
}

TEST_F(alerts_of_a_run, end_with_it) {
  alert_log log = log_for(alert_reader::operator_watching);
  watch(log, pool_with(9), 6);
  log.finish(now);
  EXPECT_EQ(said.size(), 2u);
  EXPECT_TRUE(log.active(now).empty());
}

TEST_F(alerts_of_a_run, do_not_tell_who_watches_nothing_that_block_keeps_a_queue_full) {
  alert_log log = log_for(alert_reader::nobody);
  for (std::uint64_t i = 0; i < 20; ++i) watch(log, after_jobs(pool_with(10), i), 1);
  EXPECT_TRUE(said.empty());
  EXPECT_EQ(log.active(now).size(), 1u) << "it is on all the same";
}

TEST_F(alerts_of_a_run, tell_everybody_of_a_queue_that_fills_until_it_loses) {
  alert_log log = log_for(alert_reader::nobody, false);
  for (std::uint64_t i = 0; i < 20; ++i) watch(log, after_jobs(pool_with(10), i), 1);
  EXPECT_EQ(said.size(), 1u);
}

TEST_F(alerts_of_a_run, tell_only_who_watches_that_jobs_take_long) {
  for (const auto reader : {alert_reader::operator_watching, alert_reader::nobody}) {
    said.clear();
    alert_log log = log_for(reader);
    watch(log, pool_with(1), 40);
    EXPECT_EQ(said.size(), reader == alert_reader::nobody ? 0u : 1u);
    EXPECT_EQ(log.active(now)[0].name, "no_progress");
  }
}

TEST_F(alerts_of_a_run, know_the_breaker) {
  alert_log log = log_for(alert_reader::operator_watching);
  breaker = control::breaker_state::open;
  watch(log, pool_with(0), 1);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_TRUE(said[0].starts_with("alert breaker_open: "));
  breaker = control::breaker_state::closed;
  watch(log, pool_with(0), 1);
  EXPECT_TRUE(said.back().starts_with("alert breaker_open over: "));
}

TEST_F(alerts_of_a_run, show_every_kind_as_a_figure) {
  alert_log log = log_for(alert_reader::operator_watching);
  watch(log, pool_with(9), 6);
  readings to;
  log.show(to, "run");
  ASSERT_EQ(to.all().size(), all_alerts.size());
  double on = 0;
  for (const reading& r : to.all()) on += std::get<double>(r.value);
  EXPECT_EQ(on, 1);
}

TEST_F(alerts_of_a_run, are_due_once_a_second) {
  alert_log log = log_for(alert_reader::operator_watching);
  EXPECT_TRUE(log.is_due(now));
  EXPECT_FALSE(log.is_due(now + seconds(1) - duration(1)));
  EXPECT_EQ(log.next(), now + seconds(1));
  EXPECT_TRUE(log.is_due(now + seconds(1)));
}

}  // namespace
}  // namespace weir::jobs
