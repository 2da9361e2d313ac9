#include <adapters/http/server.hpp>

#include <adapters/http/testing.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weir::http {
namespace {

using namespace std::chrono_literals;
using testing::connection;
using testing::running_server;

response echo(const request& r) {
  return {.body = fmt::format("{} {} ?{} auth={}\n", r.method, r.path, r.query, r.authorization)};
}

std::string get(std::string_view path, std::string_view headers = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: here\r\n{}\r\n", path, headers);
}

unsigned status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.") ? static_cast<unsigned>(std::stoul(answer.substr(9, 3))) : 0;
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

// What the server says to these bytes, on a connection of their own.
std::string said_to(const running_server& s, std::string_view bytes) {
  connection c(s.port());
  c.send(bytes);
  c.end_sending();
  return c.answer();
}

TEST(http_server, answers_a_request_with_what_the_handler_says) {
  const running_server s(echo);
  connection c(s.port());
  c.send(get("/a/b?x=1&y=?", "Authorization: Bearer t\r\n"));
  const std::string answer = c.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_EQ(body_of(answer), "GET /a/b ?x=1&y=? auth=Bearer t\n");
  for (const char* header :
       {"Content-Type: text/plain; charset=utf-8\r\n", "Cache-Control: no-store\r\n", "Date: "})
    EXPECT_TRUE(answer.contains(header)) << header << answer;
}

TEST(http_server, keeps_a_connection_and_answers_pipelined_requests_in_order) {
  const running_server s(echo);
  connection c(s.port());
  for (int round = 0; round < 3; ++round) {
    c.send(get("/1") + get("/2"));
    EXPECT_EQ(body_of(c.answer()), "GET /1 ? auth=\n");
    EXPECT_EQ(body_of(c.answer()), "GET /2 ? auth=\n");
  }
}

TEST(http_server, closes_when_the_client_wants_it_or_speaks_http_1_0) {
  const running_server s(echo);
  for (const std::string& wish : {get("/", "Connection: close\r\n"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    connection c(s.port());
    c.send(wish);
    EXPECT_EQ(status_of(c.answer()), 200u);
    EXPECT_TRUE(c.closes()) << wish;
  }
  connection kept(s.port());
  kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(kept.answer().contains("Connection: keep-alive\r\n"));
}

TEST(http_server, head_has_the_headers_of_get_and_no_body) {
  const running_server s(echo);
  connection c(s.port());
  c.send("HEAD /x HTTP/1.1\r\nHost: here\r\n\r\n" + get("/next"));
  const std::string head = c.answer(false);
  EXPECT_EQ(status_of(head), 200u);
  EXPECT_TRUE(head.contains("Content-Length: 15\r\n")) << head;
  EXPECT_EQ(body_of(c.answer()), "GET /next ? auth=\n") << "the next answer begins where the head ends";
}

TEST(http_server, reads_the_target_of_a_proxy_too) {
  const running_server s(echo);
  EXPECT_EQ(body_of(said_to(s, get("http://here:1/p?q"))), "GET /p ?q auth=\n");
  EXPECT_EQ(body_of(said_to(s, get("http://here"))), "GET / ? auth=\n");
  EXPECT_EQ(body_of(said_to(s, get("/p#part"))), "GET /p ? auth=\n");
}

TEST(http_server, tells_what_is_not_http_and_closes) {
  const running_server s(echo);
  const std::pair<std::string, unsigned> wrong[] = {
      {"rubbish\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 29), 400},
  };
  for (const auto& [bytes, status] : wrong) EXPECT_EQ(status_of(said_to(s, bytes)), status) << bytes;
  EXPECT_EQ(status_of(said_to(s, get("/"))), 200u) << "and goes on";
}

TEST(http_server, takes_a_small_body_and_no_large_one) {
  const running_server s(echo, {.body = 10});
  connection c(s.port());
  c.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789" + get("/next"));
  EXPECT_EQ(body_of(c.answer()), "POST /p ? auth=\n");
  EXPECT_EQ(body_of(c.answer()), "GET /next ? auth=\n");
  const std::string large = "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890";
  EXPECT_EQ(status_of(said_to(s, large)), 413u);
  const std::string chunks =
      "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n";
  EXPECT_EQ(status_of(said_to(s, chunks)), 413u);
}

TEST(http_server, refuses_a_long_head_however_it_comes) {
  const running_server s(echo, {.head = 1024});
  EXPECT_EQ(status_of(said_to(s, get("/", "X: " + std::string(1024, 'x') + "\r\n"))), 431u);
  EXPECT_EQ(status_of(said_to(s, get("/" + std::string(2000, 'x')))), 431u);
  EXPECT_EQ(status_of(said_to(s, "GET /" + std::string(100'000, 'x'))), 431u);
  EXPECT_EQ(status_of(said_to(s, get("/", "X: " + std::string(900, 'x') + "\r\n"))), 200u);
}

TEST(http_server, tells_a_client_that_still_sends_why_it_was_refused) {
  const running_server s(echo);
  connection c(s.port());
  c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  c.send(std::string(1'000'000, 'x'));
  EXPECT_EQ(status_of(c.answer()), 413u);
}

TEST(http_server, makes_an_exception_of_the_handler_a_500) {
  const running_server s([](const request&) -> response { throw std::runtime_error("no figures"); });
  const std::string answer = said_to(s, get("/"));
  EXPECT_EQ(status_of(answer), 500u);
  EXPECT_EQ(body_of(answer), "no figures\n");
}

TEST(http_server, closes_a_request_that_does_not_become_whole) {
  const running_server s(echo, {.request = 50ms});
  connection half_a_head(s.port());
  half_a_head.send("GET / HT");
  connection half_a_body(s.port());
  half_a_body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n01");
  EXPECT_TRUE(half_a_head.closes());
  EXPECT_TRUE(half_a_body.closes());
  EXPECT_EQ(half_a_head.unread() + half_a_body.unread(), "");
}

TEST(http_server, a_trickle_of_bytes_does_not_stretch_the_time_a_request_has) {
  const running_server s(echo, {.head = std::size_t{16} << 20, .request = 50ms});
  connection c(s.port());
  c.send("GET / HTTP/1.1\r\nHost: a\r\n");
  std::size_t sent = 0;
  for (; !c.is_closed() && sent < 1'000'000; ++sent) {
    c.send("X: y\r\n");
    std::this_thread::yield();
  }
  EXPECT_TRUE(c.closes());
  EXPECT_EQ(c.unread(), "");
}

TEST(http_server, closes_a_connection_that_asks_nothing) {
  const running_server s(echo, {.idle = 50ms});
  connection never_asks(s.port());
  connection asks_once(s.port());
  asks_once.send(get("/"));
  EXPECT_EQ(status_of(asks_once.answer()), 200u);
  EXPECT_TRUE(never_asks.closes());
  EXPECT_TRUE(asks_once.closes());
}

TEST(http_server, gives_up_a_client_that_does_not_take_its_answer) {
  const running_server s([](const request&) { return response{.body = std::string(64 << 20, 'x')}; },
                         {.write = 50ms});
  connection c(s.port());
  c.send(get("/"));
  EXPECT_EQ(status_of(said_to(s, "bad\r\n\r\n")), 400u) << "others are answered meanwhile";
  EXPECT_TRUE(c.closes());
  EXPECT_LT(c.unread().size(), std::size_t{64} << 20);
}

TEST(http_server, closes_the_connection_that_has_waited_longest_for_one_more) {
  const running_server s(echo, {.connections = 3});
  std::vector<connection> held;
  for (int i = 0; i < 3; ++i) held.emplace_back(s.port()).send("GET");
  held[0].send(get("/").substr(3));
  EXPECT_EQ(status_of(held[0].answer()), 200u);  // now it has waited less than the others
  EXPECT_EQ(status_of(said_to(s, get("/"))), 200u);
  EXPECT_TRUE(held[1].closes());
  held[0].send(get("/"));
  EXPECT_EQ(status_of(held[0].answer()), 200u);
}

TEST(http_server, many_silent_connections_keep_nobody_out) {
  const running_server s(echo, {.connections = 8});
  std::vector<connection> silent;
  for (int i = 0; i < 200; ++i) silent.emplace_back(s.port()).send("G");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of(said_to(s, get("/"))), 200u);
}

TEST(http_server, serves_many_at_once) {
  std::atomic<int> asked = 0;
  const running_server s([&](const request& r) {
    ++asked;
    return echo(r);
  });
  std::vector<std::jthread> clients;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&, i] {
      connection c(s.port());
      for (int n = 0; n < 50; ++n) {
        c.send(get(fmt::format("/{}/{}", i, n)));
        right += body_of(c.answer()) == fmt::format("GET /{}/{} ? auth=\n", i, n);
      }
    });
  clients.clear();
  EXPECT_EQ(right, 400);
  EXPECT_EQ(asked, 400);
}

TEST(http_server, ends_with_connections_open_and_requests_half_read) {
  for (int round = 0; round < 20; ++round) {
    std::optional<running_server> s(std::in_place, echo);
    connection idle(s->port());
    connection half(s->port());
    half.send("GET / HT");
    connection asked(s->port());
    asked.send(get("/"));
    if (round % 2 == 0) {
      EXPECT_EQ(status_of(asked.answer()), 200u);
    }
    s.reset();
    EXPECT_TRUE(idle.closes() && half.closes() && asked.closes());
  }
}

TEST(http_server, says_which_port_it_has_got_and_that_another_is_taken) {
  const running_server s(echo);
  EXPECT_GT(s.port(), 0);
  EXPECT_EQ(s.where().host, "127.0.0.1");
  const auto second = listener::open(s.where());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
  EXPECT_TRUE(second.error().detail.starts_with("cannot listen on " + to_string(s.where()) + ": "));
  EXPECT_FALSE(listener::open({"192.0.2.1", 0})) << "an address of documentation is nobody's";
  EXPECT_FALSE(listener::open({"no-such-host.invalid", 0}));
}

TEST(http_server, serves_those_who_came_before_it_started) {
  auto bound = listener::open({"127.0.0.1", 0});
  ASSERT_TRUE(bound);
  connection early(bound->where().port);
  early.send(get("/"));
  const server s(std::move(*bound), echo);
  EXPECT_EQ(status_of(early.answer()), 200u);
}

TEST(http_server, listens_on_ipv6_too) {
  const auto bound = listener::open({"::1", 0});
  if (!bound) GTEST_SKIP() << bound.error().detail;
  EXPECT_TRUE(to_string(bound->where()).starts_with("[::1]:"));
}

// Whatever comes, the answer is well-formed or the connection closes, and the server goes on.
RC_GTEST_PROP(http_server, survives_any_bytes, ()) {
  static const running_server s(echo, {.request = 100ms});
  const auto piece =
      rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                     rc::gen::element<std::string>(
                         "GET / HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "\r\n\r\n", "POST", " /", "?", "%",
                         "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n",
                         "0\r\n\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n"));
  std::string bytes;
  for (const auto& p : *rc::gen::container<std::vector<std::string>>(piece)) bytes += p;
  connection c(s.port());
  c.send(bytes);
  c.end_sending();
  for (std::string answer = c.answer(); !answer.empty(); answer = c.answer()) {
    const unsigned status = status_of(answer);
    RC_ASSERT(status == 200 || (status >= 400 && status < 506));
  }
  RC_ASSERT(c.unread().empty());
  RC_ASSERT(status_of(said_to(s, get("/"))) == 200u);
}

}  // namespace
}  // namespace weir::http
