#include <weir/guard/figures.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

/// "weir_in_flight db" to its number, of all that is no histogram.
std::map<std::string, double> collected(const figure_sources& sources) {
  std::map<std::string, double> found;
  const readings all = sources.collect();
  for (const reading& r : all.all()) {
    if (r.what == figure::build_info) continue;
    std::string key(info(r.what).name);
    for (const std::string& label : r.labels) key += " " + label;
    found[key] = std::get<double>(r.value);
  }
  return found;
}

TEST(guard_figures, a_breaker_shows_its_state) {
  figure_sources sources;
  circuit_breaker breaker{control::circuit_breaker_options{}};
  const auto shown = add_figures(sources, "db", breaker);
  EXPECT_EQ(collected(sources).at("weir_circuit_state db closed"), 1);
  breaker.trip();
  const auto found = collected(sources);
  EXPECT_EQ(found.at("weir_circuit_state db closed"), 0);
  EXPECT_EQ(found.at("weir_circuit_state db open"), 1);
  EXPECT_EQ(found.at("weir_shadow_refused_total db breaker"), 0);
}

TEST(guard_figures, a_breaker_in_shadow_mode_shows_what_it_would_have_refused) {
  figure_sources sources;
  circuit_breaker breaker{control::circuit_breaker_options{}};
  breaker.set_shadow(true);
  breaker.trip();
  const auto shown = add_figures(sources, "db", breaker);
  EXPECT_TRUE(breaker.call([] { return 1; }));
  EXPECT_EQ(collected(sources).at("weir_shadow_refused_total db breaker"), 1);
}

TEST(guard_figures, a_limiter_shows_what_it_refused) {
  figure_sources sources;
  rate_limiter limiter(0.001, 1);
  const auto shown = add_figures(sources, "api", limiter);
  EXPECT_TRUE(limiter.try_acquire());
  EXPECT_FALSE(limiter.try_acquire());
  EXPECT_FALSE(limiter.try_acquire());
  EXPECT_EQ(collected(sources), (std::map<std::string, double>{{"weir_rate_limited_total api", 2},
                                                               {"weir_shadow_refused_total api rate", 0}}));
}

TEST(guard_figures, a_bulkhead_shows_its_limit_and_who_is_inside) {
  figure_sources sources;
  bulkhead at_most({.limit = 3});
  const auto shown = add_figures(sources, "db", at_most);
  const auto one = at_most.acquire();
  ASSERT_TRUE(one);
  EXPECT_EQ(collected(sources), (std::map<std::string, double>{{"weir_concurrency_limit db", 3},
                                                               {"weir_in_flight db", 1},
                                                               {"weir_shadow_refused_total db limit", 0}}));
}

TEST(guard_figures, retries_are_counted) {
  figure_sources sources;
  retry again({.max_attempts = 3, .backoff = {.initial = 1ns, .cap = 1ns}});
  const auto shown = add_figures(sources, "db", again);
  EXPECT_FALSE(again.call([]() -> result<int> { return std::unexpected(errc::timed_out); }));
  EXPECT_EQ(collected(sources).at("weir_jobs_retried_total db"), 2);
}

TEST(guard_figures, a_throttle_shows_its_shadow) {
  figure_sources sources;
  throttle guard{control::adaptive_throttle_options{}};
  const auto shown = add_figures(sources, "db", guard);
  EXPECT_EQ(collected(sources),
            (std::map<std::string, double>{{"weir_shadow_refused_total db throttle", 0}}));
}

TEST(guard_figures, guards_of_one_name_get_names_of_their_own) {
  figure_sources sources;
  bulkhead first({.limit = 1});
  bulkhead second({.limit = 2});
  const auto a = add_figures(sources, "db", first);
  const auto b = add_figures(sources, "db", second);
  EXPECT_EQ(collected(sources).at("weir_concurrency_limit db-2"), 2);
}

}  // namespace
}  // namespace weir
