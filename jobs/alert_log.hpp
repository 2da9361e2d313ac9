// The alerts of a run: looked at once a second, said when they start and end, and remembered while they are
// on.
//
// Invariant: what is said and what active() lists come from the same changes of the same rules. Thread-safe:
// the listener looks, administration reads.
#pragma once

#include <jobs/live_figures.hpp>
#include <weir/base/time.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/observe/alert_watch.hpp>
#include <weir/observe/readings.hpp>
#include <weir/observe/stats.hpp>

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

/// Whom the alerts are for.
enum class alert_reader : std::uint8_t {
  operator_watching,  ///< --metrics was given: all are said
  nobody,  ///< those are left out that are the everyday life of a run: a queue that `block` keeps full, jobs
           ///< that take long, and a breaker, which says itself what it does
};

class alert_log {
 public:
  /// `say` gets a line without a newline.
  alert_log(std::function<void(const std::string&)> say, alert_reader, bool blocks,
            const alert_options& = {});

  /// Whether the time for a look has come; true once for each time.
  bool is_due(time_point now) noexcept;
  time_point next() const noexcept { return next_; }

  void look(const pool_snapshot&, std::optional<control::breaker_state>, time_point now);
  /// The run is over: so are its alerts.
  void finish(time_point now) { watch_.finish(now); }

  std::vector<active_alert> active(time_point now) const;
  /// weir_alert of every kind.
  void show(readings& to, std::string_view pool) const { watch_.show(to, pool); }

  static constexpr duration every = std::chrono::seconds(1);

 private:
  void changed(const alert_event&);
  bool is_said(alert_kind) const noexcept;

  const std::function<void(const std::string&)> say_;
  const alert_reader reader_;
  const bool blocks_;
  time_point next_{};  // the listener's
  mutable std::mutex mutex_;
  std::array<std::optional<alert_event>, all_alerts.size()> on_;  // guarded; the event that started it
  alert_watch watch_;
};

}  // namespace weir::jobs
