#include <jobs/live_view.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace weir::jobs {
namespace {

using std::chrono::seconds;

// Standard error is a pipe here: no terminal.
struct live_view_off_a_terminal : testing::Test {
  live_view_off_a_terminal() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0); }
  ~live_view_off_a_terminal() override {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2]{};
  const time_point start{seconds(1000)};
};

TEST_F(live_view_off_a_terminal, nothing_is_shown_unless_asked_for) {
  console out(ends[1], "w", when::automatic, when::automatic);
  live_view view({}, out, start);
  EXPECT_EQ(view.next(), never);
  EXPECT_FALSE(view.wants_progress(start + std::chrono::hours(1)));
  EXPECT_FALSE(view.wants_statistics(start + std::chrono::hours(1)));
}

TEST_F(live_view_off_a_terminal, progress_is_a_line_every_ten_seconds) {
  console out(ends[1], "w", when::automatic, when::always);
  live_view view({}, out, start);
  EXPECT_FALSE(view.wants_progress(start + seconds(9)));
  EXPECT_EQ(view.next(), start + seconds(10));
  EXPECT_TRUE(view.wants_progress(start + seconds(10)));
  EXPECT_FALSE(view.wants_progress(start + seconds(11)));
  EXPECT_EQ(view.next(), start + seconds(20));
  view.show({});
  char buffer[256];
  const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
  ASSERT_GT(n, 0);
  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(n)),
            "w: 0 done, 0 failed, 0 lost, 0/s, queue 0 of 0, 0 running\n");
}

TEST_F(live_view_off_a_terminal, statistics_come_as_often_as_asked) {
  console out(ends[1], "w", when::automatic, when::automatic);
  run_options o;
  o.stats_every = seconds(3);
  live_view view(o, out, start);
  EXPECT_EQ(view.next(), start + seconds(3));
  EXPECT_TRUE(view.wants_statistics(start + seconds(4)));
  EXPECT_EQ(view.next(), start + seconds(7));
}

}  // namespace
}  // namespace weir::jobs
