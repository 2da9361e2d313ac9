#include <adapters/http/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <fcntl.h>
#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <list>
#include <optional>
#include <thread>
#include <utility>

namespace weir::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

// How long a client that was told "Connection: close" may take to read it; the kernel would throw the answer
// away with a socket that is closed while bytes of the client's still arrive.
constexpr auto linger = std::chrono::seconds(1);
constexpr auto after_failed_accept = std::chrono::milliseconds(100);

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  return text;
}

// Jobs are started by other threads: a socket of ours is none of theirs.
void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

response complaint(unsigned status, std::string_view why) {
  return {.status = status, .body = std::string(why) + "\n"};
}

// How the parser's refusal is told, or nothing when nobody is there to be told.
std::optional<response> refusal(const error_code& ec) {
  if (ec == wire::error::header_limit || ec == wire::error::buffer_overflow)
    return complaint(431, "the request's line and headers are too long");
  if (ec == wire::error::body_limit) return complaint(413, "the request's body is too long; none is needed");
  if (ec == wire::error::bad_version) return complaint(505, "HTTP/1.0 and HTTP/1.1 are spoken here");
  const bool of_the_parser = ec.category() == make_error_code(wire::error::end_of_stream).category();
  if (!of_the_parser || ec == wire::error::end_of_stream || ec == wire::error::partial_message)
    return std::nullopt;
  return complaint(400, "not an HTTP request: " + ec.message());
}

using message = wire::request<wire::string_body>;

// The target in origin form, or in absolute form as a proxy sends it; nothing: it is neither.
std::optional<std::string_view> path_and_query(std::string_view target) {
  if (target.starts_with("http://")) {
    target.remove_prefix(7);
    const std::size_t slash = target.find('/');
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/')) return std::nullopt;
  return target.substr(0, target.find('#'));
}

// What the handler is to see, or the answer to what it need not see.
std::expected<request, response> understood(const message& m) {
  if (m.version() == 11 && m.count(wire::field::host) != 1)
    return std::unexpected(complaint(400, "HTTP/1.1 needs one Host header"));
  const auto target = path_and_query(m.target());
  if (!target) return std::unexpected(complaint(400, "the target begins with a slash"));
  const std::size_t mark = std::min(target->find('?'), target->size());
  return request{.method = m.method() == wire::verb::head ? "GET" : std::string(m.method_string()),
                 .path = std::string(target->substr(0, mark)),
                 .query = std::string(target->substr(std::min(mark + 1, target->size()))),
                 .authorization = std::string(m[wire::field::authorization])};
}

template <class Body>
wire::response<Body> head_of(const response& r, unsigned version, bool keep_alive) {
  wire::response<Body> m(wire::int_to_status(r.status), version);
  m.set(wire::field::date, date_now());
  m.set(wire::field::content_type, r.content_type);
  m.set(wire::field::cache_control, "no-store");
  for (const auto& [name, value] : r.headers) m.set(name, value);
  m.keep_alive(keep_alive);
  return m;
}

}  // namespace

class server_core {
 public:
  server_core() = default;
  server_core(const server_core&) = delete;
  server_core& operator=(const server_core&) = delete;
  ~server_core() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  io_result<> listen(const address&);
  void start(server::handler, const server_options&);
  const address& where() const noexcept { return where_; }

 private:
  // Lives in the coroutine that serves it; the list is in the order of waiting, the longest first.
  struct connection {
    connection(server_core& c, tcp::socket socket) : of(c), stream(std::move(socket)), at(of.open_.end()) {
      at = of.open_.insert(of.open_.end(), this);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { of.open_.erase(at); }
    void waits() { of.open_.splice(of.open_.end(), of.open_, at); }

    server_core& of;
    beast::tcp_stream stream;
    std::list<connection*>::iterator at;
    beast::flat_buffer buffer{of.options_.head + of.options_.body};
    bool closed = false;  // by make_room
  };

  // A request that was read, or what it is refused with; neither: the client has gone.
  struct received {
    std::optional<message> asked{};
    std::optional<response> refused{};
  };

  asio::awaitable<void> accept();
  asio::awaitable<void> serve(tcp::socket socket);
  asio::awaitable<received> read(connection& from);
  asio::awaitable<bool> answer(connection& to, const message& asked);
  asio::awaitable<bool> write(connection& to, response r, unsigned version, bool head_only, bool keep_alive);
  asio::awaitable<void> say_goodbye(connection& to);
  response handled(const request& asked) noexcept;
  void take(tcp::socket socket);
  void make_room();

  server::handler handler_;  // from start() on, as options_
  server_options options_{};
  address where_;
  std::list<connection*> open_;  // before io_, whose end destroys the coroutines that still serve
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  std::thread thread_;
};

io_result<> server_core::listen(const address& a) {
  error_code ec;
  const auto found = tcp::resolver(io_).resolve(a.host, std::to_string(a.port),
                                                tcp::resolver::passive | tcp::resolver::numeric_service, ec);
  for (const auto& one : found) {
    const tcp::endpoint endpoint = one.endpoint();
    if (acceptor_.open(endpoint.protocol(), ec)) continue;
    close_on_exec(acceptor_.native_handle());
    acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
    if (!ec) break;
    error_code ignored;
    acceptor_.close(ignored);
  }
  if (ec)
    return std::unexpected(
        error(ec, "cannot listen on " + to_string(a) + ": " + ec.message() +
                      "; use an address of this machine and a port that is free, or port 0 for any"));
  where_ = {a.host, acceptor_.local_endpoint(ec).port()};
  return {};
}

void server_core::start(server::handler h, const server_options& o) {
  handler_ = std::move(h);
  options_ = o;
  asio::co_spawn(io_, accept(), asio::detached);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "weir-http");
    io_.run();
  });
}

asio::awaitable<void> server_core::accept() {
  for (;;) {
    error_code ec;
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) {
      take(std::move(socket));
      continue;
    }
    if (ec == asio::error::operation_aborted) co_return;
    // Out of descriptors, or a client that has gone again: there is nobody to tell.
    asio::steady_timer pause(io_, after_failed_accept);
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
}

void server_core::take(tcp::socket socket) {
  try {
    error_code ignored;
    close_on_exec(socket.native_handle());
    socket.set_option(tcp::no_delay(true), ignored);
    make_room();
    asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  } catch (const std::bad_alloc&) {
    // No memory for one more: the socket closes, the others go on.
  }
}

// One that is being closed still stands in the list until its coroutine has ended.
void server_core::make_room() {
  const auto closing = std::ranges::count_if(open_, [](const connection* c) { return c->closed; });
  if (open_.size() - static_cast<std::size_t>(closing) < options_.connections) return;
  const auto longest = std::ranges::find_if(open_, [](const connection* c) { return !c->closed; });
  (*longest)->closed = true;
  (*longest)->stream.close();
}

asio::awaitable<void> server_core::serve(tcp::socket socket) {
  connection mine(*this, std::move(socket));
  for (bool more = true; more;) {
    mine.waits();
    const received got = co_await read(mine);
    if (got.asked) {
      more = co_await answer(mine, *got.asked);
    } else {
      if (!got.refused) co_return;
      more = co_await write(mine, *got.refused, 11, false, false);
    }
  }
  co_await say_goodbye(mine);
}

asio::awaitable<server_core::received> server_core::read(connection& from) {
  error_code ec;
  if (from.buffer.size() == 0) {
    from.stream.expires_after(options_.idle);
    const std::size_t n = co_await from.stream.async_read_some(from.buffer.prepare(options_.head),
                                                               asio::redirect_error(asio::use_awaitable, ec));
    from.buffer.commit(n);
    if (ec) co_return received{};
  }
  from.stream.expires_after(options_.request);
  wire::request_parser<wire::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.head));
  parser.body_limit(options_.body);
  co_await wire::async_read(from.stream, from.buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return received{.refused = refusal(ec)};
  co_return received{.asked = parser.release()};
}

asio::awaitable<bool> server_core::answer(connection& to, const message& asked) {
  const bool head_only = asked.method() == wire::verb::head;
  const auto wanted = understood(asked);
  response r = wanted ? handled(*wanted) : wanted.error();
  co_return co_await write(to, std::move(r), asked.version(), head_only, asked.keep_alive());
}

response server_core::handled(const request& asked) noexcept {
  try {
    return handler_(asked);
  } catch (const std::exception& e) {
    return complaint(500, e.what());
  }
}

// Whether the connection may be asked again.
asio::awaitable<bool> server_core::write(connection& to, response r, unsigned version, bool head_only,
                                         bool keep_alive) {
  error_code ec;
  to.stream.expires_after(options_.write);
  if (head_only) {
    auto m = head_of<wire::empty_body>(r, version, keep_alive);
    m.content_length(r.body.size());
    co_await wire::async_write(to.stream, m, asio::redirect_error(asio::use_awaitable, ec));
  } else {
    auto m = head_of<wire::string_body>(r, version, keep_alive);
    m.body() = std::move(r.body);
    m.prepare_payload();
    co_await wire::async_write(to.stream, m, asio::redirect_error(asio::use_awaitable, ec));
  }
  co_return keep_alive && !ec;
}

asio::awaitable<void> server_core::say_goodbye(connection& to) {
  error_code ec;
  to.stream.socket().shutdown(tcp::socket::shutdown_send, ec);
  to.stream.expires_after(linger);
  to.buffer.clear();
  while (!ec)
    co_await to.stream.async_read_some(to.buffer.prepare(options_.head),
                                       asio::redirect_error(asio::use_awaitable, ec));
}

listener::listener(std::unique_ptr<server_core> c) : core_(std::move(c)) {}
listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

io_result<listener> listener::open(const address& a) {
  auto made = std::make_unique<server_core>();
  if (const auto listening = made->listen(a); !listening) return std::unexpected(listening.error());
  return listener(std::move(made));
}

const address& listener::where() const noexcept { return core_->where(); }

server::server(listener l, handler h, server_options o) : core_(std::move(l.core_)) {
  core_->start(std::move(h), o);
}
server::~server() = default;

}  // namespace weir::http
