// The figures of one moment, as whoever shows them gets them.
//
// Invariant: a reading has one value for each label that its figure names, and a histogram where the figure
// is one. A value type; not thread-safe.
#pragma once

#include <weir/control/circuit_breaker.hpp>
#include <weir/observe/figures.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/stats.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

struct reading {
  figure what;
  std::vector<std::string> labels;  ///< values, as info(what).labels names them
  std::variant<double, histogram_snapshot> value;
};

class readings {
 public:
  /// Throws std::invalid_argument that names the figure when the labels are not as many as it has, or the
  /// value is not of its kind.
  void add(figure what, std::initializer_list<std::string_view> labels, double value);
  void add(figure what, std::initializer_list<std::string_view> labels, std::uint64_t value) {
    add(what, labels, static_cast<double>(value));
  }
  void add(figure what, std::initializer_list<std::string_view> labels, histogram_snapshot value);

  /// Whole sources at once; `pool` is the label.
  void add(std::string_view pool, const pool_snapshot&);
  void add(std::string_view pool, control::breaker_state);
  /// weir_build_info.
  void add_build_info();

  /// In the order in which they came.
  const std::vector<reading>& all() const noexcept { return all_; }

 private:
  void put(figure what, std::initializer_list<std::string_view> labels,
           std::variant<double, histogram_snapshot> value);

  std::vector<reading> all_;
};

}  // namespace weir
