// What a fuzzer holds a parser to.
#pragma once

#include <weir/base/error.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace weir::fuzz {

/// Ends the fuzzer, which then keeps the input, when `holds` is false.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// A refusal says invalid_argument, names the text, and goes on with what is wrong and what is right.
template <class T>
void require_named(const io_result<T>& result, std::string_view text) {
  if (result) return;
  require(result.error().code == std::errc::invalid_argument, "a refusal is invalid_argument");
  const std::string& why = result.error().detail;
  require(why.find(text) != std::string::npos && why.size() > text.size() + 5, "a refusal names the text");
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace weir::fuzz
