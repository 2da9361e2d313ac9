#include <bench/harness/readable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::bench {

namespace {

// Three digits: what is below 9.995 shows two decimals, below 99.95 one, else none.
std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

}  // namespace

std::string readable(duration d) {
  const auto ns = static_cast<double>(d.count());
  if (ns <= 0) return "0 s";
  if (ns < 999.5) return fmt::format("{:.0f} ns", ns);
  if (ns < 999.5e3) return three_digits(ns / 1e3) + " us";
  if (ns < 999.5e6) return three_digits(ns / 1e6) + " ms";
  return three_digits(ns / 1e9) + " s";
}

std::string readable_bytes(std::optional<std::uint64_t> bytes) {
  if (!bytes) return "unknown";
  const auto b = static_cast<double>(*bytes);
  constexpr double step = 1024;
  if (b < step) return fmt::format("{} B", *bytes);
  if (b < 999.5 * step) return three_digits(b / step) + " KiB";
  if (b < 999.5 * step * step) return three_digits(b / (step * step)) + " MiB";
  return three_digits(b / (step * step * step)) + " GiB";
}

std::string readable_count(std::uint64_t count) {
  std::string digits = fmt::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string readable_rate(double rate) {
  if (rate > 0 && rate < 9.95) return fmt::format("{:.1f}", rate);
  return readable_count(static_cast<std::uint64_t>(std::llround(std::max(rate, 0.0))));
}

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string lines;
  std::size_t used = 0;  // of the last line
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (used > 0 && used + 1 + word.size() > columns) {
      lines += '\n';
      used = 0;
    } else if (used > 0) {
      lines += ' ';
      ++used;
    }
    lines += word;
    used += word.size();
    at = end + 1;
    if (end < text.size() && text[end] == '\n') {
      lines += '\n';
      used = 0;
    }
  }
  return lines;
}

}  // namespace weir::bench
