#include <weir/base/option_error.hpp>
#include <weir/base/units.hpp>

#include <charconv>
#include <stdexcept>

namespace weir {

namespace {

// What to use instead, where there is a bound below and perhaps one above.
template <class Number>
option_error out_of_range(std::string_view option, Number value, std::string_view trouble, Number least,
                          std::optional<Number> most) {
  if (most) return bad_option(option, value, {trouble, "; use ", least, " to ", *most});
  return bad_option(option, value, {trouble, "; use ", least, " or more"});
}

template <class Number>
std::optional<option_error> check_bounds(std::string_view option, Number value, Number least,
                                         std::optional<Number> most) {
  if (value < least) {
    return out_of_range(option, value, "is below " + option_text(least).text(), least, most);
  }
  if (most && value > *most) {
    return out_of_range(option, value, "is above " + option_text(*most).text(), least, most);
  }
  return std::nullopt;
}

// Why a double is no number to compute with; empty when it is one.
std::string_view not_finite(double value) {
  if (value != value) return "is not a number";
  if (value - value != 0) return "is not finite";
  return {};
}

}  // namespace

option_text::option_text(double number) {
  char digits[32];  // the longest is -2.2250738585072014e-308
  text_.assign(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

option_text::option_text(duration length) : text_(to_string(length)) {}

option_error bad_option(std::string_view option, const option_text& value,
                        std::initializer_list<option_text> rest) {
  std::string message(option);
  message.append(" ").append(value.text()).append(" ");
  for (const option_text& part : rest) message.append(part.text());
  return {.option = option, .message = std::move(message)};
}

std::optional<option_error> check_range(std::string_view option, double value, double least,
                                        std::optional<double> most) {
  if (const auto why = not_finite(value); !why.empty()) return out_of_range(option, value, why, least, most);
  return check_bounds(option, value, least, most);
}

std::optional<option_error> check_range(std::string_view option, std::int64_t value, std::int64_t least,
                                        std::optional<std::int64_t> most) {
  return check_bounds(option, value, least, most);
}

std::optional<option_error> check_range(std::string_view option, duration value, duration least,
                                        std::optional<duration> most) {
  return check_bounds(option, value, least, most);
}

std::optional<option_error> check_above(std::string_view option, double value, double bound,
                                        std::optional<double> most) {
  std::string why(not_finite(value));
  if (why.empty() && value <= bound) why = "is not above " + option_text(bound).text();
  if (why.empty() && most && value > *most) why = "is above " + option_text(*most).text();
  if (why.empty()) return std::nullopt;
  if (most) return bad_option(option, value, {why, "; use a number above ", bound, ", at most ", *most});
  return bad_option(option, value, {why, "; use a number above ", bound});
}

std::optional<option_error> first_error(std::initializer_list<std::optional<option_error>> found) {
  for (const auto& one : found)
    if (one) return one;
  return std::nullopt;
}

void require(const std::optional<option_error>& error) {
  if (!error) return;
#if defined(__cpp_exceptions)
  throw std::invalid_argument(error->message);
#else
  __builtin_trap();
#endif
}

}  // namespace weir
