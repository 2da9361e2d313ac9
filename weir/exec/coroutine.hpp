// task<T>: a coroutine that starts when it is awaited, and gives its result to the one who awaits it.
//
//   weir::task<int> answer() { co_return 42; }
//   weir::task<> asks() { int a = co_await answer(); ... }
//
// A task goes on where the coroutine that awaits it does: on its scheduler, or on what its promise gives as
// get_executor(). It also inherits a stop token (when.hpp, scope.hpp): whatever it waits for inside weir ends
// with errc::cancelled when that token is asked to stop.
//
// Invariants: the frame belongs to the task object until it is given away (release()). A task is started
// once. When it ends, its `completion` says what runs next; control goes there without growing the stack.
// Thread-safety: a task belongs to one thread at a time, but for its coroutine, which may change threads
// whenever it waits.
#pragma once

#include <weir/exec/executor_ref.hpp>

#include <cassert>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir {

template <class T = void>
class task;

namespace detail {

class task_promise_base;
struct task_access;

/// What happens when a task has ended and is suspended for good: called once, may destroy its frame, returns
/// who runs next.
struct completion {
  std::coroutine_handle<> (*function)(void* context, task_promise_base& ended) noexcept = nullptr;
  void* context = nullptr;
};

/// What a task gets from who starts it.
struct task_surroundings {
  executor_ref executor;
  const std::stop_token* stop = nullptr;  // null: cannot be asked to stop
};

class task_promise_base {
 public:
  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
      task_promise_base& p = h.promise();
      return p.then_.function(p.then_.context, p);
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  void start_with(completion then, task_surroundings s) noexcept {
    then_ = then;
    around_ = s;
  }

  const task_surroundings& surroundings() const noexcept { return around_; }
  /// What weir's awaitables, and those of others, ask a promise for.
  executor_ref get_executor() const noexcept { return around_.executor; }
  std::stop_token get_stop_token() const noexcept {
    return around_.stop != nullptr ? *around_.stop : std::stop_token();
  }
  bool can_be_stopped() const noexcept { return around_.stop != nullptr && around_.stop->stop_possible(); }
  resumer resumption(suspended& s) noexcept { return executor_ref::resumer_of(around_.executor, s); }
  bool gives_way(std::coroutine_handle<> h) const noexcept { return around_.executor.gives_way(h); }

 private:
  completion then_;
  task_surroundings around_;
};

template <class T>
class task_promise : public task_promise_base {
 public:
  task<T> get_return_object() noexcept;
  void unhandled_exception() noexcept { outcome_.template emplace<2>(std::current_exception()); }
  template <class U = T>
    requires std::is_constructible_v<T, U>
  void return_value(U&& value) {
    outcome_.template emplace<1>(std::forward<U>(value));
  }
  std::exception_ptr failure() const noexcept {
    return outcome_.index() == 2 ? std::get<2>(outcome_) : nullptr;
  }
  T take() {
    if (outcome_.index() == 2) std::rethrow_exception(std::get<2>(std::move(outcome_)));
    return std::move(std::get<1>(outcome_));
  }

 private:
  std::variant<std::monostate, T, std::exception_ptr> outcome_;
};

template <class T>
class task_promise<T&> : public task_promise_base {
 public:
  task<T&> get_return_object() noexcept;
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }
  void return_value(T& value) noexcept { value_ = std::addressof(value); }
  std::exception_ptr failure() const noexcept { return failure_; }
  T& take() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return *value_;
  }

 private:
  T* value_ = nullptr;
  std::exception_ptr failure_;
};

template <>
class task_promise<void> : public task_promise_base {
 public:
  task<void> get_return_object() noexcept;
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }
  void return_void() const noexcept {}
  std::exception_ptr failure() const noexcept { return failure_; }
  void take() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  std::exception_ptr failure_;
};

/// What a coroutine of any kind passes on to a task that it awaits.
template <class Promise>
task_surroundings surroundings_of(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (std::is_base_of_v<task_promise_base, Promise>) {
    return h.promise().surroundings();
  } else {
    return {executor_ref::of(h), nullptr};
  }
}

}  // namespace detail

/// Move-only. A task that was never awaited is destroyed without having run; one that waits must not be
/// destroyed. An exception that leaves the coroutine is thrown where it is awaited.
template <class T>
class [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using handle = std::coroutine_handle<promise_type>;
  using value_type = T;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    task taken(std::move(other));
    std::swap(frame_, taken.frame_);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  /// Starts it on this thread, and has its result. Once.
  auto operator co_await() const noexcept {
    assert(frame_ && "this task was moved from");
    return awaiter{frame_};
  }

  /// False when it was moved from.
  explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

 private:
  friend promise_type;
  friend detail::task_access;
  template <class>
  friend class task;

  class awaiter {
   public:
    explicit awaiter(handle h) noexcept : frame_(h) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> parent) const noexcept {
      const detail::completion resume_parent{[](void* address, detail::task_promise_base&) noexcept {
                                               return std::coroutine_handle<>::from_address(address);
                                             },
                                             parent.address()};
      frame_.promise().start_with(resume_parent, detail::surroundings_of(parent));
      return frame_;
    }
    T await_resume() const { return frame_.promise().take(); }

   private:
    handle frame_;
  };

  explicit task(handle h) noexcept : frame_(h) {}

  handle frame_;
};

/// How what starts tasks (spawn, run, when_all, scope) reaches their frames.
struct detail::task_access {
  template <class T>
  static typename task<T>::handle frame(const task<T>& t) noexcept {
    return t.frame_;
  }
  template <class T>
  static typename task<T>::handle release(task<T>& t) noexcept {
    return std::exchange(t.frame_, nullptr);
  }
};

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
template <class T>
task<T&> detail::task_promise<T&>::get_return_object() noexcept {
  return task<T&>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

namespace detail {

class own_stop_token {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    token_ = stop_token_of(h);
    return false;
  }
  std::stop_token await_resume() noexcept { return std::move(token_); }

 private:
  std::stop_token token_;
};

}  // namespace detail

/// co_await gives the token by which the task that asks is asked to stop; an empty one when it cannot be.
[[nodiscard]] inline auto current_stop_token() noexcept { return detail::own_stop_token(); }

}  // namespace weir
