#include <jobs/admin_paths.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdlib>

namespace weir::jobs {
namespace {

admin_token token() {
  std::string path = ::testing::TempDir() + "admin_paths_XXXXXX";
  const int fd = ::mkstemp(path.data());
  EXPECT_EQ(::write(fd, "t0ken\n", 6), 6);
  ::close(fd);
  auto read = admin_token::read(path);
  ::unlink(path.c_str());
  return *read;
}

// A run that only remembers what was asked of it.
class admin : public ::testing::Test {
 protected:
  admin_paths with_token() { return {surface(), token()}; }
  admin_paths without_token() { return {surface(), std::nullopt}; }

  admin_surface surface() {
    return {.metrics = [] { return "weir_x 1\n"; },
            .statistics = [] { return "{}\n"; },
            .not_ready = [this] { return not_ready; },
            .pause = [this] { return say("pause"); },
            .resume = [this] { return say("resume"); },
            .set_workers = [this](const worker_change& c) -> io_result<worker_span> {
              const auto said = say("workers");
              if (!said) return std::unexpected(said.error());
              return workers = changed(workers, c);
            }};
  }

  io_result<> say(const char* what) {
    done += what;
    if (past_changing) return std::unexpected(error(std::errc::operation_canceled, "it drains"));
    return {};
  }

  std::string not_ready;
  bool past_changing = false;
  std::string done;
  worker_span workers{2, 2};
};

http::request post(std::string path, std::string query = "", std::string authorization = "Bearer t0ken") {
  return {.method = "POST",
          .path = std::move(path),
          .query = std::move(query),
          .authorization = std::move(authorization)};
}

std::string header(const http::response& r, std::string_view name) {
  for (const auto& [n, value] : r.headers)
    if (n == name) return value;
  return "";
}

TEST_F(admin, shows_figures_in_two_formats) {
  const auto metrics = without_token().answer({.path = "/metrics"});
  EXPECT_EQ(metrics.status, 200u);
  EXPECT_EQ(metrics.body, "weir_x 1\n");
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const auto statistics = without_token().answer({.path = "/stats.json", .query = "x"});
  EXPECT_EQ(statistics.body, "{}\n");
  EXPECT_EQ(statistics.content_type, "application/json");
}

TEST_F(admin, is_live_always_and_ready_until_there_is_a_reason_not_to_be) {
  const admin_paths paths = without_token();
  EXPECT_EQ(paths.answer({.path = "/readyz"}).status, 200u);
  not_ready = "draining";
  EXPECT_EQ(paths.answer({.path = "/readyz"}).status, 503u);
  EXPECT_EQ(paths.answer({.path = "/readyz"}).body, "draining\n");
  EXPECT_EQ(paths.answer({.path = "/livez"}).status, 200u);
}

TEST_F(admin, has_no_changing_paths_without_a_token_whatever_is_offered) {
  const admin_paths paths = without_token();
  for (const char* path : {"/pause", "/resume", "/workers"}) {
    EXPECT_EQ(paths.answer(post(path, "n=3")).status, 404u);
    EXPECT_EQ(paths.answer({.path = path}).status, 404u);
  }
  EXPECT_FALSE(paths.answer({.path = "/"}).body.contains("/pause"));
  EXPECT_EQ(done, "");
}

TEST_F(admin, changes_nothing_for_a_wrong_token) {
  const admin_paths paths = with_token();
  for (const char* wrong : {"", "Bearer", "Bearer t0keN", "Basic t0ken", "t0ken"})
    for (const char* path : {"/pause", "/resume", "/workers"}) {
      const auto answer = paths.answer(post(path, "n=3", wrong));
      EXPECT_EQ(answer.status, 401u) << wrong << path;
      EXPECT_EQ(header(answer, "WWW-Authenticate"), "Bearer realm=\"weir\"");
    }
  EXPECT_EQ(done, "");
}

TEST_F(admin, pauses_and_resumes) {
  const admin_paths paths = with_token();
  const auto paused = paths.answer(post("/pause"));
  EXPECT_EQ(paused.status, 200u);
  EXPECT_EQ(paused.body, "{\"state\":\"paused\"}\n");
  EXPECT_EQ(paths.answer(post("/resume")).body, "{\"state\":\"running\"}\n");
  EXPECT_EQ(done, "pauseresume");
}

TEST_F(admin, sets_the_workers) {
  const admin_paths paths = with_token();
  EXPECT_EQ(paths.answer(post("/workers", "n=8")).body, "{\"workers\":{\"least\":8,\"most\":8}}\n");
  EXPECT_EQ(paths.answer(post("/workers", "x=1&n=+1")).body, "{\"workers\":{\"least\":9,\"most\":9}}\n");
  EXPECT_EQ(paths.answer(post("/workers", "n=%2B1")).body, "{\"workers\":{\"least\":10,\"most\":10}}\n");
  EXPECT_EQ(paths.answer(post("/workers", "n=2..3")).body, "{\"workers\":{\"least\":2,\"most\":3}}\n");
}

TEST_F(admin, refuses_a_number_that_is_none_and_shows_one) {
  const admin_paths paths = with_token();
  for (const char* query : {"", "n", "n=", "n=0", "n=many", "m=3", "nn=3"}) {
    const auto answer = paths.answer(post("/workers", query));
    EXPECT_EQ(answer.status, 400u) << query;
    EXPECT_TRUE(answer.body.contains("8")) << answer.body;
  }
  EXPECT_EQ(done, "");
}

TEST_F(admin, says_that_a_run_is_past_changing) {
  past_changing = true;
  for (const char* path : {"/pause", "/resume", "/workers"}) {
    const auto answer = with_token().answer(post(path, "n=3"));
    EXPECT_EQ(answer.status, 409u);
    EXPECT_EQ(answer.body, "it drains\n");
  }
}

TEST_F(admin, tells_which_method_a_path_is_for) {
  const admin_paths paths = with_token();
  const auto read = paths.answer({.method = "DELETE", .path = "/metrics"});
  EXPECT_EQ(read.status, 405u);
  EXPECT_EQ(header(read, "Allow"), "GET, HEAD");
  const auto change = paths.answer({.path = "/pause", .authorization = "Bearer t0ken"});
  EXPECT_EQ(change.status, 405u);
  EXPECT_EQ(header(change, "Allow"), "POST");
  EXPECT_EQ(done, "");
}

TEST_F(admin, lists_what_there_is_where_there_is_nothing) {
  const admin_paths paths = with_token();
  for (const char* path : {"/nothing", "/metrics/", "//metrics", "/METRICS", "/stats.json/../metrics"}) {
    const auto answer = paths.answer({.path = path});
    EXPECT_EQ(answer.status, 404u) << path;
    EXPECT_TRUE(answer.body.contains("/stats.json")) << answer.body;
  }
  EXPECT_TRUE(paths.answer({.path = "/"}).body.contains("/workers"));
}

}  // namespace
}  // namespace weir::jobs
