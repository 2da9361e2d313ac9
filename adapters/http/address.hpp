// Where a server listens and a client connects: "127.0.0.1:9901", ":9901", "[::1]:9901", "localhost:9901".
//
// Thread-safety: a value and pure functions.
#pragma once

#include <weir/base/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::http {

struct address {
  std::string host = "127.0.0.1";  ///< an IP address without brackets, or a name
  std::uint16_t port = 0;          ///< 0: to listen on any that is free
  friend bool operator==(const address&, const address&) = default;
};

/// HOST:PORT; without a host it is this machine alone, 127.0.0.1. An IPv6 address stands in brackets.
/// std::errc::invalid_argument; the detail names the text and a right one.
io_result<address> parse_address(std::string_view text);

/// As parse_address reads it: "[::1]:9901".
std::string to_string(const address&);

}  // namespace weir::http
