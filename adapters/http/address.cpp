#include <adapters/http/address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace weir::http {

namespace {

constexpr std::string_view right_ones = "use 127.0.0.1:9901, :9901 or [::1]:9901";

std::unexpected<error> refused(std::string_view text, std::string_view why) {
  return std::unexpected(
      error(std::errc::invalid_argument,
            "'" + std::string(text) + "' " + std::string(why) + "; " + std::string(right_ones)));
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, ec] = std::from_chars(digits.data(), end, port);
  if (ec != std::errc() || stopped != end) return std::nullopt;
  return port;
}

bool is_ipv6(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// Digits and dots alone are meant as an IPv4 address and must be one: a resolver would read 127.1 as one too.
bool is_name_or_ipv4(const std::string& host) {
  if (host.find_first_not_of("0123456789.") == std::string::npos) {
    in_addr ignored{};
    return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1;
  }
  const auto belongs = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return std::ranges::all_of(host, belongs);
}

}  // namespace

io_result<address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refused(text, "has no port");
  const std::string_view left = text.substr(0, colon);
  const auto port = port_of(text.substr(colon + 1));
  const bool bracketed = left.size() > 2 && left.front() == '[' && left.back() == ']';
  if (!bracketed && left.contains(':')) return refused(text, "is an IPv6 address without brackets and port");
  if (!port) return refused(text, "has no port from 0 to 65535");
  address a{.port = *port};
  if (left.empty()) return a;
  a.host = bracketed ? left.substr(1, left.size() - 2) : left;
  if (bracketed ? is_ipv6(a.host) : is_name_or_ipv4(a.host)) return a;
  return refused(text, "is not an address");
}

std::string to_string(const address& a) {
  const bool brackets = a.host.contains(':');
  return (brackets ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

}  // namespace weir::http
