#include <jobs/descriptor_writer.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

namespace weir::jobs {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Text that shows where a piece is missing or comes twice.
std::string numbers(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + " ";
  return text;
}

/// A pipe with a writer, whose other end is read, a little at a time, until the writing end is closed.
class slow_pipe {
 public:
  explicit slow_pipe(int flags) {
    EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
    EXPECT_EQ(::fcntl(ends_[1], F_SETFL, flags), 0);
    writer_.emplace(ends_[1]);
    thread_ = std::thread([this] {
      char block[1000];
      for (ssize_t n; (n = ::read(ends_[0], block, sizeof block)) > 0;)
        text_.append(block, static_cast<std::size_t>(n));
    });
  }
  ~slow_pipe() { ::close(ends_[0]); }
  descriptor_writer& writer() { return *writer_; }
  const std::string& read_all() {
    EXPECT_FALSE(writer_->failure());
    writer_.reset();
    ::close(ends_[1]);
    thread_.join();
    return text_;
  }

 private:
  int ends_[2] = {-1, -1};
  std::optional<descriptor_writer> writer_;
  std::string text_;
  std::thread thread_;
};

TEST(descriptor_writer, writes_all_through_a_slow_pipe) {
  const std::string text = numbers(1'000'000);
  for (const int flags : {0, O_NONBLOCK}) {
    slow_pipe pipe(flags);
    descriptor_writer& writer = pipe.writer();
    EXPECT_TRUE(writer.write(text));
    EXPECT_TRUE(pipe.read_all() == text);
  }
}

TEST(descriptor_writer, writes_what_is_in_a_file_and_in_memory_through_a_slow_pipe) {
  const std::string text = numbers(3'000'000);
  for (const int flags : {0, O_NONBLOCK}) {
    spool kept(1000);
    ASSERT_TRUE(kept.append(text));
    ASSERT_TRUE(kept.append("the end"));
    ASSERT_GT(kept.in_file(), 0U);
    slow_pipe pipe(flags);
    descriptor_writer& writer = pipe.writer();
    EXPECT_TRUE(writer.write(kept));
    EXPECT_TRUE(pipe.read_all() == text + "the end");
  }
}

TEST(descriptor_writer, moves_what_is_in_a_pipe) {
  int from[2];
  ASSERT_EQ(::pipe(from), 0);
  const std::string text = numbers(50'000);
  for (const int flags : {0, O_NONBLOCK}) {
    slow_pipe to(flags);
    descriptor_writer& writer = to.writer();
    EXPECT_EQ(writer.move(from[0]), 0U) << "it is empty";
    std::string expected;
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(::write(from[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
      for (std::size_t moved = 0; moved < text.size();) moved += writer.move(from[0]);
      ASSERT_TRUE(writer.write("|"));
      expected += text + "|";
    }
    EXPECT_TRUE(to.read_all() == expected);
  }
  ::close(from[0]);
  ::close(from[1]);
}

TEST(descriptor_writer, does_not_move_to_where_the_system_cannot) {
  std::string name = "/tmp/weir-writer-test-XXXXXX";
  const int made = ::mkstemp(name.data());
  const int appending = ::open(name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  int from[2];
  ASSERT_EQ(::pipe(from), 0);
  ASSERT_EQ(::write(from[1], "text", 4), 4);
  descriptor_writer writer(appending);
  EXPECT_EQ(writer.move(from[0]), 0U);
  EXPECT_FALSE(writer.failure()) << "write() still works";
  EXPECT_TRUE(writer.write("text"));
  for (const int descriptor : {made, appending, from[0], from[1]}) ::close(descriptor);
  std::filesystem::remove(name);
}

TEST(descriptor_writer, appends_where_the_descriptor_appends) {
  std::string name = "/tmp/weir-writer-test-XXXXXX";
  const int made = ::mkstemp(name.data());
  const int appending = ::open(name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const std::string text = numbers(3'000'000);
  spool kept(1000);
  ASSERT_TRUE(kept.append(text));
  descriptor_writer writer(appending);
  EXPECT_TRUE(writer.write("before "));
  EXPECT_TRUE(writer.write(kept));
  ::close(appending);
  ::close(made);
  EXPECT_TRUE(content(name) == "before " + text);
  std::filesystem::remove(name);
}

TEST(descriptor_writer, remembers_that_the_reader_is_gone_and_writes_no_more) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  int from[2];
  ASSERT_EQ(::pipe2(from, O_CLOEXEC), 0);
  ASSERT_EQ(::write(from[1], "text", 4), 4);
  descriptor_writer moving(ends[1]);
  EXPECT_EQ(moving.move(from[0]), 0U);
  EXPECT_EQ(moving.failure(), std::errc::broken_pipe);
  ::close(from[0]);
  ::close(from[1]);
  descriptor_writer writer(ends[1]);
  EXPECT_FALSE(writer.write("text"));
  EXPECT_EQ(writer.failure(), std::errc::broken_pipe);
  EXPECT_FALSE(writer.write("more"));
  ::close(ends[1]);
  std::signal(SIGPIPE, before);
}

TEST(descriptor_writer, waits_for_a_reader_until_it_is_given_up_and_then_throws_away) {
  for (const bool socket : {false, true}) {
    int ends[2];
    ASSERT_EQ(socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) : ::pipe2(ends, O_CLOEXEC),
              0);
    const int given_up = ::eventfd(0, EFD_CLOEXEC);
    descriptor_writer writer(ends[1], given_up);
    std::atomic<bool> ended = false;
    std::thread writing([&] {
      EXPECT_FALSE(writer.write(std::string(2'000'000, 'x')));
      ended = true;
    });
    for (pollfd room{ends[1], POLLOUT, 0}; ::poll(&room, 1, 0) != 0;) std::this_thread::yield();
    EXPECT_FALSE(ended);
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(given_up, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    writing.join();
    EXPECT_EQ(writer.failure(), std::errc::operation_canceled);
    EXPECT_EQ(::fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0) << "others share it";
    for (const int descriptor : {ends[0], ends[1], given_up}) ::close(descriptor);
  }
}

TEST(descriptor_writer, notices_a_full_disk) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  descriptor_writer writer(full);
  EXPECT_FALSE(writer.write("text"));
  EXPECT_EQ(writer.failure(), std::errc::no_space_on_device);
  spool kept(10);
  ASSERT_TRUE(kept.append("longer than ten"));
  descriptor_writer other(full);
  EXPECT_FALSE(other.write(kept));
  EXPECT_EQ(other.failure(), std::errc::no_space_on_device);
  ::close(full);
}

TEST(descriptor_writer, fails_on_a_closed_descriptor) {
  descriptor_writer writer(-1);
  EXPECT_FALSE(writer.write("text"));
  EXPECT_EQ(writer.failure(), std::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace weir::jobs
