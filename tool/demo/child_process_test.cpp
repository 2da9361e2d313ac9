#include <tool/demo/child_process.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace weir::tool::demo {
namespace {

std::vector<std::uint32_t> all_of(child_process& child) {
  std::vector<std::uint32_t> told;
  while (const auto number = child.next()) told.push_back(*number);
  return told;
}

TEST(child_process, tells_what_it_did_and_ends) {
  child_process child([](int pipe) {
    for (std::uint32_t i = 1; i <= 3; ++i) child_process::tell(pipe, i);
  });
  EXPECT_EQ(all_of(child), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(child_process, what_it_told_before_it_was_killed_is_read) {
  child_process child([](int pipe) {
    child_process::tell(pipe, 7);
    for (;;) ::pause();
  });
  EXPECT_EQ(child.next(), 7u);
  child.kill();
  EXPECT_EQ(child.next(), std::nullopt);
}

TEST(child_process, that_nobody_waits_for_any_more_is_killed) {
  child_process child([](int pipe) {
    child_process::tell(pipe, 1);
    for (;;) ::pause();
  });
  EXPECT_EQ(child.next(), 1u);
}  // returns

TEST(child_process, that_fails_tells_no_more) {
  child_process child([](int pipe) {
    child_process::tell(pipe, 1);
    throw std::runtime_error("no kitchen");
  });
  EXPECT_EQ(all_of(child), (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace weir::tool::demo
