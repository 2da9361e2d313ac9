// What a select knows of its cases.
//
// A case is a value: built, perhaps moved into an any_case, then run by one select, which gives it its place
// in the protocol of waiter.hpp. Moving a case moves what the user gave it and nothing of that protocol.
// Thread-safety: a case belongs to one thread; partners reach only the waiter and the value's room inside it.
#pragma once

#include <weir/base/time.hpp>
#include <weir/channel/gate.hpp>
#include <weir/channel/waiter.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir::detail {

enum class case_kind : std::uint8_t { channel, stop, timeout, otherwise };

template <class Atomics>
class select_case {
 public:
  virtual ~select_case() = default;
  select_case& operator=(const select_case&) = delete;

  case_kind kind() const noexcept { return kind_; }

  /// Calls the handler, after the case has been chosen. No lock is held; what it throws leaves select.
  virtual void run() = 0;

 protected:
  explicit select_case(case_kind kind) noexcept : kind_(kind) {}
  select_case(select_case&&) noexcept = default;

 private:
  case_kind kind_;
};

/// A send or a receive.
template <class Atomics>
class channel_case : public select_case<Atomics> {
 public:
  /// The lock of its channel, held during attempt() and list().
  virtual channel_gate<Atomics>& lock() noexcept = 0;
  /// Does the operation if it is ready, also by finding the channel closed. False: it would have to wait.
  virtual bool attempt() = 0;
  /// Waits in the channel's list as case `index` of `party`.
  virtual void list(wait_party<Atomics>& party, std::uint32_t index) noexcept = 0;
  /// Leaves that list, if a partner has not taken it off. Takes the lock itself.
  virtual void unlist() noexcept = 0;
  /// Looks after others of its side, as a party that was obliged to must.
  virtual void relieve() noexcept = 0;

  /// Finishes the partners claimed by attempt(), after the locks.
  void finish_partners() noexcept { partners_.finish_all(); }

 protected:
  channel_case() noexcept : select_case<Atomics>(case_kind::channel) {}
  channel_case(channel_case&& other) noexcept : select_case<Atomics>(std::move(other)) {}

  waiter<Atomics> waiter_;
  claimed_list<Atomics> partners_;
};

/// A stop request. The callback decides the select itself, so that no partner can claim it any more once
/// request_stop() has returned.
template <class Atomics>
class stop_case_base : public select_case<Atomics> {
 public:
  bool requested() const noexcept { return stop_.stop_requested(); }
  /// Both outside of every lock.
  void arm(wait_party<Atomics>& party, std::uint32_t index) {
    if (stop_.stop_possible()) callback_.emplace(stop_, decider{&party, index});
  }
  void disarm() noexcept { callback_.reset(); }

 protected:
  explicit stop_case_base(std::stop_token stop) noexcept
      : select_case<Atomics>(case_kind::stop), stop_(std::move(stop)) {}
  stop_case_base(stop_case_base&& other) noexcept
      : select_case<Atomics>(std::move(other)), stop_(std::move(other.stop_)) {}

 private:
  struct decider {
    wait_party<Atomics>* party;
    std::uint32_t index;
    void operator()() const noexcept {
      if (party->claim(index)) party->finish();
    }
  };

  std::stop_token stop_;
  std::optional<std::stop_callback<decider>> callback_;
};

template <class Atomics>
class timeout_case_base : public select_case<Atomics> {
 public:
  duration time() const noexcept { return time_; }

 protected:
  explicit timeout_case_base(duration time) noexcept
      : select_case<Atomics>(case_kind::timeout), time_(time) {}
  timeout_case_base(timeout_case_base&&) noexcept = default;

 private:
  duration time_;
};

}  // namespace weir::detail
