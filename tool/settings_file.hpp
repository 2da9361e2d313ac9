// A configuration file (TOML, through toml++): what stands in it, and how a value is written into one.
//
// Which keys and values are right is not known here: settings.hpp holds them against a command's table. A
// file may hold keys at the top and in tables, one deep; what TOML has beside texts, numbers, booleans and
// lists of texts and numbers is reported as what no option can use. Thread-safety: pure functions but for
// reading the file.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tool {

/// A file longer than this is no configuration.
inline constexpr std::size_t most_settings_bytes = std::size_t{1} << 20;

/// A key with its value, or the head of a table.
struct file_entry {
  enum class kind {
    text,      ///< one value: a text, or a number as it is written on a command line
    boolean,   ///< `on`
    list,      ///< values
    unusable,  ///< `found` says what it is: "a date"
    table,     ///< no key: [run]
  };
  std::string table{};   ///< the table it stands in; empty: at the top
  std::string key{};     ///< as written, without quotes
  std::size_t line = 0;  ///< from 1
  kind what = kind::text;
  std::vector<std::string> values{};
  bool on = false;
  std::string found{};
};

/// The entries in the order of the file. What is no TOML is refused with "PATH:LINE: why". O(length).
io_result<std::vector<file_entry>> parse_settings(std::string_view text, const std::string& path);

/// The same of a file. One that cannot be read, or is too long, is refused.
io_result<std::vector<file_entry>> read_settings(const std::string& path);

/// "key = value" as parse_settings reads it back, on one line; several values become a list. None when TOML
/// cannot hold it: it is not UTF-8.
std::optional<std::string> setting_line(std::string_view key, std::span<const std::string> values);

/// The text with what a comment may not hold (control characters, bytes that are no UTF-8) as '?'.
std::string comment_text(std::string_view text);

}  // namespace weir::tool
