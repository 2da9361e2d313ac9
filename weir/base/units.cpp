#include <weir/base/units.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace weir {

namespace {

__extension__ typedef unsigned __int128 wide;  // a product of two 64-bit numbers

struct decimal {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;  // in units of 1 / scale
  std::uint64_t scale = 1;     // a power of ten, at most 10^18
};

/// Reads digits, maybe a point and more digits; moves `text` past them. None: no number, or one beyond 64
/// bits.
std::optional<decimal> take_decimal(std::string_view& text) {
  decimal number;
  const char* const end = text.data() + text.size();
  const auto [after_whole, ec] = std::from_chars(text.data(), end, number.whole);
  if (ec != std::errc()) return std::nullopt;
  const char* at = after_whole;
  if (at != end && *at == '.') {
    const char* const first = ++at;
    for (; at != end && *at >= '0' && *at <= '9'; ++at) {
      if (number.scale == 1'000'000'000'000'000'000U) continue;  // digits below every unit's resolution
      number.scale *= 10;
      number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(*at - '0');
    }
    if (at == first) return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return number;
}

/// number * unit, cut to a whole one; none beyond `limit`.
std::optional<std::uint64_t> times(const decimal& number, std::uint64_t unit, std::uint64_t limit) {
  const wide product = wide{number.whole} * unit + wide{number.fraction} * unit / number.scale;
  if (product > limit) return std::nullopt;
  return static_cast<std::uint64_t>(product);
}

struct unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::array<unit, 6> time_units{{{"h", 3'600'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"s", 1'000'000'000},
                                          {"ms", 1'000'000},
                                          {"us", 1'000},
                                          {"ns", 1}}};

double as_double(const decimal& number) {
  return static_cast<double>(number.whole) +
         static_cast<double>(number.fraction) / static_cast<double>(number.scale);
}

std::unexpected<error> refuse(std::string_view text, std::string_view why) {
  std::string detail = "'";
  detail.append(text).append("' ").append(why);
  return std::unexpected(error(std::errc::invalid_argument, std::move(detail)));
}

std::uint64_t bytes_unit(std::string_view name) {
  if (name.empty() || name == "B") return 1;
  constexpr std::string_view letters = "KMGT";
  const auto power = letters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(name[0]))));
  const std::string_view rest = name.substr(1);
  if (power == std::string_view::npos || !(rest.empty() || rest == "iB")) return 0;
  return std::uint64_t{1} << (10 * (power + 1));
}

constexpr std::string_view right_rate =
    "write a number a second, a minute or an hour, like 100/s, 5/m or 100/s:20";

/// Seconds in the unit of a rate; 0: there is no such unit.
double rate_unit(std::string_view name) {
  if (name == "s") return 1;
  if (name == "m") return 60;
  return name == "h" ? 3600 : 0;
}

}  // namespace

io_result<duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_decimal(rest);
  if (!number)
    return refuse(text, "is not a duration; write a number and a unit, like 250us, 50ms, 30s, 5m or 1h");
  if (rest.empty())
    return refuse(text,
                  "has no unit; write " + std::string(text) + "s for seconds, or one of ns us ms s m h");
  for (const unit& u : time_units) {
    if (rest != u.name) continue;
    const auto ns = times(*number, u.size, static_cast<std::uint64_t>(duration::max().count()));
    if (!ns) return refuse(text, "is beyond 292 years; use a smaller duration");
    return duration(static_cast<duration::rep>(*ns));
  }
  return refuse(text, "has an unknown unit; use one of ns us ms s m h, like 50ms or 30s");
}

std::string to_string(duration d) {
  const auto ns = d.count();
  if (ns == 0) return "0s";
  for (const unit& u : time_units) {
    const auto size = static_cast<duration::rep>(u.size);
    if (ns % size == 0) return std::to_string(ns / size).append(u.name);
  }
  std::unreachable();  // every count is a multiple of 1 ns
}

io_result<std::uint64_t> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_decimal(rest);
  if (!number)
    return refuse(text, "is not a size; write a number of bytes, or one with K, M, G or T, like 64K or 1.5G");
  const std::uint64_t size = bytes_unit(rest);
  if (size == 0)
    return refuse(text, "has an unknown unit; use B, K, M, G or T (powers of 1024), like 64K or 2G");
  const auto bytes = times(*number, size, UINT64_MAX);
  if (!bytes) return refuse(text, "is beyond 2^64 bytes; use a smaller size");
  return *bytes;
}

std::string bytes_to_string(std::uint64_t bytes) {
  constexpr std::string_view letters = "KMGT";
  std::size_t power = 0;
  for (; bytes > 0 && bytes % 1024 == 0 && power < letters.size(); ++power) bytes /= 1024;
  std::string text = std::to_string(bytes);
  return power == 0 ? text : text + letters[power - 1];
}

io_result<rate> parse_rate(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_decimal(rest);
  if (!number) return refuse(text, std::string("is not a rate; ").append(right_rate));
  if (rest.empty() || rest.front() != '/')
    return refuse(text, std::string("does not say a second or a minute; ").append(right_rate));
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const double unit = rate_unit(rest.substr(1, colon - 1));
  if (unit <= 0) return refuse(text, std::string("has an unknown unit; ").append(right_rate));
  const double count = as_double(*number);
  if (count <= 0) return refuse(text, "lets nothing through; use a rate above 0, like 100/s or 5/m");
  rate result{.per_second = count / unit, .burst = 1};
  if (colon == rest.size()) return result;
  std::string_view burst = rest.substr(colon + 1);
  const auto tokens = take_decimal(burst);
  if (!tokens || !burst.empty() || as_double(*tokens) < 1)
    return refuse(text, "has no burst of 1 or more after the colon; write it like 100/s:20");
  result.burst = as_double(*tokens);
  return result;
}

io_result<double> parse_share(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_decimal(rest);
  if (!number) return refuse(text, "is not a share; write a number of percent, like 10%");
  if (rest.empty()) return refuse(text, "has no unit; write " + std::string(text) + "% for percent");
  if (rest != "%") return refuse(text, "is not a share; write a number of percent, like 10%");
  return as_double(*number) / 100;
}

}  // namespace weir
