// One run of a select.
//
// The locks of all channels concerned are held together while the cases are tried, and, when none is ready,
// while their waiters are listed: that a select saw nothing ready is true of one moment, for all channels at
// once. Locks are taken in the order of their addresses; nobody else ever holds two. From then on a single
// word says which case runs (waiter.hpp). Whoever wins it decides: a partner under its channel's lock, a stop
// callback, or this thread when the time is up.
//
// Invariant: when a handler is called, no waiter of this select is listed, no callback armed, no lock held.
#pragma once

#include <weir/base/thread_random.hpp>
#include <weir/channel/select_case.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <utility>

namespace weir::detail {

/// Which of several ready cases runs.
enum class preference { none, as_written };

/// Room a run works in, one entry a case; on the stack of select().
template <class Atomics>
struct select_space {
  std::span<select_case<Atomics>*> cases;
  std::span<std::uint32_t> order;
  std::span<channel_gate<Atomics>*> locks;
};

template <class Atomics>
class select_run {
 public:
  select_run(select_space<Atomics> space, preference which) : cases_(space.cases) {
    std::size_t channels = 0;
    std::size_t ordered = 0;
    std::size_t otherwises = 0;
    for (std::uint32_t i = 0; i < cases_.size(); ++i) {
      const case_kind kind = cases_[i]->kind();
      if (kind == case_kind::channel) space.locks[channels++] = &as_channel(i).lock();
      if (kind == case_kind::channel || (kind == case_kind::stop && which == preference::as_written)) {
        space.order[ordered++] = i;
      }
      if (kind == case_kind::otherwise && ++otherwises > 1) {
        throw std::invalid_argument("weir: a select takes one otherwise, this one has several");
      }
    }
    order_ = space.order.first(ordered);
    if (which == preference::none) shuffle(order_);
    locks_ = space.locks.first(channels);
    std::sort(locks_.begin(), locks_.end(), std::less<>());
    locks_ =
        locks_.first(static_cast<std::size_t>(std::unique(locks_.begin(), locks_.end()) - locks_.begin()));
  }

  /// Waits until one case has happened, runs its handler, and returns its index.
  std::size_t run() {
    std::uint32_t chosen = ready();
    if (chosen == none) chosen = wait();
    cases_[chosen]->run();
    return chosen;
  }

 protected:
  static constexpr std::uint32_t none = wait_party<Atomics>::undecided;
  static constexpr wait_party<Atomics>* no_party = nullptr;

  class hold_all {
   public:
    explicit hold_all(std::span<channel_gate<Atomics>*> locks) noexcept : locks_(locks) {
      for (channel_gate<Atomics>* l : locks_) l->lock();
    }
    hold_all(const hold_all&) = delete;
    hold_all& operator=(const hold_all&) = delete;
    ~hold_all() {
      for (channel_gate<Atomics>* l : locks_) l->unlock();
    }

   private:
    std::span<channel_gate<Atomics>*> locks_;
  };

  /// Stop callbacks armed for as long as it lives.
  class armed_stops {
   public:
    armed_stops(select_run& run, wait_party<Atomics>& party) : run_(run) { run_.arm_stops(party); }
    armed_stops(const armed_stops&) = delete;
    armed_stops& operator=(const armed_stops&) = delete;
    ~armed_stops() { run_.disarm_stops(); }

   private:
    select_run& run_;
  };

  void arm_stops(wait_party<Atomics>& party) {
    for (std::uint32_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->kind() == case_kind::stop) as_stop(i).arm(party, i);
    }
  }
  void disarm_stops() noexcept {
    for (std::uint32_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->kind() == case_kind::stop) as_stop(i).disarm();
    }
  }

  channel_case<Atomics>& as_channel(std::uint32_t i) noexcept {
    return static_cast<channel_case<Atomics>&>(*cases_[i]);
  }
  stop_case_base<Atomics>& as_stop(std::uint32_t i) noexcept {
    return static_cast<stop_case_base<Atomics>&>(*cases_[i]);
  }

  static void shuffle(std::span<std::uint32_t> order) noexcept {
    for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[thread_random_below(n)]);
  }

  /// What need not wait; none, and then the deadline is set.
  std::uint32_t ready() {
    std::uint32_t chosen = attempt(no_party);
    if (chosen == none) chosen = first_stop();
    if (chosen == none) set_deadline();
    if (chosen == none && timeout_ != none && deadline_ <= started_) chosen = timeout_;
    if (chosen == none) chosen = first_otherwise();
    return chosen;
  }

  /// Runs the first ready operation in `order_`. None is ready: lists them all for `party`, if there is one.
  std::uint32_t attempt(wait_party<Atomics>* party) {
    const std::uint32_t done = attempt_locked(party);
    // Of all cases: one that stays blocked may have granted a reservation on the way.
    for (const std::uint32_t i : order_) {
      if (cases_[i]->kind() == case_kind::channel) as_channel(i).finish_partners();
    }
    return done;
  }

  std::uint32_t attempt_locked(wait_party<Atomics>* party) {
    const hold_all hold(locks_);
    for (const std::uint32_t i : order_) {
      if (cases_[i]->kind() == case_kind::stop ? as_stop(i).requested() : as_channel(i).attempt()) return i;
    }
    if (party == no_party) return none;
    // In `order_`, so that of twin cases on one channel each is as likely to be the first in the channel's
    // list.
    for (const std::uint32_t i : order_) {
      if (cases_[i]->kind() == case_kind::channel) as_channel(i).list(*party, i);
    }
    return none;
  }

  std::uint32_t first_stop() noexcept {
    for (std::uint32_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->kind() == case_kind::stop && as_stop(i).requested()) return i;
    }
    return none;
  }

  std::uint32_t first_otherwise() const noexcept {
    for (std::uint32_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->kind() == case_kind::otherwise) return i;
    }
    return none;
  }

  /// The earliest of the timeouts, the first written of equal ones; the clock is read only if there is one.
  void set_deadline() noexcept {
    for (std::uint32_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->kind() != case_kind::timeout) continue;
      if (timeout_ == none) started_ = Atomics::now();
      const time_point at = after(started_, static_cast<timeout_case_base<Atomics>&>(*cases_[i]).time());
      if (timeout_ != none && at >= deadline_) continue;
      timeout_ = i;
      deadline_ = at;
    }
  }

  std::uint32_t wait() {
    wait_party<Atomics> party(wait_party<Atomics>::shape::select);
    const armed_stops armed(*this, party);
    std::uint32_t chosen = attempt(&party);
    if (chosen != none) return chosen;  // nothing was listed; a stop that came meanwhile comes after it
    if (party.parker.wait(deadline_) == parker<Atomics>::reason::done || !party.claim(timeout_)) {
      party.parker.wait_done();
      party.tell_next();
      chosen = party.winner();
      if (party.is_obliged()) as_channel(chosen).relieve();
    } else {
      chosen = timeout_or_stop();
    }
    unlist_all();
    return chosen;
  }

  /// The time is up; a stop that was requested comes before, though its callback came second.
  std::uint32_t timeout_or_stop() noexcept {
    const std::uint32_t stopped = first_stop();
    return stopped != none ? stopped : timeout_;
  }

  void unlist_all() noexcept {
    for (const std::uint32_t i : order_) {
      if (cases_[i]->kind() == case_kind::channel) as_channel(i).unlist();
    }
  }

  std::span<select_case<Atomics>*> cases_;
  std::span<std::uint32_t> order_;
  std::span<channel_gate<Atomics>*> locks_;
  time_point started_{};
  time_point deadline_ = never;
  std::uint32_t timeout_ = none;
};

}  // namespace weir::detail
