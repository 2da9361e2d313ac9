#include <jobs/owned_descriptor.hpp>
#include <jobs/whole_write.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <array>
#include <string>
#include <thread>

namespace weir::jobs {
namespace {

TEST(write_whole, goes_on_where_a_pipe_took_a_part) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  owned_descriptor from(ends[0]);
  owned_descriptor into(ends[1]);
  const std::string sent(1'000'000, 'x');  // more than a pipe holds
  std::string got;
  std::thread reader([&] {
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = ::read(from.number(), some.data(), some.size())) > 0;)
      got.append(some.data(), static_cast<std::size_t>(n));
  });
  EXPECT_EQ(write_whole(into.number(), sent), sent.size());
  into = owned_descriptor();
  reader.join();
  EXPECT_EQ(got, sent);
}

TEST(write_whole, says_how_much_came_and_why_not_all) {
  const owned_descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.open());
  EXPECT_EQ(write_whole(full.number(), "text"), 0U);
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_EQ(write_whole(full.number(), ""), 0U);
}

}  // namespace
}  // namespace weir::jobs
