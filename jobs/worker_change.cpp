#include <jobs/worker_change.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace weir::jobs {

namespace {

constexpr auto most = static_cast<std::int64_t>(most_workers);

// A whole number of workers, from 1 on.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t n = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, ec] = std::from_chars(text.data(), end, n);
  if (ec != std::errc() || stopped != end || n < 1 || n > most) return std::nullopt;
  return n;
}

std::optional<worker_change> read(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) {
    const auto n = number(text.substr(1));
    if (!n) return std::nullopt;
    return worker_change{.by = text.front() == '+' ? *n : -*n};
  }
  const std::size_t dots = text.find("..");
  const auto upper = number(dots == std::string_view::npos ? text : text.substr(dots + 2));
  const auto lower = number(text.substr(0, dots));
  if (!lower || !upper || *lower > *upper) return std::nullopt;
  return worker_change{.to = {static_cast<std::size_t>(*lower), static_cast<std::size_t>(*upper)}};
}

}  // namespace

io_result<worker_change> parse_worker_change(std::string_view text) {
  if (const auto change = read(text)) return *change;
  return std::unexpected(error(
      std::errc::invalid_argument,
      fmt::format("'{}' is no number of workers; use 8, 2..8, +1 or -1, at most {}", text, most_workers)));
}

worker_span changed(worker_span now, const worker_change& change) noexcept {
  if (change.by == 0) return change.to;
  const std::int64_t wanted = static_cast<std::int64_t>(now.most) + change.by;
  const auto upper = static_cast<std::size_t>(std::clamp<std::int64_t>(wanted, 1, most));
  return {now.least == now.most ? upper : std::min(now.least, upper), upper};
}

}  // namespace weir::jobs
