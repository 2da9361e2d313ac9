// Which lane an item goes to: by a field that holds the lane's number, or by the first expression it matches.
//
// Invariant: lane_of answers below lanes(); what says nothing goes to the last lane, the least important one.
// A value type; lane_of may be called by several threads at once.
#pragma once

#include <jobs/item.hpp>
#include <jobs/item_field.hpp>
#include <weir/base/error.hpp>

#include <regex.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

/// The most lanes a run can have: a lower lane gets 1 job in this many at the least.
inline constexpr std::size_t most_lanes = 64;

class lane_rule {
 public:
  /// Adds what one --lane says: "2" or "$.priority" (a field), or "REGEX=LANE,...": POSIX extended
  /// expressions, tried in the order given; a comma ends one only after "=NUMBER". A field and expressions
  /// exclude each other.
  io_result<> add(std::string_view text);

  /// What --lanes says: 1 to most_lanes.
  void set_lanes(std::size_t lanes) noexcept { lanes_ = lanes; }

  /// Whether there is a rule.
  explicit operator bool() const noexcept { return field_ || !expressions_.empty(); }

  /// Names a rule whose lane does not exist under --lanes; or nothing.
  io_result<> check() const;

  /// --lanes; without it 10 for a field, one more than the expressions name for the rest otherwise, 1 without
  /// a rule.
  std::size_t lanes() const noexcept;

  /// The most important one of the batch's items. O(bytes).
  std::size_t lane_of(const item_batch&) const;

 private:
  struct expression {
    std::string text;
    std::shared_ptr<const regex_t> compiled;
    std::size_t lane;
  };

  io_result<> add_expression(std::string_view rule);
  std::size_t lane_of(std::string_view item) const;

  std::optional<item_field> field_{};
  std::vector<expression> expressions_{};
  std::optional<std::size_t> lanes_{};
};

}  // namespace weir::jobs
