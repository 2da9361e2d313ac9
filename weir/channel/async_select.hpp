// Select without a thread: co_await waits for several operations at once; exactly one happens.
//
//   auto op = weir::async_select(weir::on_receive(jobs, [&](weir::result<job> j) { ... }),
//                                weir::on_timeout(1s, [&] { ... }));
//   const std::size_t which = co_await op;
//
// Name the operation first, as here: g++ 12 destroys what a temporary in the operand of co_await captured
// twice. The rules are those of select (select.hpp). What it owns are the cases and their handlers, not the
// values given to on_send as rvalues. It ends for a stop request only by an on_stop case; inside a task, its
// token is had by weir::current_stop_token().
//
// Invariant: nothing resumes the coroutine before await_suspend has done with the cases (async_gate.hpp).
// Thread-safety: as select.
#pragma once

#include <weir/channel/async_gate.hpp>
#include <weir/channel/case_list.hpp>
#include <weir/channel/cases.hpp>
#include <weir/channel/select_run.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

namespace weir {

namespace detail {

/// A select_run that waits in an async_gate.
template <class Atomics>
class async_select_run : private select_run<Atomics> {
  using base = select_run<Atomics>;

 public:
  async_select_run(select_space<Atomics> space, preference which) : base(space, which) {}

  /// True when a case need not wait.
  bool is_ready() {
    chosen_ = base::ready();
    return chosen_ != base::none;
  }
  bool is_decided() const noexcept { return chosen_ != base::none; }

  /// True: the coroutine stays suspended, and all of this may be gone.
  template <class Promise>
  bool suspend(std::coroutine_handle<Promise> h) {
    gate_.open(h);
    try {
      base::arm_stops(gate_.party);
      gate_.plan_timeout(this->deadline_, this->timeout_);
      chosen_ = base::attempt(&gate_.party);
    } catch (...) {
      let_go();
      throw;
    }
    if (chosen_ !=
        base::none) {  // nothing was listed; a stop or a timeout that came meanwhile comes after it
      let_go();
      return false;
    }
    return gate_.waits();
  }

  std::size_t run(std::span<select_case<Atomics>* const> cases) {
    if (chosen_ == base::none) {
      let_go();
      chosen_ = gate_.party.winner();
      if (chosen_ == this->timeout_) chosen_ = base::timeout_or_stop();
      base::unlist_all();
    }
    cases[chosen_]->run();
    return chosen_;
  }

  /// Nothing decides any more after this.
  void let_go() noexcept {
    base::disarm_stops();
    gate_.cancel_timeout();
  }

 private:
  std::uint32_t chosen_ = base::none;
  async_gate<Atomics> gate_;
};

/// What async_select returns.
template <class... Cases>
class [[nodiscard]] async_select_operation {
  static constexpr std::size_t count = sizeof...(Cases);

 public:
  explicit async_select_operation(preference which, Cases&&... cases)
      : cases_(std::forward<Cases>(cases)...),
        pointers_(std::apply([](auto&... c) { return std::array<native_case*, count>{case_pointer(c)...}; },
                             cases_)),
        run_({pointers_, order_, locks_}, which) {}
  async_select_operation(const async_select_operation&) = delete;
  async_select_operation& operator=(const async_select_operation&) = delete;

  bool await_ready() { return run_.is_ready() && !ends_turn(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    if (run_.is_decided()) return gives_way(h);
    return run_.suspend(h);
  }

  /// The index of the case that happened, after its handler has run; what the handler throws is thrown here.
  std::size_t await_resume() { return run_.run(pointers_); }

 private:
  std::tuple<Cases...> cases_;
  std::array<native_case*, count> pointers_;
  std::array<std::uint32_t, count> order_;
  std::array<channel_gate<native_atomics>*, count> locks_;
  async_select_run<native_atomics> run_;
};

}  // namespace detail

/// co_await gives the index of the case that ran, after running its handler. Cases given as lvalues are
/// referred to, others owned. Allocates nothing, but for the process's timer thread with an on_timeout.
template <class... Cases>
  requires detail::case_list<Cases...>
[[nodiscard]] auto async_select(Cases&&... cases) {
  return detail::async_select_operation<Cases...>(detail::preference::none, std::forward<Cases>(cases)...);
}

/// The same, but of several ready cases the first one written runs.
template <class... Cases>
  requires detail::case_list<Cases...>
[[nodiscard]] auto async_select_first(Cases&&... cases) {
  return detail::async_select_operation<Cases...>(detail::preference::as_written,
                                                  std::forward<Cases>(cases)...);
}

}  // namespace weir
