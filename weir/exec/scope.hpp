// Tasks that do not outlive a block: with_scope starts them, and ends when all of them have ended.
//
//   auto all = weir::with_scope(s, [&](weir::scope& in) -> weir::task<> {
//     for (auto& url : urls) in.spawn(fetch(url));
//     co_return;
//   });
//   co_await all;
//
// Invariants: `left_` counts the tasks that have not ended, and the body until it joins; who brings it to 0
// goes on with the join. Each failure after the first is dropped. Orders: the decrements are acquire-release,
// so the join sees what all tasks did. Thread-safety: spawn(), token() and request_stop(), from any task of
// the scope.
#pragma once

#include <weir/base/resumption.hpp>
#include <weir/channel/async_operation.hpp>
#include <weir/exec/coroutine.hpp>
#include <weir/exec/scheduler.hpp>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir {

class scope;

/// co_await calls f(scope&), which gives a task: the body. Ends when the body and all tasks that it spawned
/// in the scope have ended, with the body's result, or with the first exception that left one of them; that
/// one asks the others to stop. A request on `stop`, or to stop the task that awaits, is passed on to the
/// scope. The body runs where the awaiting coroutine does, the tasks on `s`. Name it before the co_await (see
/// above).
template <class F>
auto with_scope(scheduler& s, F f, std::stop_token stop = {}) -> std::invoke_result_t<F&, scope&>;

/// What with_scope gives to its body; lives as long as that and every task in it.
class scope {
 public:
  explicit scope(scheduler& s) : scheduler_(s), token_(stop_.get_token()) {}
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  /// Runs the task on the scope's scheduler. Its waits inside weir end as cancelled when the scope is asked
  /// to stop. An exception that leaves it asks the scope to stop, and is thrown by with_scope.
  void spawn(task<> t) {
    const auto frame = detail::task_access::release(t);
    if (!frame) throw std::invalid_argument("weir: this task was moved from; spawn one that was not");
    frame.promise().start_with({&scope::ended, this}, {detail::executor_ref(scheduler_), &token_});
    left_.fetch_add(1, std::memory_order_relaxed);  // whoever calls this is counted
    detail::scheduler_access::began(scheduler_);
    detail::scheduler_access::start(scheduler_, frame);
  }

  [[nodiscard]] std::stop_token token() const noexcept { return token_; }
  /// Asks all tasks of the scope to stop, and the body.
  void request_stop() noexcept {
    std::stop_source mine = stop_;  // what is woken may end the scope
    mine.request_stop();
  }

 private:
  template <class F>
  friend auto with_scope(scheduler& s, F f, std::stop_token stop) -> std::invoke_result_t<F&, scope&>;

  static std::coroutine_handle<> ended(void* context, detail::task_promise_base& base) noexcept {
    auto& promise = static_cast<detail::task_promise<void>&>(base);
    scope& in = *static_cast<scope*>(context);
    scheduler& on = in.scheduler_;
    if (std::exception_ptr e = promise.failure()) in.fail(std::move(e));
    std::coroutine_handle<detail::task_promise<void>>::from_promise(promise).destroy();
    if (in.left_.fetch_sub(1, std::memory_order_acq_rel) == 1) in.resume_join_();
    detail::scheduler_access::ended(on);
    return std::noop_coroutine();
  }

  void fail(std::exception_ptr e) noexcept {
    if (!failed_.exchange(true, std::memory_order_relaxed)) failure_ = std::move(e);  // read after the join
    request_stop();
  }

  /// Starts the body with the scope's token; its result stays in it.
  template <class T>
  class start_body {
   public:
    start_body(const task<T>& body, const std::stop_token& token) noexcept : body_(body), token_(token) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
      const detail::completion resume_us{[](void* address, detail::task_promise_base&) noexcept {
                                           return std::coroutine_handle<>::from_address(address);
                                         },
                                         h.address()};
      const auto frame = detail::task_access::frame(body_);
      frame.promise().start_with(resume_us, {detail::surroundings_of(h).executor, &token_});
      return frame;
    }
    void await_resume() const noexcept {}

   private:
    const task<T>& body_;
    const std::stop_token& token_;
  };

  /// Waits for the tasks that have not ended.
  class join {
   public:
    explicit join(scope& of) noexcept : of_(of) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
      of_.resume_join_ = detail::resumption_of(h, of_.joining_);
      return of_.left_.fetch_sub(1, std::memory_order_acq_rel) != 1;
    }
    void await_resume() const noexcept {}

   private:
    scope& of_;
  };

  struct asker {
    scope* asked;
    void operator()() const noexcept { asked->request_stop(); }
  };

  scheduler& scheduler_;
  std::stop_source stop_;
  std::stop_token token_;
  std::atomic<std::size_t> left_{1};
  std::atomic<bool> failed_{false};  // only the exchange has to be one
  std::exception_ptr failure_;
  detail::suspended joining_;
  detail::resumer resume_join_;
};

template <class F>
auto with_scope(scheduler& s, F f, std::stop_token stop) -> std::invoke_result_t<F&, scope&> {
  using body_type = std::invoke_result_t<F&, scope&>;
  using value = typename body_type::value_type;
  scope in(s);
  auto ask_for_token = current_stop_token();
  const std::stop_token outer = co_await ask_for_token;
  const std::stop_callback on_stop(std::move(stop), scope::asker{&in});
  const std::stop_callback on_outer_stop(outer, scope::asker{&in});
  std::optional<body_type> body;
  try {
    body.emplace(f(in));
  } catch (...) {
    in.fail(std::current_exception());
  }
  if (body) {
    scope::start_body<value> run_body(*body, in.token_);
    co_await run_body;
    if (auto e = detail::task_access::frame(*body).promise().failure()) in.fail(std::move(e));
  }
  scope::join all_ended(in);
  co_await all_ended;
  if (in.failure_) std::rethrow_exception(in.failure_);
  if constexpr (std::is_void_v<value>) {
    co_return;
  } else {
    co_return detail::task_access::frame(*body).promise().take();
  }
}

}  // namespace weir
