// What the threads of a run did to one channel, and when: the input of the checker.
//
// A history is cut into windows at moments when no operation is in progress and the channel's contents are
// known, so that each window can be judged by itself. In a window each thread has a lane: its steps in
// program order. One call is one step, but for send_some and receive_some, which promise no more than that
// their values go one by one: each value is a step, and the end (nothing more fits, nothing more is there) is
// one too; they share the call's stamps.
//
// Stamps come from one counter. Taking one must not hide what is looked for:
// - It is a relaxed read-modify-write, so it orders nothing in the memory model, and ThreadSanitizer still
//   reports whatever the channel fails to order itself. Signal fences keep the compiler from moving the
//   operation across its stamps.
// - On x86-64 the instruction drains the store buffer all the same. That is wanted: a step's stores must not
//   become visible after its second stamp, or correct channels would be accused. It can only hide a store
//   that lingers from one call into the next of the same thread, never one within a call, where publishing
//   and then looking for waiters happens. The rounds without stamps (see workload.hpp) leave that out too.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::linear {

/// What is sent: unique in its round. The lane that sends it, and how many that lane made before.
using value = std::uint32_t;
inline constexpr value nothing = UINT32_MAX;

constexpr value make_value(std::size_t lane, std::uint32_t turn) noexcept {
  return static_cast<value>(lane << 24) | turn;
}
constexpr std::size_t lane_of(value v) noexcept { return v >> 24; }
constexpr std::uint32_t turn_of(value v) noexcept { return v & 0xffffff; }

using stamp = std::uint64_t;

/// Gives each caller a number of its own, in real time order.
class stamp_clock {
 public:
  stamp now() noexcept {
    keep_order();
    const stamp s = next_.fetch_add(1, std::memory_order_relaxed);
    keep_order();
    return s;
  }

 private:
  static void keep_order() noexcept {
#if defined(__x86_64__)
    std::atomic_signal_fence(std::memory_order_seq_cst);
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);  // unseen by ThreadSanitizer, as it should be
#endif
  }

  alignas(64) std::atomic<stamp> next_{1};
};

/// What a step turned out to be. The conditions are channel_model's.
enum class deed : std::uint8_t {
  push,           ///< accepted
  push_evicting,  ///< accepted by force_send, which returned `taken`
  refuse_full,    ///< full, timed out, or cancelled: there was no place
  refuse_held,    ///< force_send: permits hold every place
  refuse_rest,    ///< send_some stopped: full or closed
  refuse_closed,
  reserve,       ///< a permit was given
  redeem,        ///< the permit's value was sent
  give_back,     ///< the permit was dropped unused
  pop,           ///< received `taken`
  find_empty,    ///< empty, timed out, or cancelled: there was no value
  find_no_more,  ///< receive_some stopped: empty or closed
  find_closed,
  close_first,  ///< close() said true
  close_again,  ///< close() said false
};

struct step {
  deed what = deed::push;
  value given = nothing;  ///< by the caller
  value taken = nothing;  ///< out of the channel
  stamp invoked = 0;
  stamp returned = 0;
  const char* call = "";  ///< a literal, for people
};

using lane = std::vector<step>;
inline constexpr std::size_t most_lanes = 8;

/// What a channel is known to hold while nobody uses it.
struct contents {
  std::vector<value> values;  ///< the oldest first
  bool closed = false;
  friend bool operator==(const contents&, const contents&) = default;
};

struct window {
  std::size_t capacity = 0;
  contents before;
  std::vector<lane> lanes;        ///< at most most_lanes
  std::optional<contents> after;  ///< none: whatever the steps leave
};

std::size_t count_steps(const window&);

/// Lane and turn: "3.17".
std::string name_of(value);
/// "send_for(3.17) -> no place".
std::string to_string(const step&);
std::string to_string(const contents&);
/// A line a step, in the order invoked.
std::string to_string(const window&);

}  // namespace weir::linear
