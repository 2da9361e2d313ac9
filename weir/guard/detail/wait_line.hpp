// A line of callers, threads and coroutines alike, in front of something that lets them in one after the
// other: what rate_limiter and bulkhead have in common.
//
// Invariants
// - A waiter lives on its thread's stack or in its coroutine's frame. Under the lock it is in one of three
//   states: unlisted, listed, decided; only a listed one is in the line, and nobody is listed twice.
// - Who decides a waiter takes it off the line under the lock and adds it to the section's told list; once
//   the lock is left, finish() is the last access to it. The waiter owns all again after that.
// - A waiter that gives up (stop, deadline) asks leave(): still listed, it goes; else it was decided, and
//   finish() is imminent. One that is to give up before it is listed finds `early` set when it gets there.
// - Stop callbacks and timers are made and ended outside the lock; no user code runs under it.
// Orders: all of it is guarded by the lock; a decision travels to the waiter through its parker or resumer.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/fifo_list.hpp>
#include <weir/base/resumption.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/time.hpp>
#include <weir/base/timer.hpp>
#include <weir/channel/waiter.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir::detail {

struct line_waiter : fifo_hook<line_waiter> {
  enum class state : std::uint8_t { unlisted, listed, decided };

  wait_party<native_atomics>* party = nullptr;
  double amount = 1;            // what it wants
  time_point deadline = never;  // it gives up then
  time_point wakes_at = never;  // it looks again by itself then; written by its own thread alone
  line_waiter::state state = state::unlisted;
  std::optional<errc> early;  // why it is not to be listed
  result<> outcome;           // once decided
  line_waiter* next_told = nullptr;

  void decide(result<> o) noexcept {
    outcome = o;
    state = state::decided;
  }
};

/// Waiters decided under the lock, to be told after it.
class told_list {
 public:
  void add(line_waiter& w, result<> outcome) noexcept;
  void finish_all() noexcept;

 private:
  line_waiter* first_ = nullptr;
  line_waiter* last_ = nullptr;
};

class wait_line {
 public:
  wait_line() = default;
  wait_line(const wait_line&) = delete;
  wait_line& operator=(const wait_line&) = delete;

  /// Blocks until let in. cancelled | timed_out | what enter() decides.
  result<> wait(double amount, time_point deadline, const std::stop_token& stop);
  /// Lists the waiter, or decides it at once: false. Throws as the timers do, the waiter not listed then.
  bool join(line_waiter& w);
  /// Takes the waiter off, with this outcome, unless it was decided already.
  void leave(line_waiter& w, errc why) noexcept;

 protected:
  ~wait_line() = default;

  /// Under the lock from its beginning to its end; tells those who were decided after it.
  class section {
   public:
    explicit section(wait_line& line) noexcept : line_(line) { line_.lock(); }
    section(const section&) = delete;
    section& operator=(const section&) = delete;
    ~section() {
      line_.unlock();
      told.finish_all();
    }

    told_list told;

   private:
    wait_line& line_;
  };

  // Under the lock. `enter` decides a waiter (without telling it) or lists it; `gone` follows the removal of
  // one that gave up, which was the first if `was_first`; `look` lets in who may go; `due` says when a listed
  // one may go, where that is known.
  virtual void enter(line_waiter& w, told_list& told) = 0;
  virtual void look(told_list& told) noexcept = 0;
  virtual time_point due(const line_waiter&) const noexcept { return never; }
  virtual void gone(const line_waiter& w, bool was_first, told_list& told) noexcept = 0;
  virtual void lock() noexcept { lock_.lock(); }
  virtual void unlock() noexcept { lock_.unlock(); }

  short_lock<> lock_;
  fifo_list<line_waiter> waiters_;
};

/// What async waits return: co_await gives a result<>. Refers to the line until it ends.
class [[nodiscard]] line_operation {
 public:
  /// `through`: it need not wait.
  line_operation(wait_line& line, double amount, time_point deadline, std::stop_token stop,
                 std::optional<result<>> through) noexcept
      : line_(&line), stop_(std::move(stop)), through_(through) {
    waiter_.amount = amount;
    waiter_.deadline = deadline;
  }
  line_operation(const line_operation&) = delete;
  line_operation& operator=(const line_operation&) = delete;
  ~line_operation() { end(); }

  bool await_ready() const noexcept { return through_.has_value(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    party_.emplace(wait_party<native_atomics>::shape::single, resumption_of(h, who_));
    waiter_.party = &*party_;
    std::stop_token outer = stop_token_of(h);
    if (stop_.stop_possible()) on_stop_.emplace(std::move(stop_), canceller{this});
    if (outer.stop_possible()) on_outer_stop_.emplace(std::move(outer), canceller{this});
    if (waiter_.deadline != never) plan_timeout();
    return line_->join(waiter_);
  }

  [[nodiscard]] result<> await_resume() noexcept {
    end();
    return through_ ? *through_ : waiter_.outcome;
  }

 private:
  struct canceller {
    line_operation* operation;
    void operator()() const noexcept { operation->line_->leave(operation->waiter_, errc::cancelled); }
  };
  void plan_timeout();
  void end() noexcept {
    on_stop_.reset();
    on_outer_stop_.reset();
    if (std::exchange(planned_, false)) cancel(timer_);
  }

  wait_line* line_;
  std::stop_token stop_;
  std::optional<result<>> through_;
  line_waiter waiter_;
  suspended who_;
  std::optional<wait_party<native_atomics>> party_;
  timer_entry timer_;
  bool planned_ = false;
  std::optional<std::stop_callback<canceller>> on_stop_;
  std::optional<std::stop_callback<canceller>> on_outer_stop_;
};

}  // namespace weir::detail
