#include <jobs/lane_rule.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
