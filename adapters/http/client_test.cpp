#include <adapters/http/client.hpp>

#include <adapters/http/server.hpp>
#include <adapters/http/testing.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace weir::http {
namespace {

using namespace std::chrono_literals;

TEST(http_client, sends_method_path_query_and_token_and_brings_the_answer) {
  request seen;
  const testing::running_server s([&](const request& r) {
    seen = r;
    return response{.status = 404, .body = "none\n", .content_type = "text/x"};
  });
  const auto answer =
      fetch(s.where(), {.method = "POST", .path = "/w", .query = "n=3", .authorization = "Bearer t"});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 404u);
  EXPECT_EQ(answer->body, "none\n");
  EXPECT_EQ(answer->content_type, "text/x");
  EXPECT_EQ(seen.method + seen.path + seen.query + seen.authorization, "POST/wn=3Bearer t");
}

TEST(http_client, says_that_nobody_listens) {
  std::uint16_t port = 0;
  {
    const testing::silent_listener gone;
    port = gone.port();
  }
  const auto answer = fetch({"127.0.0.1", port}, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, std::errc::connection_refused);
  EXPECT_EQ(answer.error().detail, "Connection refused");
}

TEST(http_client, gives_up_one_that_does_not_answer) {
  const testing::silent_listener silent;
  const auto answer = fetch({"127.0.0.1", silent.port()}, {}, 50ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, std::errc::timed_out);
}

TEST(http_client, tells_an_answer_that_is_none) {
  for (const char* wrong : {"", "rubbish\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"}) {
    testing::silent_listener strange;
    std::jthread other([&] {
      testing::connection c = strange.accept();
      c.send(wrong);
      c.end_sending();
      c.closes();
    });
    const auto answer = fetch({"127.0.0.1", strange.port()}, {});
    EXPECT_FALSE(answer) << wrong;
  }
}

TEST(http_client, takes_no_more_than_four_mebibytes) {
  const testing::running_server s([](const request& r) {
    return response{.body = std::string((std::size_t{4} << 20) + (r.path == "/more" ? 1 : 0), 'x')};
  });
  EXPECT_TRUE(fetch(s.where(), {.path = "/just"}));
  EXPECT_FALSE(fetch(s.where(), {.path = "/more"}));
}

TEST(http_client, does_not_know_a_host_that_is_not_there) {
  EXPECT_FALSE(fetch({"no-such-host.invalid", 1}, {}));
}

}  // namespace
}  // namespace weir::http
