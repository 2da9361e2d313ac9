#include <jobs/lane_rule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::size_t lanes_of_a_field = 10;  // a digit

std::unexpected<error> refuse(std::string detail) {
  return std::unexpected(error(std::errc::invalid_argument, std::move(detail)));
}

// Where the rule at the front ends: at the first comma after "=NUMBER", or with the text.
std::size_t end_of_rule(std::string_view text) {
  for (std::size_t comma = text.find(','); comma != std::string_view::npos;
       comma = text.find(',', comma + 1)) {
    const std::string_view rule = text.substr(0, comma);
    const std::size_t equals = rule.rfind('=');
    if (equals != std::string_view::npos && whole_number(rule.substr(equals + 1))) return comma;
  }
  return text.size();
}

constexpr std::uint64_t most_states = 2000;

// Behind a '[': where the bracket expression ends, behind its ']'.
std::size_t end_of_brackets(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '^') ++at;
  if (at < text.size() && text[at] == ']') ++at;
  while (at < text.size() && text[at] != ']') {
    const std::string_view rest = text.substr(at);
    const bool named = rest.starts_with("[:") || rest.starts_with("[.") || rest.starts_with("[=");
    const std::size_t end = named ? rest.find(std::string({rest[1], ']'}), 2) : std::string_view::npos;
    at += end == std::string_view::npos ? 1 : end + 2;
  }
  return std::min(at + 1, text.size());
}

// The largest of the numbers between braces, 1 at the least; `at` is behind the '{', and then behind the '}'.
std::uint64_t times_between_braces(std::string_view text, std::size_t& at) {
  std::uint64_t most = 1;
  std::uint64_t number = 0;
  for (; at < text.size() && text[at] != '}'; ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    number = digit ? std::min(number * 10 + static_cast<unsigned char>(text[at] - '0'), most_states + 1) : 0;
    most = std::max(most, number);
  }
  at = std::min(at + 1, text.size());
  return most;
}

// How many states the C library makes of an extended expression, about; nothing above most_states. It copies
// what is repeated, x+ as xx*, so repetitions of repetitions multiply, and would take all memory.
bool has_too_many_states(std::string_view text) {
  struct group {
    std::uint64_t all = 0;
    std::uint64_t last = 0;  // what a repetition repeats
  };
  std::vector<group> open(1);
  const auto add = [&](std::uint64_t states) { open.back() = {open.back().all + states, states}; };
  const auto repeat = [&](std::uint64_t times) {
    open.back().all += open.back().last * (times - 1);
    open.back().last *= times;
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '(') {
      open.emplace_back();
    } else if (c == ')' && open.size() > 1) {
      const std::uint64_t inside = open.back().all;
      open.pop_back();
      add(inside + 1);
    } else if (c == '+') {
      repeat(2);
    } else if (c == '{') {
      repeat(times_between_braces(text, at));
    } else if (c != '*' && c != '?') {
      if (c == '[') at = end_of_brackets(text, at);
      if (c == '\\') at = std::min(at + 1, text.size());
      add(1);
    }
    if (open.back().all > most_states) return true;
  }
  return false;
}

}  // namespace

io_result<> lane_rule::add(std::string_view text) {
  if (item_field::is_field(text)) {
    auto field = item_field::parse(text);
    if (!field) return std::unexpected(field.error());
    if (*this) return refuse(fmt::format("'{}' is a second rule beside a field; give one field alone", text));
    field_ = std::move(*field);
    return {};
  }
  if (field_)
    return refuse(fmt::format("'{}' stands beside field {}; give one of the two", text, field_->name()));
  for (;;) {
    const std::size_t end = end_of_rule(text);
    if (const auto added = add_expression(text.substr(0, end)); !added) return added;
    if (end == text.size()) return {};
    text.remove_prefix(end + 1);
  }
}

io_result<> lane_rule::add_expression(std::string_view rule) {
  const std::size_t equals = rule.rfind('=');
  const auto lane = equals == std::string_view::npos ? std::nullopt : whole_number(rule.substr(equals + 1));
  if (!lane || equals == 0)
    return refuse(
        fmt::format("'{}' is no lane; use the number of a word, $.priority, or urgent=0,batch=1", rule));
  if (*lane >= most_lanes)
    return refuse(fmt::format("'{}': there are at most {} lanes, 0 to {}; use {}=1, say", rule, most_lanes,
                              most_lanes - 1, rule.substr(0, equals)));
  const std::string text(rule.substr(0, equals));
  if (has_too_many_states(text))
    return refuse(
        fmt::format("'{}' repeats too much (+ counts twice, {{n}} n times, and within each other they "
                    "multiply: over {} in all); use fewer, * instead of +, or several expressions",
                    text, most_states));
  const std::shared_ptr<regex_t> made(new regex_t{}, [](regex_t* r) {
    ::regfree(r);
    delete r;
  });
  if (const int code = ::regcomp(made.get(), text.c_str(), REG_EXTENDED | REG_NOSUB); code != 0) {
    std::array<char, 128> why{};
    ::regerror(code, made.get(), why.data(), why.size());
    return refuse(
        fmt::format("'{}' is no extended regular expression ({}); use ^urgent=0, say", text, why.data()));
  }
  expressions_.push_back({text, made, *lane});
  return {};
}

std::size_t lane_rule::lanes() const noexcept {
  if (lanes_) return *lanes_;
  if (field_) return lanes_of_a_field;
  if (expressions_.empty()) return 1;
  std::size_t named = 0;
  for (const expression& e : expressions_) named = std::max(named, e.lane + 1);
  return std::min(named + 1, most_lanes);
}

io_result<> lane_rule::check() const {
  for (const expression& e : expressions_)
    if (lanes_ && e.lane >= *lanes_)
      return refuse(fmt::format("lane {} of '{}={}' does not exist: --lanes {} are 0 to {}; use --lanes {}",
                                e.lane, e.text, e.lane, *lanes_, *lanes_ - 1, e.lane + 1));
  return {};
}

std::size_t lane_rule::lane_of(std::string_view item) const {
  const std::size_t last = lanes() - 1;
  if (field_) {
    const auto text = field_->of(item);
    const auto lane = text ? whole_number(*text) : std::nullopt;
    return lane ? std::min(*lane, last) : last;
  }
  for (const expression& e : expressions_)
    if (::regexec(e.compiled.get(), item.data(), 0, nullptr, 0) == 0)
      return e.lane;  // each item ends with a NUL
  return last;
}

std::size_t lane_rule::lane_of(const item_batch& batch) const {
  std::size_t lane = lanes() - 1;
  for (std::size_t i = 0; i < batch.size() && lane > 0; ++i) lane = std::min(lane, lane_of(batch[i]));
  return lane;
}

}  // namespace weir::jobs
