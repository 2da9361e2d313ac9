// What one job is given: an item, or with -n several.
//
// Invariant: `bytes` holds each item followed by a NUL, so that an item is an argument without being copied;
// ends[i] is where the NUL of item i stands. A value type; moving it throws nothing, as a pool's job must.
#pragma once

#include <weir/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

/// Why an item cannot be given to a command.
enum class item_fault : std::uint8_t {
  none,
  holds_nul,  ///< an argument ends at the first NUL
  too_long,   ///< above longest_item; the rest was read and thrown away
};

/// An item as part of a message: at most 60 bytes, and on one line.
inline std::string printable(std::string_view item) {
  constexpr std::size_t longest = 60;
  std::string text(item.substr(0, longest));
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return item.size() > longest ? text + "..." : text;
}

/// Bytes that are kept of one item: the longest argument Linux takes is this with its NUL (execve(2)).
inline constexpr std::size_t longest_item = std::size_t{128} << 10;

struct item_batch {
  std::uint64_t seq = 0;    ///< from 1, in the order of the input
  std::uint64_t first = 0;  ///< number of its first item, from 1
  std::string bytes{};
  std::vector<std::uint32_t> ends{};
  item_fault fault = item_fault::none;  ///< of the first item that has one
  std::size_t lane = 0;                 ///< its priority; 0 is the most important
  time_point arrived{};                 ///< when it had been read
  time_point deadline = never;          ///< it does not start after this
  bool from_store = false;              ///< comes from the spill store, which has it until it has ended

  std::size_t size() const noexcept { return ends.size(); }
  bool empty() const noexcept { return ends.empty(); }

  std::string_view operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1] + 1;
    return {bytes.data() + begin, ends[i] - begin};
  }

  /// Bytes of the items: what --queue-bytes counts.
  std::uint64_t cost() const noexcept { return bytes.size() - ends.size(); }

  /// Ends the item whose bytes were appended last.
  void end_item() {
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
    bytes.push_back('\0');
  }

  void push(std::string_view item) {
    bytes.append(item);
    end_item();
  }

  void pop() noexcept {
    ends.pop_back();
    bytes.resize(ends.empty() ? 0 : ends.back() + 1);
  }

  void clear() noexcept {
    bytes.clear();
    ends.clear();
    fault = item_fault::none;
  }

  /// The items joined by a space: WEIR_ITEM, the tag, `{}` inside a word.
  std::string joined() const {
    if (ends.empty()) return {};
    std::string text(bytes, 0, bytes.size() - 1);
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) text[ends[i]] = ' ';
    return text;
  }
};

}  // namespace weir::jobs
