// How a bad option is refused: one sentence for people, and the one place that throws.
//
// Invariant: a message names the option, its value and a right one ("burst 0.5 is below 1; use 1 or more").
// Free of fmt, as control/ and what else also runs without an operating system uses it. Thread-safety: pure
// functions.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// A part of a message: words, or a number in the fewest digits that give it back ("0.1", "1e+300", "nan"),
/// or a duration in its largest exact unit ("1500ms").
class option_text {
 public:
  template <std::convertible_to<std::string_view> Words>
  option_text(const Words& words) : text_(std::string_view(words)) {}
  option_text(double number);
  option_text(duration length);
  template <std::integral Int>
  option_text(Int number) : text_(std::to_string(number)) {}

  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// "OPTION VALUE REST...": bad_option("cap", cap, {"is below initial ", initial, "; use ", initial, " or
/// more"}).
option_error bad_option(std::string_view option, const option_text& value,
                        std::initializer_list<option_text> rest);

/// Nothing when least <= value <= most; else "OPTION VALUE is below LEAST; use LEAST or more" and the like. A
/// double must also be finite. `most` at its default is no bound.
std::optional<option_error> check_range(std::string_view option, double value, double least,
                                        std::optional<double> most = {});
std::optional<option_error> check_range(std::string_view option, std::int64_t value, std::int64_t least,
                                        std::optional<std::int64_t> most = {});
std::optional<option_error> check_range(std::string_view option, duration value, duration least,
                                        std::optional<duration> most = {});

/// The same for a double that has to be above `bound`, not at it.
std::optional<option_error> check_above(std::string_view option, double value, double bound,
                                        std::optional<double> most = {});

/// The first that is one.
std::optional<option_error> first_error(std::initializer_list<std::optional<option_error>> found);

/// Throws std::invalid_argument with the message, if there is an error; where exceptions are off it traps.
/// The only place where control/ ends up throwing.
void require(const std::optional<option_error>& error);

/// The options, once `check` (found by argument) has nothing against them; else as require().
template <class Options>
Options checked(const Options& options) {
  require(check(options));
  return options;
}

}  // namespace weir
