#include <weir/channel/testing.hpp>
#include <weir/observe/figure_sources.hpp>
#include <weir/pool/task_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weir {
namespace {

/// The label `pool` of each weir_in_flight, in order.
std::vector<std::string> names_in(const readings& all) {
  std::vector<std::string> names;
  for (const reading& r : all.all())
    if (r.what == figure::in_flight) names.push_back(r.labels[0]);
  return names;
}

void shows_name(readings& to, std::string_view name) { to.add(figure::in_flight, {name}, 1.0); }

TEST(figure_sources, without_a_source_tell_what_was_built) {
  const readings all = figure_sources().collect();
  ASSERT_EQ(all.all().size(), 1u);
  EXPECT_EQ(all.all()[0].what, figure::build_info);
}

TEST(figure_sources, ask_all_in_the_order_in_which_they_came) {
  figure_sources sources;
  const auto b = sources.add("b", shows_name);
  const auto a = sources.add("a", shows_name);
  EXPECT_EQ(names_in(sources.collect()), (std::vector<std::string>{"b", "a"}));
}

TEST(figure_sources, a_source_leaves_with_its_handle) {
  figure_sources sources;
  {
    const auto a = sources.add("a", shows_name);
    EXPECT_EQ(names_in(sources.collect()).size(), 1u);
  }
  EXPECT_TRUE(names_in(sources.collect()).empty());
}

TEST(figure_sources, a_handle_that_is_assigned_to_ends_the_source_it_had) {
  figure_sources sources;
  figure_source kept = sources.add("a", shows_name);
  kept = sources.add("b", shows_name);
  EXPECT_EQ(names_in(sources.collect()), std::vector<std::string>{"b"});
  EXPECT_EQ(kept.name(), "b");
  kept.end();
  EXPECT_EQ(kept.name(), "");
  kept.end();
  EXPECT_TRUE(names_in(sources.collect()).empty());
}

TEST(figure_sources, a_handle_may_outlive_them) {
  figure_source kept;
  {
    figure_sources sources;
    kept = sources.add("a", shows_name);
  }
  EXPECT_EQ(kept.name(), "a");
}

TEST(figure_sources, no_two_have_the_same_name) {
  figure_sources sources;
  const auto first = sources.add("pool", shows_name);
  auto second = sources.add("pool", shows_name);
  const auto third = sources.add("pool", shows_name);
  EXPECT_EQ(first.name(), "pool");
  EXPECT_EQ(second.name(), "pool-2");
  EXPECT_EQ(third.name(), "pool-3");
  second.end();
  const auto fourth = sources.add("pool", shows_name);
  EXPECT_EQ(fourth.name(), "pool-2");
  EXPECT_EQ(names_in(sources.collect()), (std::vector<std::string>{"pool", "pool-3", "pool-2"}));
}

TEST(figure_sources, what_a_source_throws_leaves_and_the_source_may_still_end) {
  figure_sources sources;
  auto bad = sources.add("bad", [](readings&, std::string_view) { throw std::runtime_error("no figures"); });
  EXPECT_THROW((void)sources.collect(), std::runtime_error);
  bad.end();
  EXPECT_NO_THROW((void)sources.collect());
}

TEST(figure_sources, the_end_of_a_handle_waits_until_nobody_calls_the_source) {
  figure_sources sources;
  std::atomic<bool> inside{false};
  std::atomic<bool> may_go{false};
  std::atomic<bool> returned{false};
  auto slow = sources.add("slow", [&](readings&, std::string_view) {
    inside = true;
    may_go.wait(false);
    returned = true;
  });
  std::jthread scrape([&] { (void)sources.collect(); });
  testing::until([&] { return inside.load(); });
  std::jthread release([&] {
    may_go = true;
    may_go.notify_all();
  });
  slow.end();
  EXPECT_TRUE(returned);
}

TEST(figure_sources, what_a_source_holds_goes_with_its_handle_also_in_the_middle_of_a_collection) {
  figure_sources sources;
  std::atomic<bool> inside{false};
  std::atomic<bool> may_go{false};
  const auto first = sources.add("first", [&](readings&, std::string_view) {
    inside = true;
    may_go.wait(false);
  });
  auto held = std::make_shared<int>(1);
  auto second = sources.add("second", [held](readings& to, std::string_view name) { shows_name(to, name); });
  std::jthread scrape([&] { EXPECT_TRUE(names_in(sources.collect()).empty()); });
  testing::until([&] { return inside.load(); });
  second.end();
  EXPECT_EQ(held.use_count(), 1);
  may_go = true;
  may_go.notify_all();
}

TEST(figure_sources, a_source_may_add_another_and_end_it) {
  figure_sources sources;
  const auto outer = sources.add("outer", [&](readings& to, std::string_view) {
    const auto inner = sources.add("inner", shows_name);
    shows_name(to, inner.name());
  });
  EXPECT_EQ(names_in(sources.collect()), std::vector<std::string>{"inner"});
}

TEST(figure_sources, show_a_pool_under_the_name_in_its_options) {
  figure_sources sources;
  const task_pool pool({.name = "kitchen", .max_workers = 1});
  const auto shown = sources.add(pool);
  EXPECT_EQ(shown.name(), "kitchen");
  EXPECT_EQ(names_in(sources.collect()), std::vector<std::string>{"kitchen"});
}

TEST(figure_sources, pools_come_and_go_while_others_collect) {
  figure_sources sources;
  std::atomic<bool> done{false};
  std::vector<std::jthread> scrapes;
  scrapes.reserve(2);
  for (int i = 0; i < 2; ++i) {
    scrapes.emplace_back([&] {
      while (!done) (void)sources.collect();
    });
  }
  for (int i = 0; i < 50; ++i) {
    const task_pool pool({.max_workers = 1});
    const auto shown = sources.add(pool);
    (void)sources.collect();
  }
  done = true;
}

}  // namespace
}  // namespace weir
