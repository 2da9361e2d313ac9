// For tests of HTTP: bytes over a real connection, to this machine.
#pragma once

#include <adapters/http/server.hpp>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weir::http::testing {

inline constexpr int patience_ms = 60'000;  ///< for what must happen, on a machine that is busy too

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = ::htons(port);
  a.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  return a;
}

/// A connection to 127.0.0.1.
class connection {
 public:
  explicit connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in to = loopback(port);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  explicit connection(int accepted) : fd_(accepted), connected_(accepted >= 0) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  connection(connection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), rest_(std::move(other.rest_)) {}
  ~connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool connected() const noexcept { return connected_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;  // the other side has gone: what it said before is still read
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }

  /// The next answer, head and as much body as it says; "" when the other side closes before it.
  std::string answer(bool has_body = true) {
    constexpr std::string_view length = "Content-Length: ";
    while (!rest_.contains("\r\n\r\n"))
      if (!read_more()) return {};
    const std::size_t head = rest_.find("\r\n\r\n") + 4;
    const std::size_t at = rest_.find(length);
    const std::size_t body = has_body && at < head ? std::stoul(rest_.substr(at + length.size())) : 0;
    while (rest_.size() < head + body)
      if (!read_more()) return {};
    std::string whole = rest_.substr(0, head + body);
    rest_.erase(0, head + body);
    return whole;
  }

  /// Reads until the other side closes; false: it does not.
  bool closes() {
    while (read_more()) {
    }
    return closed_;
  }

  /// Whether the other side has closed already.
  bool is_closed() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  const std::string& unread() const noexcept { return rest_; }

 private:
  bool read_more() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) != 1) return false;
    char bytes[4096];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) return closed_ = true, false;
    rest_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string rest_;
};

/// Listens on 127.0.0.1, and answers nothing by itself.
class silent_listener {
 public:
  silent_listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in a = loopback(0);
    socklen_t size = sizeof a;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&a), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size), 0);
    port_ = ::ntohs(a.sin_port);
  }
  silent_listener(const silent_listener&) = delete;
  silent_listener& operator=(const silent_listener&) = delete;
  ~silent_listener() { ::close(fd_); }

  std::uint16_t port() const noexcept { return port_; }
  connection accept() { return connection(::accept(fd_, nullptr, nullptr)); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// A server on a port of its own choosing.
class running_server {
 public:
  explicit running_server(server::handler h, const server_options& o = {})
      : running_server(opened(), std::move(h), o) {}

  const address& where() const noexcept { return where_; }
  std::uint16_t port() const noexcept { return where_.port; }

 private:
  running_server(listener l, server::handler h, const server_options& o)
      : where_(l.where()), server_(std::move(l), std::move(h), o) {}

  static listener opened() {
    auto l = listener::open({"127.0.0.1", 0});
    EXPECT_TRUE(l) << l.error().detail;
    return std::move(*l);
  }

  address where_;
  server server_;
};

}  // namespace weir::http::testing
