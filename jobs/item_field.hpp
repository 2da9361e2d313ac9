// A part of an item that says something about it: a word, or a value of a JSON object.
//
// A value type; thread-safe as a std::string is.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

/// The number that `text` is, digits and nothing else.
std::optional<std::size_t> whole_number(std::string_view text) noexcept;

class item_field {
 public:
  /// "2": the second word, words being separated by blanks. "$.user.id": a value of an item that is a JSON
  /// object (a number in the path is an index of an array too).
  static io_result<item_field> parse(std::string_view text);

  /// Whether `text` means a field at all: a number, or begins with "$".
  static bool is_field(std::string_view text) noexcept;

  /// The word, or the value as text (a string without its quotes). None: the item has not got it.
  std::optional<std::string> of(std::string_view item) const;

  /// As it was given.
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  std::size_t word_ = 0;             // from 1; 0: a path
  std::vector<std::string> path_{};  // names, outermost first
};

}  // namespace weir::jobs
