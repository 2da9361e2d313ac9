// Several tasks at once: all of them, or the first of them.
//
//   auto both = weir::when_all(fetch(a), fetch(b));
//   auto [x, y] = co_await both;
//
// On a scheduler of weir the tasks are put into the worker's run queue, so that others can take them;
// elsewhere each runs on this thread until it first waits. The one who awaits is resumed by the last task
// that ends.
//
// Invariants: `left_` counts the tasks that have not ended, and the one who awaits until it is ready to
// wait; who brings it to 0 resumes it. Orders: the decrements are acquire-release, so the last one sees what
// all tasks did. Thread-safety: an operation belongs to its coroutine; it must be awaited once or not at all.
#pragma once

#include <weir/exec/coroutine.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir {

namespace detail {

template <class T>
using result_of_task = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
result_of_task<T> take_result(const task<T>& t) {
  if constexpr (std::is_void_v<T>) {
    task_access::frame(t).promise().take();
    return {};
  } else {
    return task_access::frame(t).promise().take();
  }
}

/// Starts a set of tasks and waits for the end of all.
template <class... T>
class task_set {
 public:
  static constexpr std::size_t none = sizeof...(T);

  explicit task_set(task<T>&&... tasks) noexcept : tasks_(std::move(tasks)...) {}
  task_set(const task_set&) = delete;
  task_set& operator=(const task_set&) = delete;

 protected:
  ~task_set() = default;

  /// What a task does when it is the first to end (`any`), or the first to fail.
  enum class watch_for { failure, any };

  /// True: the coroutine stays suspended. `asked`: whom the first one asks to stop, or null.
  template <class Promise>
  bool start(std::coroutine_handle<Promise> parent, const std::stop_token* stop, watch_for what,
             std::stop_source* asked) {
    parent_ = parent;
    what_ = what;
    asked_ = asked;
    task_surroundings around = surroundings_of(parent);
    if (stop != nullptr) around.stop = stop;
    std::size_t number = 0;
    std::apply([&](auto&... t) { (prepare(t, number++, around), ...); }, tasks_);
    std::apply([&](auto&... t) { (around.executor.start(task_access::frame(t)), ...); }, tasks_);
    return left_.fetch_sub(1, std::memory_order_acq_rel) != 1;
  }

  std::tuple<task<T>...> tasks_;
  std::atomic<std::size_t> first_{none};  // relaxed: read after the last decrement of left_

 private:
  struct place {
    task_set* set;
    std::size_t number;
  };

  template <class U>
  void prepare(task<U>& t, std::size_t number, const task_surroundings& around) noexcept {
    places_[number] = {this, number};
    task_access::frame(t).promise().start_with({&task_set::template ended<U>, &places_[number]}, around);
  }

  template <class U>
  static std::coroutine_handle<> ended(void* context, task_promise_base& base) noexcept {
    const auto [set, number] = *static_cast<place*>(context);
    const bool failed = static_cast<task_promise<U>&>(base).failure() != nullptr;
    if (set->what_ == watch_for::any || failed) {
      std::size_t expected = none;
      if (set->first_.compare_exchange_strong(expected, number, std::memory_order_relaxed) &&
          set->asked_ != nullptr) {
        set->asked_->request_stop();  // before the decrement: the source is still there
      }
    }
    if (set->left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return std::noop_coroutine();
    return set->parent_;
  }

  std::coroutine_handle<> parent_;
  watch_for what_ = watch_for::failure;
  std::stop_source* asked_ = nullptr;
  std::atomic<std::size_t> left_{sizeof...(T) + 1};
  place places_[sizeof...(T) + 1];  // one more than needed: an array has at least one
};

template <class... T>
class [[nodiscard]] when_all_operation : private task_set<T...> {
  using base = task_set<T...>;

 public:
  explicit when_all_operation(task<T>&&... tasks) noexcept : base(std::move(tasks)...) {}

  bool await_ready() const noexcept { return sizeof...(T) == 0; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    return base::start(parent, nullptr, base::watch_for::failure, nullptr);
  }
  std::tuple<result_of_task<T>...> await_resume() {
    rethrow_first(std::index_sequence_for<T...>());
    return std::apply([](auto&... t) { return std::tuple<result_of_task<T>...>{take_result(t)...}; },
                      this->tasks_);
  }

 private:
  template <std::size_t... I>
  void rethrow_first(std::index_sequence<I...>) {
    const std::size_t first = this->first_.load(std::memory_order_relaxed);
    (static_cast<void>(I == first && (take_result(std::get<I>(this->tasks_)), true)), ...);
  }
};

template <class... T>
class [[nodiscard]] when_any_operation : private task_set<T...> {
  using base = task_set<T...>;

 public:
  explicit when_any_operation(task<T>&&... tasks) : base(std::move(tasks)...), token_(stop_.get_token()) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> parent) {
    std::stop_token outer = stop_token_of(parent);
    if (outer.stop_possible()) on_outer_stop_.emplace(std::move(outer), asker{stop_});
    return base::start(parent, &token_, base::watch_for::any, &stop_);
  }
  std::variant<result_of_task<T>...> await_resume() {
    on_outer_stop_.reset();
    std::optional<std::variant<result_of_task<T>...>> first;
    take_first(first, std::index_sequence_for<T...>());
    return std::move(*first);
  }

 private:
  struct asker {
    std::stop_source stop;  // of its own: what it wakes may end the operation
    void operator()() { stop.request_stop(); }
  };
  template <std::size_t... I>
  void take_first(std::optional<std::variant<result_of_task<T>...>>& into, std::index_sequence<I...>) {
    const std::size_t first = this->first_.load(std::memory_order_relaxed);
    (static_cast<void>(I == first &&
                       (into.emplace(std::in_place_index<I>, take_result(std::get<I>(this->tasks_))), true)),
     ...);
  }

  std::stop_source stop_;
  std::stop_token token_;
  std::optional<std::stop_callback<asker>> on_outer_stop_;
};

}  // namespace detail

/// co_await gives a std::tuple of the results (void: std::monostate) when all have ended; then the exception
/// that came first, if there was one, is thrown, and the others are dropped.
template <class... T>
[[nodiscard]] auto when_all(task<T>... tasks) {
  return detail::when_all_operation<T...>(std::move(tasks)...);
}

/// co_await gives a std::variant of the results (void: std::monostate) that holds that of the first task to
/// end, or throws its exception. The others are asked to stop, which ends their waits inside weir as
/// cancelled, and are waited for; what becomes of them is dropped.
template <class... T>
  requires(sizeof...(T) > 0)
[[nodiscard]] auto when_any(task<T>... tasks) {
  return detail::when_any_operation<T...>(std::move(tasks)...);
}

}  // namespace weir
