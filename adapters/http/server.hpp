// A small HTTP/1.1 server for administration: few connections, small requests, one thread of its own.
//
// Invariants: what a client can make it hold is bounded. A request's head and body have a size and a time
// limit that count from its first byte; a connection without a request is closed after `idle`; a response
// that is not taken is given up after `write`. There are never more than `connections` of them: one more
// closes the one that has waited longest, so clients that hold connections cannot keep a new one out. The
// handler is called by the server's thread, one request at a time. Thread-safe.
#pragma once

#include <adapters/http/address.hpp>
#include <adapters/http/message.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace weir::http {

struct server_options {
  std::size_t connections = 32;             ///< at least 1
  std::size_t head = std::size_t{8} << 10;  ///< bytes of a request's line and headers; beyond: 431
  std::size_t body =
      std::size_t{4} << 10;  ///< bytes of a request's body, which is not looked at; beyond: 413
  duration request = std::chrono::seconds(5);  ///< from its first byte until it is whole
  duration idle = std::chrono::seconds(90);    ///< until a request's first byte
  duration write = std::chrono::seconds(10);   ///< of a response
};

class server_core;

/// An address that is listened on: clients may connect, and wait until a server serves them. Movable.
class listener {
 public:
  /// What cannot be listened on (in use, not ours, unknown) is an error that names the address.
  static io_result<listener> open(const address&);

  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener();

  /// Where, with the port that port 0 has become.
  const address& where() const noexcept;

 private:
  friend class server;
  explicit listener(std::unique_ptr<server_core>);

  std::unique_ptr<server_core> core_;
};

class server {
 public:
  /// Answers a request; an exception becomes a 500. HEAD comes as GET: the body is left out after it.
  using handler = std::function<response(const request&)>;

  /// Starts the thread, which inherits the caller's signal mask. Throws std::system_error when there is none.
  server(listener, handler, server_options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  /// Closes all connections and ends the thread. No handler runs after it; must not be called by one.
  ~server();

 private:
  std::unique_ptr<server_core> core_;
};

}  // namespace weir::http
