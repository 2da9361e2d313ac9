// Starting tasks from outside: spawn() and forget, or run() and wait.
//
// Thread-safety: both, from any thread.
#pragma once

#include <weir/base/parker.hpp>
#include <weir/exec/coroutine.hpp>
#include <weir/exec/scheduler.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace weir {

namespace detail {

/// The end of a task that nobody awaits: its exception, if there is one, ends the program.
inline std::coroutine_handle<> end_spawned(void* on, task_promise_base& ended) noexcept {
  auto& promise = static_cast<task_promise<void>&>(ended);
  if (const std::exception_ptr e = promise.failure()) std::rethrow_exception(e);  // noexcept: terminates
  std::coroutine_handle<task_promise<void>>::from_promise(promise).destroy();
  scheduler_access::ended(*static_cast<scheduler*>(on));
  return std::noop_coroutine();
}

}  // namespace detail

/// Runs the task on a worker of `s`, detached: `s` counts it, and drain() waits for it. An exception that
/// leaves it ends the program. Allocates nothing beside the task.
inline void spawn(scheduler& s, task<> t) {
  const auto frame = detail::task_access::release(t);
  if (!frame) throw std::invalid_argument("weir: this task was moved from; spawn one that was not");
  frame.promise().start_with({&detail::end_spawned, &s}, {detail::executor_ref(s), nullptr});
  detail::scheduler_access::began(s);
  detail::scheduler_access::start(s, frame);
}

/// Runs the task on `s` and waits for it: its result, or its exception. On a worker of `s`, which would wait
/// for itself: std::logic_error.
template <class T>
T run(scheduler& s, task<T> t) {
  if (s.runs_this_thread()) {
    throw std::logic_error("weir: run on a worker of its own scheduler would wait for itself; co_await it");
  }
  const auto frame = detail::task_access::frame(t);
  if (!frame) throw std::invalid_argument("weir: this task was moved from; run one that was not");
  detail::parker<> done;
  const detail::completion tell{[](void* parker, detail::task_promise_base&) noexcept {
                                  static_cast<detail::parker<>*>(parker)->finish();
                                  return std::coroutine_handle<>(std::noop_coroutine());
                                },
                                &done};
  frame.promise().start_with(tell, {detail::executor_ref(s), nullptr});
  s.post(frame);
  done.wait(never);
  return frame.promise().take();
}

}  // namespace weir
