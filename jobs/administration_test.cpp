#include <jobs/administration.hpp>

#include <adapters/http/client.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <string>

namespace weir::jobs {
namespace {

http::address any_port() { return {.host = "127.0.0.1", .port = 0}; }

admin_surface still_run() {
  return {.metrics = [] { return "weir_x 1\n"; },
          .statistics = [] { return "{}\n"; },
          .not_ready = [] { return ""; },
          .pause = []() -> io_result<> { return {}; },
          .resume = []() -> io_result<> { return {}; },
          .set_workers = [](const worker_change&) -> io_result<worker_span> { return worker_span{}; }};
}

// "figures at http://127.0.0.1:43210/"
http::address address_in(const std::string& line) {
  const std::size_t from = line.find("//") + 2;
  const auto a = http::parse_address(line.substr(from, line.rfind('/') - from));
  EXPECT_TRUE(a) << line;
  return *a;
}

class token_file {
 public:
  explicit token_file(mode_t mode) {
    EXPECT_GE(fd_, 0);
    EXPECT_EQ(::write(fd_, "t0ken\n", 6), 6);
    ::fchmod(fd_, mode);
  }
  token_file(const token_file&) = delete;
  token_file& operator=(const token_file&) = delete;
  ~token_file() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = ::testing::TempDir() + "administration_XXXXXX";
  int fd_ = ::mkstemp(path_.data());
};

TEST(administration, without_an_address_does_nothing) {
  auto admin = administration::open({});
  ASSERT_TRUE(admin);
  EXPECT_EQ(admin->where_it_is(), "");
  EXPECT_EQ(admin->serve(still_run()), nullptr);
}

TEST(administration, says_which_port_it_has_found_and_answers_there) {
  auto admin = administration::open({.metrics = any_port()});
  ASSERT_TRUE(admin) << admin.error().detail;
  const http::address at = address_in(admin->where_it_is());
  const auto serving = admin->serve(still_run());
  const auto answer = http::fetch(at, {.path = "/metrics"});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "weir_x 1\n");
  EXPECT_EQ(http::fetch(at, {.method = "POST", .path = "/pause", .authorization = "Bearer t0ken"})->status,
            404u);
}

TEST(administration, lets_who_has_the_token_change_things) {
  const token_file token(0600);
  auto admin = administration::open({.metrics = any_port(), .admin_token_file = token.path()});
  ASSERT_TRUE(admin) << admin.error().detail;
  const http::address at = address_in(admin->where_it_is());
  const auto serving = admin->serve(still_run());
  EXPECT_EQ(http::fetch(at, {.method = "POST", .path = "/pause", .authorization = "Bearer t0ken"})->status,
            200u);
  EXPECT_EQ(http::fetch(at, {.method = "POST", .path = "/pause", .authorization = "Bearer other"})->status,
            401u);
}

TEST(administration, refuses_a_token_that_others_may_choose_before_it_listens) {
  const token_file token(0666);
  const auto admin = administration::open({.metrics = any_port(), .admin_token_file = token.path()});
  ASSERT_FALSE(admin);
  EXPECT_TRUE(admin.error().detail.starts_with("--admin-token-file: others may write '"))
      << admin.error().detail;
}

TEST(administration, takes_a_token_that_others_may_read_and_warns) {
  const token_file readable(0644);
  const auto admin = administration::open({.metrics = any_port(), .admin_token_file = readable.path()});
  ASSERT_TRUE(admin) << admin.error().detail;
  EXPECT_TRUE(admin->warning().starts_with("warning: others may read '")) << admin->warning();
  const token_file secret(0600);
  EXPECT_EQ(administration::open({.metrics = any_port(), .admin_token_file = secret.path()})->warning(), "");
  EXPECT_EQ(administration::open({.metrics = any_port()})->warning(), "");
}

TEST(administration, names_an_address_that_is_taken) {
  const auto first = administration::open({.metrics = any_port()});
  ASSERT_TRUE(first);
  const http::address taken = address_in(first->where_it_is());
  const auto second = administration::open({.metrics = taken});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().detail.starts_with("--metrics: cannot listen on " + to_string(taken)))
      << second.error().detail;
}

}  // namespace
}  // namespace weir::jobs
