// What a scene plays on: text, time to read it, and floods drawn while they run.
//
// Invariant: every call ends soon after a signal, by throwing interrupted. Thread-safety: one thread.
#pragma once

#include <bench/harness/flood.hpp>
#include <tool/demo/interrupts.hpp>
#include <tool/demo/terminal.hpp>
#include <weir/base/time.hpp>

#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace weir::tool::demo {

enum class pace {
  full,  ///< floods of 5 s, and on a terminal time to read
  fast,  ///< floods of 1 s, one after the other
};

class stage {
 public:
  stage(terminal&, pace);

  terminal& screen() noexcept { return terminal_; }
  demo::pace pace() const noexcept { return pace_; }

  /// A headline: "block: please wait". `rest` may be empty.
  void title(std::string_view name, std::string_view rest);

  /// Prints a text, broken into lines that fit, and a newline.
  void say(std::string_view text);

  /// Prints lines as they are: a table, code. Adds the last newline where it is missing.
  void show(std::string_view lines);

  /// Throws interrupted when there was a signal: for scenes that wait for something of their own.
  void check() const { interrupts_.check(); }

  /// Time to read what was said: on a terminal and at full pace.
  void pause(weir::duration);

  /// Plays the flood under the strategy of that name, which exists, draws it, and keeps its result for the
  /// table. The reference is good until the next flood.
  const weir::bench::flood_result& flood(std::string_view strategy);

  /// What all floods share. Measures the machine at the first call.
  const weir::bench::flood_options& options();

  /// The results so far, in the order played.
  std::span<const weir::bench::flood_result> results() const noexcept { return results_; }

 private:
  void draw_rows(const weir::bench::flood_sample&, const weir::bench::strategy&);
  void draw_panel(const weir::bench::flood_sample&, const weir::bench::strategy&);

  terminal& terminal_;
  demo::pace pace_;
  interrupts interrupts_;
  std::optional<weir::bench::flood_options> options_;
  std::vector<weir::bench::flood_result> results_;
  weir::duration next_drawing_{};  // into the flood that runs
};

}  // namespace weir::tool::demo
