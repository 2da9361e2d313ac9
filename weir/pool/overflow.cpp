#include <weir/base/units.hpp>
#include <weir/pool/overflow.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace weir {

namespace {

constexpr std::string_view timeout_name = "timeout";

// Those without an argument.
constexpr std::array<std::pair<std::string_view, overflow>, 7> plain{{
    {"block", overflow::block()},
    {"reject", overflow::reject()},
    {"drop_newest", overflow::drop_newest()},
    {"drop_oldest", overflow::drop_oldest()},
    {"caller_runs", overflow::caller_runs()},
    {"evict_lower", overflow::evict_lower()},
    {"spill", overflow::spill()},
}};

// `why` names the text.
std::unexpected<error> refused(std::string_view why) {
  return std::unexpected(error(std::errc::invalid_argument,
                               fmt::format("{}; use block, timeout:50ms, reject, drop_newest, drop_oldest, "
                                           "caller_runs, evict_lower or spill",
                                           why)));
}

io_result<overflow> parse_timeout(std::string_view text, std::string_view wait) {
  const io_result<duration> read = parse_duration(wait);
  if (!read) return refused(fmt::format("overflow policy '{}': {}", text, read.error().detail));
  return overflow::timeout(*read);
}

}  // namespace

io_result<overflow> overflow::parse(std::string_view text) {
  for (const auto& [name, policy] : plain) {
    if (text == name) return policy;
    if (text.starts_with(name) && text.substr(name.size()).starts_with(':'))
      return refused(fmt::format("overflow policy '{}': '{}' takes no value", text, name));
  }
  if (text == timeout_name) return refused(fmt::format("overflow policy '{}' needs how long to wait", text));
  if (text.starts_with(timeout_name) && text[timeout_name.size()] == ':')
    return parse_timeout(text, text.substr(timeout_name.size() + 1));
  return refused(fmt::format("unknown overflow policy '{}'", text));
}

std::string overflow::to_string() const {
  for (const auto& [name, policy] : plain)
    if (policy == *this) return std::string(name);
  return fmt::format("{}:{}", timeout_name, weir::to_string(wait_));
}

}  // namespace weir
