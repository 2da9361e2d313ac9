#include <jobs/control_options.hpp>
#include <jobs/run_options.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::string_view right_backoff = "use 10ms..1s, or 10ms..1s,jitter=full";
constexpr std::string_view right_breaker = "use 50%/20,reset=30s";

std::unexpected<error> refuse(std::string_view text, std::string_view why, std::string_view right) {
  return std::unexpected(error(std::errc::invalid_argument, fmt::format("'{}': {}; {}", text, why, right)));
}

// What stands before and after the first `separator`; the second is none when there is no separator.
std::pair<std::string_view, std::optional<std::string_view>> cut(std::string_view text,
                                                                 std::string_view separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + separator.size())};
}

std::optional<control::jitter> jitter_of(std::string_view text) {
  using control::jitter;
  constexpr std::array<std::pair<std::string_view, jitter>, 4> names{
      {{"jitter=none", jitter::none},
       {"jitter=full", jitter::full},
       {"jitter=equal", jitter::equal},
       {"jitter=decorrelated", jitter::decorrelated}}};
  const auto* found = std::ranges::find(names, text, &std::pair<std::string_view, jitter>::first);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

io_result<control::backoff_options> parse_backoff(std::string_view text) {
  const auto [range, spread] = cut(text, ",");
  const auto [from, to] = cut(range, "..");
  const auto initial = parse_duration(from);
  if (!initial) return refuse(text, initial.error().detail, right_backoff);
  const auto cap = to ? parse_duration(*to) : initial;
  if (!cap) return refuse(text, cap.error().detail, right_backoff);
  control::backoff_options o{.initial = *initial, .cap = *cap};
  if (spread) {
    const auto jitter = jitter_of(*spread);
    if (!jitter)
      return refuse(text, fmt::format("'{}' is not one of jitter=none, full, equal, decorrelated", *spread),
                    right_backoff);
    o.jitter = *jitter;
  }
  if (o.initial <= duration::zero()) return refuse(text, "the first wait is no time at all", right_backoff);
  if (o.cap < o.initial) return refuse(text, "the longest wait is below the first", right_backoff);
  return o;
}

io_result<control::retry_budget_options> parse_retry_budget(std::string_view text) {
  const auto share = parse_share(text);
  if (!share) return std::unexpected(share.error());
  const control::retry_budget_options o{
      .window = std::chrono::seconds(60), .min_per_second = 0, .ratio = *share};
  if (check(o)) return refuse(text, "is more than a thousand repeated attempts a job", "use 10%");
  return o;
}

io_result<control::circuit_breaker_options> parse_breaker(std::string_view text) {
  control::circuit_breaker_options o{.mode = control::breaker_mode::count_window};
  const auto [judged, rest] = cut(text, ",");
  const auto [share_text, least] = cut(judged, "/");
  const auto share = parse_share(share_text);
  if (!share) return refuse(text, share.error().detail, right_breaker);
  o.failure_rate = *share;
  if (*share <= 0 || *share > 1)
    return refuse(text, "the share of failures is not above 0% and at most 100%", right_breaker);
  if (least) {
    const auto calls = parse_count(*least, 1, "20");
    if (!calls) return refuse(text, calls.error().detail, right_breaker);
    if (*calls > 1'000'000) return refuse(text, "more than 1000000 attempts to judge by", right_breaker);
    o.minimum_calls = static_cast<std::int64_t>(*calls);
    o.window_calls = std::max(o.window_calls, o.minimum_calls);
  }
  if (!rest) return o;
  constexpr std::string_view reset = "reset=";
  if (!rest->starts_with(reset))
    return refuse(text, fmt::format("'{}' is no reset=TIME", *rest), right_breaker);
  const auto time = parse_duration(rest->substr(reset.size()));
  if (!time) return refuse(text, time.error().detail, right_breaker);
  if (*time <= duration::zero()) return refuse(text, "the reset time is no time at all", right_breaker);
  o.reset_timeout = *time;
  return o;
}

io_result<limit_choice> parse_limit(std::string_view text) {
  if (text == "adaptive") return limit_choice{.adaptive = true};
  const auto n = parse_count(text, 1, "8");
  if (!n || *n > most_workers)
    return refuse(text, fmt::format("is not a whole number from 1 to {}", most_workers),
                  "use 8, say, or adaptive");
  return limit_choice{.most = static_cast<std::int64_t>(*n)};
}

}  // namespace weir::jobs
