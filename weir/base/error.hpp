// What can go wrong, as values.
//
// Invariant: a default std::error_code is success, so errc starts at 1; its values never change once
// released. Thread-safety: all of it may be called from any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weir {

/// Why an operation did not do what was asked. A std error_code enum of category().
enum class errc {
  full = 1,      ///< no room, and the policy does not wait
  empty,         ///< nothing to take, and the call does not wait
  closed,        ///< the other side is gone, or the pool takes no more
  timed_out,     ///< the time given ran out
  cancelled,     ///< a stop was requested
  dropped,       ///< lost by design: a drop policy chose this value
  expired,       ///< its deadline passed before it ran
  rate_limited,  ///< over the rate
  circuit_open,  ///< the breaker is open
  overloaded,    ///< it could not be done in time, so it was not begun
  storage,       ///< the disk failed
};

/// The category "weir". Its messages are those of message().
const std::error_category& category() noexcept;

/// A short text for people: "queue full", "channel closed". "unknown error" for a value that is none.
std::string_view message(errc) noexcept;

/// Found by std::error_code's constructor.
std::error_code make_error_code(errc) noexcept;

/// A value, or the reason why there is none.
template <class T = void>
using result = std::expected<T, errc>;

template <class E>
concept error_code_enum = std::is_error_code_enum_v<E>;

/// Failure of something outside: what, where, what to do.
struct error {
  std::error_code code;
  std::string detail;

  error(std::error_code c, std::string d = {}) : code(c), detail(std::move(d)) {}
  template <error_code_enum E>
  error(E e, std::string d = {}) : code(make_error_code(e)), detail(std::move(d)) {}
  error(std::errc e, std::string d = {}) : code(std::make_error_code(e)), detail(std::move(d)) {}

  friend bool operator==(const error&, const error&) = default;
};

/// A value, or what failed outside.
template <class T = void>
using io_result = std::expected<T, error>;

/// A bad option: its C++ name, and a sentence with the value and a right one ("burst 0.5 is below 1; use 1 or
/// more").
struct option_error {
  std::string_view option;
  std::string message;
};

/// The largest value: "no bound" for counts and costs.
inline constexpr std::uint64_t unlimited = UINT64_MAX;

}  // namespace weir

template <>
struct std::is_error_code_enum<weir::errc> : std::true_type {};
