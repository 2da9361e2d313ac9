#include <jobs/item_field.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::optional<std::string> word_of(std::string_view item, std::size_t number) {
  for (;;) {
    const std::size_t begin = item.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return std::nullopt;
    item.remove_prefix(begin);
    const std::size_t end = std::min(item.find_first_of(blanks), item.size());
    if (--number == 0) return std::string(item.substr(0, end));
    item.remove_prefix(end);
  }
}

const nlohmann::json* inside(const nlohmann::json& value, const std::string& name) {
  if (value.is_object()) {
    const auto found = value.find(name);
    return found == value.end() ? nullptr : &*found;
  }
  const auto index = value.is_array() ? whole_number(name) : std::nullopt;
  return index && *index < value.size() ? &value[*index] : nullptr;
}

}  // namespace

std::optional<std::size_t> whole_number(std::string_view text) noexcept {
  std::size_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

bool item_field::is_field(std::string_view text) noexcept {
  return text.starts_with('$') || whole_number(text);
}

io_result<item_field> item_field::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return std::unexpected(error(
        std::errc::invalid_argument,
        fmt::format("'{}' {}; use the number of a word, such as 2, or $.user.id for JSON items", text, why)));
  };
  item_field field;
  field.name_ = text;
  if (const auto number = whole_number(text)) {
    if (*number == 0) return refuse("is no field: words count from 1");
    field.word_ = *number;
    return field;
  }
  if (!text.starts_with("$.")) return refuse("is no field");
  for (std::string_view rest = text.substr(2);;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    if (dot == 0) return refuse("has an empty name in its path");
    field.path_.emplace_back(rest.substr(0, dot));
    if (dot == rest.size()) return field;
    rest.remove_prefix(dot + 1);
  }
}

std::optional<std::string> item_field::of(std::string_view item) const {
  if (word_ > 0) return word_of(item, word_);
  const nlohmann::json object = nlohmann::json::parse(item, nullptr, false);
  const nlohmann::json* value = object.is_discarded() ? nullptr : &object;
  for (const std::string& name : path_)
    if (value) value = inside(*value, name);
  if (!value || value->is_null()) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  return value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace weir::jobs
