#include <jobs/control_options.hpp>
#include <jobs/item_field.hpp>
#include <jobs/lane_rule.hpp>
#include <jobs/limit_watch.hpp>
#include <jobs/retry_allowance.hpp>

#include <gtest/gtest.h>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string refusal(const io_result<T>& result) {
  return result ? "accepted" : result.error().detail;
}

item_batch batch_of(std::initializer_list<std::string_view> items) {
  item_batch batch;
  for (const std::string_view item : items) batch.push(item);
  return batch;
}

lane_rule rule(std::initializer_list<std::string_view> texts) {
  lane_rule r;
  for (const std::string_view text : texts) EXPECT_TRUE(r.add(text)) << text;
  return r;
}

TEST(control_options, a_backoff_is_a_first_and_a_longest_wait) {
  const auto plain = parse_backoff("10ms..1s").value();
  EXPECT_EQ(plain.initial, 10ms);
  EXPECT_EQ(plain.cap, 1s);
  EXPECT_EQ(plain.factor, 2);
  EXPECT_EQ(plain.jitter, control::jitter::none);
  EXPECT_EQ(parse_backoff("1s")->cap, 1s) << "one duration: the same wait each time";
  EXPECT_EQ(parse_backoff("10ms..1s,jitter=full")->jitter, control::jitter::full);
  for (const char* bad : {"", "10..1s", "10ms..", "..1s", "1s..10ms", "0s..1s", "10ms...1s", "10ms..1s,",
                          "10ms..1s,jitter=some"}) {
    const std::string why = refusal(parse_backoff(bad));
    EXPECT_TRUE(why.starts_with("'" + std::string(bad) + "'")) << why;
    EXPECT_NE(why.find("10ms..1s"), std::string::npos) << why;
  }
}

TEST(control_options, a_retry_budget_is_a_share_and_grants_nothing_beyond_it) {
  EXPECT_EQ(parse_retry_budget("10%")->ratio, 0.1);
  EXPECT_EQ(parse_retry_budget("10%")->min_per_second, 0);
  for (const char* bad : {"", "10", "-1%", "100001%"}) EXPECT_FALSE(parse_retry_budget(bad)) << bad;
  retry_allowance tenth(parse_retry_budget("10%").value(), false);
  int granted = 0;
  for (int i = 0; i < 100; ++i) {
    tenth.job();
    granted += tenth.grants_another();
  }
  EXPECT_EQ(granted, 10);
  EXPECT_EQ(tenth.seen().refused, 90u);
}

TEST(control_options, a_retry_budget_in_shadow_grants_all_and_counts) {
  retry_allowance shadow(parse_retry_budget("10%").value(), true);
  for (int i = 0; i < 9; ++i) {
    shadow.job();
    EXPECT_TRUE(shadow.grants_another());
  }
  EXPECT_EQ(shadow.seen().refused, 9u);
  EXPECT_EQ(shadow.seen().granted, 9u);
}

TEST(control_options, a_breaker_is_a_share_a_least_number_and_a_reset_time) {
  const auto o = parse_breaker("25%/200,reset=5s").value();
  EXPECT_EQ(o.mode, control::breaker_mode::count_window);
  EXPECT_EQ(o.failure_rate, 0.25);
  EXPECT_EQ(o.minimum_calls, 200);
  EXPECT_EQ(o.window_calls, 200);
  EXPECT_EQ(o.reset_timeout, 5s);
  EXPECT_EQ(parse_breaker("50%/20")->window_calls, 100);
  EXPECT_EQ(parse_breaker("50%/20")->reset_timeout, 30s);
  EXPECT_EQ(parse_breaker("50%")->minimum_calls, 10);
  for (const char* bad : {"", "50", "0%", "101%/20", "50%/0", "50%/x", "50%/20,", "50%/20,reset",
                          "50%/20,reset=5", "50%/20,reset=0s", "50%/20,close=1s", "50%/9999999"}) {
    const std::string why = refusal(parse_breaker(bad));
    EXPECT_TRUE(why.starts_with("'" + std::string(bad) + "'")) << why;
    EXPECT_NE(why.find("50%/20,reset=30s"), std::string::npos) << why;
  }
}

TEST(control_options, a_limit_is_a_number_or_adaptive) {
  EXPECT_EQ(parse_limit("8"), limit_choice{.most = 8});
  EXPECT_EQ(parse_limit("adaptive"), limit_choice{.adaptive = true});
  for (const char* bad : {"", "0", "-1", "8x", "auto", "100001"})
    EXPECT_EQ(refusal(parse_limit(bad)),
              "'" + std::string(bad) + "': is not a whole number from 1 to 100000; use 8, say, or adaptive");
}

TEST(control_options, an_adaptive_limit_falls_when_jobs_get_slower_and_stays_in_its_bounds) {
  limit_watch watch({.adaptive = true}, 40, 20);
  EXPECT_EQ(watch.limit(), 20);
  const auto run = [&](int times, duration took) {
    for (int i = 0; i < times; ++i) watch.end(time_point{}, (watch.begin(), watch.limit()), true, took);
  };
  run(200, 10ms);
  EXPECT_EQ(watch.limit(), 40);
  run(20, 100ms);
  EXPECT_LT(watch.limit(), 40);
  EXPECT_GE(watch.seen().least, 1);
  EXPECT_EQ(watch.seen().most, 40);
}

TEST(control_options, a_failed_attempt_is_no_sample_of_an_adaptive_limit) {
  limit_watch watch({.adaptive = true}, 40, 20);
  for (int i = 0; i < 100; ++i) watch.end(time_point{}, watch.begin(), false, 1us);
  EXPECT_EQ(watch.limit(), 20);
}

TEST(item_field, a_number_is_a_word_of_the_item) {
  const auto second = item_field::parse("2").value();
  EXPECT_EQ(second.of("a b c"), "b");
  EXPECT_EQ(second.of("  a \t b"), "b");
  EXPECT_EQ(second.of("a"), std::nullopt);
  EXPECT_EQ(second.of(""), std::nullopt);
}

TEST(item_field, a_path_is_a_value_of_a_json_item) {
  const auto id = item_field::parse("$.user.id").value();
  EXPECT_EQ(id.of(R"({"user": {"id": 7}})"), "7");
  EXPECT_EQ(id.of(R"({"user": {"id": "x y"}})"), "x y");
  EXPECT_EQ(id.of(R"({"user": {"id": {"a": 1}}})"), R"({"a":1})");
  for (const char* none :
       {"", "{", "7", "[]", R"({"user": 7})", R"({"user": {"id": null}})", "{\"user\": \xff}"})
    EXPECT_EQ(id.of(none), std::nullopt) << none;
  EXPECT_EQ(item_field::parse("$.list.1")->of(R"({"list": [1, 2]})"), "2");
  EXPECT_EQ(item_field::parse("$.list.2")->of(R"({"list": [1, 2]})"), std::nullopt);
}

TEST(item_field, what_is_no_field_is_refused_with_a_right_one) {
  for (const char* bad : {"", "0", "-1", "$", "$.", "$.a..b", "$.a.", "$a", "name"})
    EXPECT_NE(refusal(item_field::parse(bad)).find("use the number of a word"), std::string::npos) << bad;
}

TEST(lane_rule, the_first_expression_that_matches_decides_and_the_rest_go_last) {
  const lane_rule r = rule({"^urgent=0,batch$=1"});
  EXPECT_EQ(r.lanes(), 3u);
  EXPECT_EQ(r.lane_of(batch_of({"urgent batch"})), 0u);
  EXPECT_EQ(r.lane_of(batch_of({"a batch"})), 1u);
  EXPECT_EQ(r.lane_of(batch_of({"not urgent"})), 2u);
  EXPECT_EQ(r.lane_of(batch_of({"x", "urgent"})), 0u) << "of several items the most important one counts";
}

TEST(lane_rule, the_last_equals_sign_splits_and_a_comma_may_be_part_of_an_expression) {
  EXPECT_EQ(rule({"k=v=1"}).lane_of(batch_of({"k=v"})), 1u);
  const lane_rule r = rule({"^a{1,2}$=0,x,y=1", "z=2"});
  EXPECT_EQ(r.lanes(), 4u);
  EXPECT_EQ(r.lane_of(batch_of({"aa"})), 0u);
  EXPECT_EQ(r.lane_of(batch_of({"x,y"})), 1u);
  EXPECT_EQ(r.lane_of(batch_of({"z"})), 2u);
  EXPECT_EQ(r.lane_of(batch_of({"aaa"})), 3u);
}

TEST(lane_rule, a_field_holds_the_lane) {
  lane_rule r = rule({"2"});
  EXPECT_EQ(r.lanes(), 10u);
  EXPECT_EQ(r.lane_of(batch_of({"a 3"})), 3u);
  for (const char* last : {"a", "a x", "a 10", "a -1", "a 99999999999999999999"})
    EXPECT_EQ(r.lane_of(batch_of({last})), 9u) << last;
  r.set_lanes(2);
  EXPECT_EQ(r.lane_of(batch_of({"a 0"})), 0u);
  EXPECT_EQ(r.lane_of(batch_of({"a 1"})), 1u);
  EXPECT_EQ(r.lane_of(batch_of({"a 2"})), 1u);
  EXPECT_EQ(rule({"$.p"}).lane_of(batch_of({R"({"p": 4})"})), 4u);
}

// glibc copies what is repeated: each of these would take minutes and gigabytes.
TEST(lane_rule, an_expression_whose_repetitions_multiply_is_refused_before_it_takes_all_memory) {
  std::string nested = "a";
  for (int i = 0; i < 30; ++i) nested = "(" + nested + ")+";
  for (const std::string& bad : {"x" + std::string(30, '+'), nested, std::string("((a{200}){200}){200}"),
                                 std::string("[]a[:digit:]]{99999}"), std::string(2001, 'a')}) {
    lane_rule r;
    const std::string why = refusal(r.add(bad + "=0"));
    EXPECT_NE(why.find("repeats too much"), std::string::npos) << bad << ": " << why;
  }
}

TEST(lane_rule, repetitions_that_stay_small_are_taken) {
  const lane_rule r = rule({"^([a-z]+[0-9]{1,3}|\\+{2}|[^]}{+]+x)+$=0", "((((a*)*)*)*)*b=1", "^c{500}$=2"});
  EXPECT_EQ(r.lane_of(batch_of({"ab12"})), 0u);
  EXPECT_EQ(r.lane_of(batch_of({"++"})), 0u);
  EXPECT_EQ(r.lane_of(batch_of({"aab"})), 1u);
  EXPECT_EQ(r.lane_of(batch_of({std::string(500, 'c')})), 2u);
}

TEST(lane_rule, what_is_no_rule_is_refused_with_a_right_one) {
  for (const char* bad : {"urgent", "=1", "urgent=", "urgent=x", "urgent=0,batch", "(=0", "a=64", "$", "0"}) {
    lane_rule r;
    EXPECT_NE(refusal(r.add(bad)).find("use "), std::string::npos) << bad << ": " << refusal(r.add(bad));
  }
  lane_rule both;
  EXPECT_TRUE(both.add("2"));
  EXPECT_FALSE(both.add("x=1"));
  EXPECT_FALSE(both.add("3"));
}

}  // namespace
}  // namespace weir::jobs
