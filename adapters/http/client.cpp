#include <adapters/http/client.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace weir::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t longest_body = std::uint64_t{4} << 20;

// One exchange, step by step; the first step that fails ends it.
class exchange {
 public:
  exchange(const address& to, const request& asked, duration limit) : to_(to), limit_(limit) {
    message_.method_string(asked.method);
    message_.target(asked.query.empty() ? asked.path : asked.path + "?" + asked.query);
    message_.version(11);
    message_.set(wire::field::host, to_string(to));
    message_.set(wire::field::user_agent, "weir");
    if (!asked.authorization.empty()) message_.set(wire::field::authorization, asked.authorization);
    message_.keep_alive(false);
    message_.prepare_payload();
    parser_.body_limit(longest_body);
  }

  io_result<response> run() {
    const auto found = tcp::resolver(io_).resolve(to_.host, std::to_string(to_.port),
                                                  tcp::resolver::numeric_service, ended_);
    if (!ended_) {
      stream_.expires_after(limit_);
      stream_.async_connect(found, [this](error_code ec, const tcp::endpoint&) { connected(ec); });
      io_.run();
    }
    if (ended_ == beast::error::timeout)
      return std::unexpected(error(std::errc::timed_out, "did not answer in time"));
    if (ended_) return std::unexpected(error(ended_, ended_.message()));
    auto m = parser_.release();
    return response{.status = m.result_int(),
                    .body = std::move(m.body()),
                    .content_type = std::string(m[wire::field::content_type])};
  }

 private:
  void connected(error_code ec) {
    if ((ended_ = ec)) return;
    wire::async_write(stream_, message_, [this](error_code failed, std::size_t) { written(failed); });
  }

  void written(error_code ec) {
    if ((ended_ = ec)) return;
    wire::async_read(stream_, buffer_, parser_, [this](error_code failed, std::size_t) { ended_ = failed; });
  }

  const address to_;
  const duration limit_;
  asio::io_context io_{1};
  beast::tcp_stream stream_{io_};
  beast::flat_buffer buffer_;
  wire::request<wire::empty_body> message_;
  wire::response_parser<wire::string_body> parser_;
  error_code ended_;
};

}  // namespace

io_result<response> fetch(const address& to, const request& asked, duration limit) {
  return exchange(to, asked, limit).run();
}

}  // namespace weir::http
