// Alerts for programs: rules that several threads feed and read, whom they tell, and a timer that feeds them.
//
//   auto watch = std::make_shared<weir::alert_watch>(weir::alert_options{});
//   watch->on_change([](const weir::alert_event& e) { log(e.text); });
//   const weir::alert_timer each_second(kitchen, watch);
//
// Invariants: each change is told once to each callback, after the rules' lock was left, by the thread whose
// look found it. Two looks at the same moment by two threads may tell in either order. Thread-safety: all of
// it.
#pragma once

#include <weir/base/time.hpp>
#include <weir/observe/alert.hpp>
#include <weir/observe/figure_sources.hpp>
#include <weir/observe/readings.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

class alert_watch {
 public:
  using callback = std::function<void(const alert_event&)>;

  /// Throws std::invalid_argument with the message of `check`.
  explicit alert_watch(const alert_options& options = {}) : rules_(options) {}

  /// Also calls this at each change from now on. What it throws leaves feed() and finish(), and the callbacks
  /// after it miss that change.
  void on_change(callback);

  /// A look at the pool, which is always the same one, and at the breaker before it if there is one.
  void feed(const pool_snapshot&, std::optional<control::breaker_state> breaker = {},
            time_point now = clock::now());
  /// The pool ends: what is on ends with it.
  void finish(time_point now = clock::now());

  bool is_on(alert_kind) const;
  /// weir_alert of every kind.
  void show(readings& to, std::string_view pool) const;

 private:
  void tell(const std::vector<alert_event>&) const;

  mutable std::mutex mutex_;  // guards both
  alerts rules_;
  std::vector<std::shared_ptr<const callback>> callbacks_;
};

/// Feeds a watch with a pool's snapshots, on a thread of its own, from its constructor to its destructor,
/// which finishes the watch. The pool outlives it. A callback must not throw there: the program ends.
class alert_timer {
 public:
  /// `every`: 1 ms to 1 h, else std::invalid_argument. A short one costs one lock of the pool each time.
  template <class Pool>
  alert_timer(const Pool& pool, std::shared_ptr<alert_watch> watch, duration every = std::chrono::seconds(1))
      : alert_timer([&pool, watch] { watch->feed(pool.snapshot()); }, [watch] { watch->finish(); }, every) {}
  alert_timer(const alert_timer&) = delete;
  alert_timer& operator=(const alert_timer&) = delete;
  ~alert_timer();

 private:
  alert_timer(std::function<void()> look, std::function<void()> finish, duration every);
  void run(const std::stop_token&);

  const std::function<void()> look_;
  const std::function<void()> finish_;
  const duration every_;
  std::mutex mutex_;  // guards nothing; what a condition variable needs to be woken by a stop
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

/// A pool with its alerts: each collection also feeds the watch, so that a scrape every few seconds is timer
/// enough. The pool outlives the handle.
template <class Pool>
[[nodiscard]] figure_source add_figures(figure_sources& to, const Pool& pool,
                                        std::shared_ptr<alert_watch> watch) {
  return to.add(pool.snapshot().name, [&pool, watch](readings& all, std::string_view name) {
    const pool_snapshot shot = pool.snapshot();
    watch->feed(shot);
    all.add(name, shot);
    watch->show(all, name);
  });
}

}  // namespace weir
