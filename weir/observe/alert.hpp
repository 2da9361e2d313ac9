// When somebody should look: rules over the snapshots of a pool, each of which says when it starts and ends.
//
//   weir::alerts rules;
//   for (const weir::alert_event& e : rules.observe(weir::clock::now(), kitchen.snapshot())) log(e.text);
//
// Invariants: of each kind, started and ended alternate, beginning with started; none starts before its cause
// has been there, in every snapshot, for as long as the options say. A cause that comes and goes more quickly
// neither starts an alert nor ends one. A value type: the time comes in, a decision goes out; no clock,
// thread or lock; not thread-safe (alert_watch.hpp is).
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/observe/alert_hold.hpp>
#include <weir/observe/stats.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class alert_kind : std::uint8_t {
  utilization,      ///< the queue is nearly full, and stays so
  unexpected_loss,  ///< jobs were lost in a way that no policy allows and nobody asked for
  breaker_open,     ///< calls are refused; half open counts as open until it closes
  spill,            ///< the store on disk is nearly full
  no_progress,      ///< jobs wait and none ends
};

inline constexpr std::array all_alerts{alert_kind::utilization, alert_kind::unexpected_loss,
                                       alert_kind::breaker_open, alert_kind::spill, alert_kind::no_progress};

/// As written above: "no_progress"; the label `name` of weir_alert.
std::string_view name(alert_kind) noexcept;

struct alert_options {
  double utilization = 0.8;                              ///< starts above; in [0, 1]
  duration utilization_for = std::chrono::seconds(5);    ///< and has to be so for; at least 0
  double spill = 0.8;                                    ///< starts above, at once; in [0, 1]
  duration no_progress_for = std::chrono::seconds(30);   ///< no job ended while some wait; at least 0
  duration clear_after = std::chrono::seconds(5);        ///< utilization and spill end then; at least 0
  duration loss_clear_after = std::chrono::seconds(30);  ///< without a further loss; at least 0
  loss_set also_expected{};                              ///< beside pool_snapshot::expected
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const alert_options&);

enum class alert_change : std::uint8_t { started, ended };

struct alert_event {
  alert_kind kind;
  alert_change change;
  time_point at;
  duration lasted;  ///< started: how long the cause had been there; ended: how long the alert was on
  double value;  ///< at this moment: utilization, spill: the share; unexpected_loss: jobs lost by this alert;
                 ///< no_progress: jobs that wait; breaker_open: 1 or 0
  std::string text;  ///< one line: what happened, the numbers, and what to do
};

class alerts {
 public:
  /// Throws std::invalid_argument with the message of `check`.
  explicit alerts(const alert_options& = {});

  /// What one look at a pool, and at the breaker before it if there is one, has started or ended. Times
  /// before the latest count as that. Losses before the first look count as found by it. O(1).
  std::vector<alert_event> observe(time_point now, const pool_snapshot&,
                                   std::optional<control::breaker_state> breaker = {});

  /// The pool ends: so does what is on.
  std::vector<alert_event> finish(time_point now);

  bool is_on(alert_kind kind) const noexcept { return of(kind).on(); }

 private:
  /// What the rules look at.
  struct moment {
    std::string pool{};
    pool_stats stats{};
    std::uint64_t capacity = 0;
    std::uint64_t max_cost = unlimited;
    double utilization = 0;
    std::optional<spill_snapshot> spill{};
    std::optional<control::breaker_state> breaker{};
    bool lost = false;      // unexpectedly, since the look before
    bool progress = false;  // since the look before, or nothing waits
  };

  alert_hold& of(alert_kind kind) noexcept { return holds_[static_cast<std::size_t>(kind)]; }
  const alert_hold& of(alert_kind kind) const noexcept { return holds_[static_cast<std::size_t>(kind)]; }
  bool note_losses(const pool_snapshot&) noexcept;
  bool cause_of(alert_kind) const noexcept;
  double value_of(alert_kind) const noexcept;
  std::uint64_t waiting() const noexcept { return seen_.stats.queued + seen_.stats.spilled; }
  std::uint64_t lost_here() const noexcept;
  std::string what_fills() const;
  std::string what_was_lost() const;
  std::string where_spilling_ends() const;
  std::string text_of_start(alert_kind) const;
  std::string text_of_end(alert_kind) const;

  alert_options options_;
  std::array<alert_hold, all_alerts.size()> holds_;
  time_point now_ = time_point::min();
  moment seen_{};                                              // by the last look
  std::array<std::uint64_t, all_losses.size()> unexpected_{};  // of each kind, in this alert
};

}  // namespace weir
