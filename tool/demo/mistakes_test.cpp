#include <tool/demo/mistakes.hpp>

#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

// The line that stands here is compiled, and what was compiled is compared with what the demo shows.
#define COMPILED(number, ...) \
  __VA_ARGS__                 \
  lines[number] = #__VA_ARGS__

namespace weir::tool::demo {
namespace {

struct order {};

TEST(mistakes, the_lines_that_avoid_them_compile_and_work) {
  std::string lines[4];
  const auto cook = [](order&) {};
  int turned_away = 0;
  const auto turn_away = [&](order&, weir::errc) { ++turned_away; };
  int warned = 0;
  const auto warn = [&](const weir::pool_stats&) { ++warned; };

  COMPILED(0, weir::worker_pool<order> pool(cook, {.queue_capacity = 100}););
  order o;
  pool.close();
  COMPILED(1, if (auto id = pool.submit(std::move(o)); !id) turn_away(o, id.error()););
  COMPILED(2, if (pool.queue_utilization() > 0.8) warn(pool.stats()););
  COMPILED(3, weir::pool_options sized{.max_workers = 15, .queue_capacity = 100};);

  ASSERT_EQ(mistakes().size(), std::size(lines));
  for (std::size_t i = 0; i < std::size(lines); ++i) EXPECT_EQ(lines[i], mistakes()[i].line);
  EXPECT_EQ(turned_away, 1);
  EXPECT_EQ(warned, 0);
  EXPECT_EQ(sized.queue_capacity, 500 * 200 / 1000);
}

}  // namespace
}  // namespace weir::tool::demo
