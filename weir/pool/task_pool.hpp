// A pool of threads that run any callables.
//
//   weir::task_pool pool({.max_workers = 4, .queue_capacity = 64});
//   if (!pool.submit([] { tidy_up(); }, {.on_full = weir::overflow::reject()})) ...
//   auto answer = pool.async([] { return 6 * 7; });   // result<std::future<int>>
//
// The same machinery, rules and books as worker_pool. Thread-safety: all of it but construction and
// destruction.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/stats.hpp>
#include <weir/pool/detail/task_body.hpp>
#include <weir/pool/light_future.hpp>
#include <weir/pool/options.hpp>

#include <coroutine>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir {

class task_pool {
 public:
  /// An accepted task that will not run. `reason`: dropped (evicted by drop_oldest), expired, cancelled.
  struct lost {
    job_id id;
    errc reason;
    std::size_t lane;
  };

  /// `on_lost`: void(lost), once for each task lost after acceptance, by the thread that caused it, several
  /// at once, under no lock; must not throw, may submit only with overflow::reject(). Throws
  /// std::invalid_argument naming a bad option (results_capacity must be 0), std::system_error when no thread
  /// can be started.
  task_pool() : task_pool(pool_options{}) {}
  template <class L>
  task_pool(pool_options options, L on_lost)
      : body_(std::make_unique<detail::task_body_of<lost, L>>(std::move(options), std::move(on_lost))) {
    static_assert(std::is_invocable_v<L&, lost>, "weir: on_lost must be callable as void(lost)");
    body_->core.start();
  }
  task_pool(pool_options options) : task_pool(std::move(options), ignore{}) {}
  /// Neither copied nor moved. A const parameter could be made of {}, and task_pool({}) would be ambiguous.
  task_pool(task_pool&) = delete;
  task_pool& operator=(const task_pool&) = delete;
  /// Drains. From inside one of its own tasks: ends the program with a message.
  ~task_pool() { body_->core.shutdown(); }

  /// Fire and forget: F() or F(std::stop_token), whose token stops when the pool is cancelled. Moves from
  /// `function` only if it is accepted (an lvalue, or what may throw while it is moved, is copied first). An
  /// exception counts as failed and goes to the observer. Errors and exceptions as worker_pool::submit. A
  /// callable beyond 64 bytes costs an allocation.
  template <class F>
  [[nodiscard]] result<job_id> submit(F&& function, submit_options options = {}) {
    return offer<F>(function, [&](auto& task) { return body_->submit(task, options); });
  }

  /// As submit; the future has what the task returned or threw, or, when it was lost, a std::system_error
  /// with its errc.
  template <class F, class R = typename detail::task_result<std::decay_t<F>>::type>
  [[nodiscard]] result<std::future<R>> async(F&& function, submit_options options = {}) {
    return offer<F>(function, [&]<class Task>(Task& task) {
      return body_->template async<Task, R, std::promise<R>>(task, options);
    });
  }

  /// As async, for short tasks: a task and its future cost a tenth, and the future can less. See
  /// light_future.hpp.
  template <class F, class R = typename detail::task_result<std::decay_t<F>>::type>
  [[nodiscard]] result<light_future<R>> async_light(F&& function, submit_options options = {}) {
    return offer<F>(function, [&]<class Task>(Task& task) {
      return body_->template async<Task, R, detail::light_promise<R>>(task, options);
    });
  }

  /// Resumes the coroutine on a worker. A resumption is never lost: this thread does it when the queue is
  /// full or the pool closed, and whoever cancels the pool does those that wait.
  void post(std::coroutine_handle<> coroutine);

  /// As worker_pool.
  void close() { body_->core.close(); }
  [[nodiscard]] result<> drain(time_point deadline = never) { return body_->core.drain(deadline); }
  void cancel() { body_->core.cancel(); }
  void resize(std::size_t min_workers, std::size_t max_workers) {
    body_->core.resize(min_workers, max_workers);
  }
  void pause() { body_->core.pause(); }
  void resume() { body_->core.resume(); }
  [[nodiscard]] pool_stats stats() const { return body_->core.stats(); }
  [[nodiscard]] pool_snapshot snapshot() const { return body_->core.snapshot(); }
  [[nodiscard]] histogram_snapshot queue_wait() const { return body_->core.queue_wait(); }
  [[nodiscard]] histogram_snapshot run_time() const { return body_->core.run_time(); }
  [[nodiscard]] std::size_t queue_depth() const { return body_->core.queue_depth(); }
  [[nodiscard]] double queue_utilization() const { return body_->core.queue_utilization(); }

 private:
  struct ignore {
    void operator()(const lost&) const noexcept {}
  };

  /// Hands on, as an lvalue, what may be moved into the pool without a risk: the caller's own callable, or a
  /// copy.
  template <class F, class Take>
  static auto offer(std::remove_reference_t<F>& function, Take take) {
    using task = std::decay_t<F>;
    static_assert(std::is_invocable_v<task&> || detail::takes_stop_token<task>,
                  "weir: a task must be callable as F() or F(std::stop_token)");
    static_assert(std::is_nothrow_destructible_v<task>, "weir: a task's destructor must be noexcept");
    if constexpr (!std::is_nothrow_move_constructible_v<task>) {
      static_assert(std::is_constructible_v<task, const task&>,
                    "weir: a task that cannot be copied must have a noexcept move constructor; capture a "
                    "std::unique_ptr instead");
      detail::boxed_task<task> copy{std::make_unique<task>(std::as_const(function))};
      return take(copy);
    } else if constexpr (std::is_lvalue_reference_v<F> || std::is_const_v<F>) {
      task copy(function);
      return take(copy);
    } else {
      return take(function);
    }
  }

  std::unique_ptr<detail::task_body> body_;
};

}  // namespace weir
