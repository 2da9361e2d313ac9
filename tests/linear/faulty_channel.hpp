// A channel that does one thing wrong, now and then, to see whether the harness notices.
#pragma once

#include "history.hpp"

#include <weir/channel/channel.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::linear {

enum class fault : std::uint8_t {
  none,
  swaps_two,              ///< a receive gives the second, the next one the first
  says_full,              ///< while there may be room
  says_empty,             ///< while there may be a value
  loses_one,              ///< accepted, and never seen again
  doubles_one,            ///< accepted, and received twice
  accepts_after_close,    ///< and loses it
  holds_one_too_many,     ///< than its capacity
  sends_late,             ///< accepted, and put in with the sender's next call
  evicts_wrongly,         ///< not the oldest
  says_closed_too_early,  ///< while values are left
  closes_twice,           ///< two calls are told they closed it
  keeps_a_rendezvous,     ///< capacity 0 with a place: a send completes alone
};

inline constexpr fault all_faults[] = {fault::swaps_two,          fault::says_full,
                                       fault::says_empty,         fault::loses_one,
                                       fault::doubles_one,        fault::accepts_after_close,
                                       fault::holds_one_too_many, fault::sends_late,
                                       fault::evicts_wrongly,     fault::says_closed_too_early,
                                       fault::closes_twice,       fault::keeps_a_rendezvous};

constexpr const char* name_of(fault f) {
  switch (f) {
    case fault::none: return "none";
    case fault::swaps_two: return "swaps_two";
    case fault::says_full: return "says_full";
    case fault::says_empty: return "says_empty";
    case fault::loses_one: return "loses_one";
    case fault::doubles_one: return "doubles_one";
    case fault::accepts_after_close: return "accepts_after_close";
    case fault::holds_one_too_many: return "holds_one_too_many";
    case fault::sends_late: return "sends_late";
    case fault::evicts_wrongly: return "evicts_wrongly";
    case fault::says_closed_too_early: return "says_closed_too_early";
    case fault::closes_twice: return "closes_twice";
    case fault::keeps_a_rendezvous: return "keeps_a_rendezvous";
  }
  return "?";
}

/// Its own operations hide those of the channel below; what it does not name is right.
class faulty_channel : public channel<value> {
 public:
  static inline fault put_in = fault::none;

  explicit faulty_channel(std::size_t capacity)
      : channel(capacity + is(fault::holds_one_too_many) + is(fault::keeps_a_rendezvous)),
        capacity_(capacity) {}

  std::size_t capacity() const noexcept { return capacity_; }
  channel<value>& below() noexcept { return *this; }

  result<> try_send(value&& v) {
    if (is(fault::says_full) && now_and_then()) return std::unexpected(errc::full);
    if (is(fault::loses_one) && now_and_then()) return {};
    if (is(fault::doubles_one) && now_and_then()) static_cast<void>(channel::try_send(value(v)));
    if (is(fault::sends_late)) return try_send_late(v);
    const result<> sent = channel::try_send(std::move(v));
    if (!sent && sent.error() == errc::closed && is(fault::accepts_after_close)) return {};
    return sent;
  }

  result<value> try_receive() {
    if (is(fault::says_empty) && !is_closed() && now_and_then()) return std::unexpected(errc::empty);
    if (is(fault::says_closed_too_early) && is_closed() && now_and_then())
      return std::unexpected(errc::closed);
    return is(fault::swaps_two) ? try_receive_swapped() : channel::try_receive();
  }

  result<std::optional<value>> force_send(value&& v) {
    if (!is(fault::evicts_wrongly)) return channel::force_send(std::move(v));
    result<std::optional<value>> first = channel::force_send(std::move(v));
    if (!first || !*first) return first;
    return channel::force_send(std::move(**first));  // puts the oldest back, behind, for the second oldest
  }

  bool close() noexcept { return channel::close() || is(fault::closes_twice); }

 private:
  static bool is(fault f) noexcept { return put_in == f; }
  bool now_and_then() noexcept { return calls_.fetch_add(1, std::memory_order_relaxed) % 16 == 15; }

  result<value> try_receive_swapped() {
    const std::lock_guard hold(mutex_);
    if (kept_) return *std::exchange(kept_, std::nullopt);
    result<value> first = channel::try_receive();
    if (!first) return first;
    const result<value> second = channel::try_receive();
    if (second) kept_ = *first;
    return second ? second : first;
  }

  result<> try_send_late(value v) {
    const std::lock_guard hold(mutex_);
    if (kept_ && channel::try_send(value(*kept_))) kept_.reset();
    if (kept_ || is_closed()) return channel::try_send(std::move(v));
    kept_ = v;
    return {};
  }

  const std::size_t capacity_;
  std::atomic<std::uint64_t> calls_{0};
  std::mutex mutex_;
  std::optional<value> kept_;
};

}  // namespace weir::linear
