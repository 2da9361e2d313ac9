#include <jobs/spool.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace weir::jobs {
namespace {

std::string content(const spool& s) {
  std::string all(s.in_file(), '\0');
  EXPECT_EQ(s.has_file() ? ::pread(s.descriptor(), all.data(), all.size(), 0) : 0,
            static_cast<ssize_t>(all.size()));
  return all.append(s.memory());
}

/// A directory of its own as TMPDIR, gone at the end.
class temporary_place {
 public:
  temporary_place() {
    std::string name = "/tmp/weir-spool-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
    ::setenv("TMPDIR", path_.c_str(), 1);
  }
  ~temporary_place() {
    ::unsetenv("TMPDIR");
    std::filesystem::remove_all(path_);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(spool, keeps_what_is_up_to_its_limit_in_memory) {
  spool s(100);
  ASSERT_TRUE(s.append(std::string(60, 'a')));
  ASSERT_TRUE(s.append(std::string(40, 'b')));
  EXPECT_FALSE(s.has_file());
  EXPECT_EQ(content(s), std::string(60, 'a') + std::string(40, 'b'));
}

TEST(spool, goes_to_a_file_without_a_name_beyond_its_limit) {
  const temporary_place place;
  spool s(100);
  ASSERT_TRUE(s.append(std::string(60, 'a')));
  ASSERT_TRUE(s.append(std::string(41, 'b')));
  EXPECT_TRUE(s.has_file());
  EXPECT_TRUE(std::filesystem::is_empty(place.path()));
  struct stat status{};
  ASSERT_EQ(::fstat(s.descriptor(), &status), 0);
  EXPECT_EQ(status.st_nlink, 0U);
  EXPECT_EQ(content(s), std::string(60, 'a') + std::string(41, 'b'));
}

TEST(spool, of_many_megabytes_holds_less_than_two_in_memory) {
  spool s;
  const std::string block(100'000, 'x');
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(s.append(block));
    ASSERT_LE(s.in_memory(), spool::default_limit + block.size());
  }
  EXPECT_EQ(s.size(), 30'000'000U);
  EXPECT_LT(s.in_memory(), block.size());
}

TEST(spool, gives_back_the_bytes_in_order_whatever_the_sizes_of_the_pieces) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    spool s(random() % 5000);
    std::string expected;
    for (int piece = 0; piece < 40; ++piece) {
      const std::string bytes(random() % (piece % 10 == 0 ? 200'000 : 3000),
                              static_cast<char>('a' + random() % 26));
      ASSERT_TRUE(s.append(bytes));
      expected += bytes;
      if (random() % 8 == 0) {
        ASSERT_TRUE(s.to_file());
      }
      ASSERT_EQ(s.size(), expected.size());
    }
    ASSERT_EQ(content(s), expected);
  }
}

TEST(spool, is_empty_and_usable_again_after_clear) {
  spool s(10);
  ASSERT_TRUE(s.append(std::string(50, 'a')));
  s.clear();
  EXPECT_TRUE(s.empty());
  EXPECT_FALSE(s.has_file());
  ASSERT_TRUE(s.append("new"));
  EXPECT_EQ(content(s), "new");
}

TEST(spool, takes_what_is_in_a_pipe_once_it_has_a_file) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "piped", 5), 5);
  spool s(10);
  EXPECT_EQ(s.take(ends[0]).value(), 0U) << "it has no file yet";
  ASSERT_TRUE(s.append("longer than ten"));
  ASSERT_TRUE(s.append(", in memory, "));
  EXPECT_EQ(s.take(ends[0]).value(), 5U);
  EXPECT_EQ(s.take(ends[0]).value(), 0U) << "the pipe is empty";
  ASSERT_TRUE(s.append(", after"));
  EXPECT_EQ(content(s), "longer than ten, in memory, piped, after");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(spool, moves_with_its_file) {
  spool from(10);
  ASSERT_TRUE(from.append(std::string(50, 'a')));
  spool to(std::move(from));
  EXPECT_EQ(content(to), std::string(50, 'a'));
  spool third;
  ASSERT_TRUE(third.append("old"));
  third = std::move(to);
  EXPECT_EQ(content(third), std::string(50, 'a'));
}

TEST(spool, says_which_directory_cannot_be_written) {
  ::setenv("TMPDIR", "/nonexistent/weir", 1);
  spool s(10);
  const auto kept = s.append(std::string(11, 'a'));
  ::unsetenv("TMPDIR");
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(kept.error().detail, "cannot keep output in /nonexistent/weir: No such file or directory");
}

TEST(spool, keeps_what_it_had_when_the_disk_is_full) {
  // A limit on the size of files stands in for a full disk.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 200'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  spool s(1000);
  const std::string block(150'000, 'a');
  EXPECT_TRUE(s.append(block));
  const auto kept = s.append(block);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().detail.find("cannot keep output in"), std::string::npos);
  EXPECT_EQ(content(s).substr(0, block.size()), block);
}

}  // namespace
}  // namespace weir::jobs
