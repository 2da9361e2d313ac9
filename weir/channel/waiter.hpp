// Who waits at a channel, and how a waiting one is claimed and woken.
//
// A party waits for one operation (one waiter) or in a select (a waiter a case). It is a thread, whose parker
// is told, or something else that is told by a resumer, such as a suspended coroutine. A waiter lives on the
// waiting side's stack or in its frame and is listed at its channel. The protocol:
// 1. Under the channel's lock a partner takes the waiter off its list and claims it. A single operation is
//    claimed by being taken off; the cases of one select share a winner word, and one compare-and-swap on
//    it decides.
// 2. The claimer sets `fate`, and for a receive puts the value at `value`, still under the lock; it may
//    move a sender's value out after unlocking. The claimed party touches nothing of this until it is
//    finished.
// 3. After unlocking, party.finish() is the last access. The party then owns all again; it takes the lock
//    once more only if it was obliged to (gate.hpp). Of several threads claimed by one operation the claimer
//    finishes the first, and each finishes the next when it wakes up.
// A party that gives up (stop, deadline) takes the lock: still listed, it was not claimed and leaves; not
// listed, it waits for finish(), which is imminent. A select gives up by winning its own winner word for its
// timeout case.
// Orders: the acquire-release compare-and-swap on `winner` needs no partner for data (fate and value travel
// through the parker); it only has to be one atomic decision.
#pragma once

#include <weir/base/fifo_list.hpp>
#include <weir/base/parker.hpp>
#include <weir/base/resumer.hpp>

#include <cstdint>
#include <utility>

namespace weir::detail {

template <class Atomics>
class wait_party {
 public:
  static constexpr std::uint32_t undecided = UINT32_MAX;

  enum class shape { single, select };
  explicit wait_party(shape s, resumer r = {}) noexcept : shape_(s), resumer_(r) {}

  /// True for exactly one caller. A single operation has only one caller who can ask.
  bool claim(std::uint32_t index) noexcept {
    if (shape_ == shape::single) return true;
    std::uint32_t seen = undecided;
    return winner_.compare_exchange_strong(seen, index, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  /// Which case was claimed; valid once done, or after a claim that failed and wait_done().
  std::uint32_t winner() const noexcept { return winner_.load(std::memory_order_acquire); }

  bool is_thread() const noexcept { return !resumer_; }

  /// It has happened. Once, by the claimer, under no lock; the party may be gone when this returns.
  void finish() noexcept {
    if (is_thread()) {
      parker.finish();
    } else {
      resumer_();
    }
  }

  /// Before finish(): others of its side still wait, and it is to look after them when it wakes up.
  void oblige() noexcept { obliged_ = true; }
  bool is_obliged() const noexcept { return obliged_; }

  /// Before finish(): `next` was claimed as well, and it is this thread's turn to tell it when it wakes up.
  void then(wait_party& next) noexcept { next_ = &next; }
  /// By the thread itself, once it is done.
  void tell_next() noexcept {
    if (next_ != nullptr) next_->finish();
  }

  detail::parker<Atomics> parker;  // of a party that is a thread

 private:
  const shape shape_;
  const resumer resumer_;
  wait_party* next_ = nullptr;
  bool obliged_ = false;
  typename Atomics::template atomic<std::uint32_t> winner_{undecided};
};

enum class wish : std::uint8_t { send, reserve, receive };
enum class fate : std::uint8_t { pending, done, closed };

/// One waiting operation, without its value's type.
template <class Atomics>
struct waiter : fifo_hook<waiter<Atomics>> {
  wait_party<Atomics>* party = nullptr;
  std::uint32_t index = 0;  // of the case in its select
  detail::wish wish = wish::send;
  detail::fate fate = fate::pending;
  void* value = nullptr;  // send: the T to move from; receive: room for a T; reserve: null
  waiter* next_claimed = nullptr;

  bool claim() noexcept { return party->claim(index); }
};

/// Parties claimed under a lock, to be finished after it: no wake inside.
template <class Atomics>
class claimed_list {
 public:
  claimed_list() = default;
  claimed_list(const claimed_list&) = delete;
  claimed_list& operator=(const claimed_list&) = delete;

  void add(waiter<Atomics>& w, detail::fate f) noexcept {
    w.fate = f;
    w.next_claimed = nullptr;
    (last_ ? last_->next_claimed : first_) = &w;
    last_ = &w;
  }

  /// In the order claimed, each once: the list is empty afterwards, for a finished waiter may be gone. No
  /// lock may be held. Of several threads only the first is woken here: waking costs the waker microseconds,
  /// so each tells the next.
  void finish_all() noexcept {
    if (first_ == nullptr) return;
    waiter<Atomics>* const first = std::exchange(first_, nullptr);
    waiter<Atomics>* const last = std::exchange(last_, nullptr);
    if (first == last) {
      first->party->finish();
    } else {
      finish_several(first);
    }
  }

  waiter<Atomics>* pop() noexcept {
    waiter<Atomics>* const w = first_;
    if (w == nullptr) return nullptr;
    first_ = w->next_claimed;
    if (first_ == nullptr) last_ = nullptr;
    return w;
  }

 private:
  [[gnu::noinline]] static void finish_several(waiter<Atomics>* w) noexcept {
    wait_party<Atomics>* first = nullptr;
    wait_party<Atomics>* last = nullptr;
    while (w != nullptr) {
      wait_party<Atomics>* const p = w->party;
      w = w->next_claimed;  // before finish(), after which it may be gone
      if (!p->is_thread()) {
        p->finish();
        continue;
      }
      if (first == nullptr) {
        first = p;
      } else {
        last->then(*p);
      }
      last = p;
    }
    if (first != nullptr) first->finish();
  }

  waiter<Atomics>* first_ = nullptr;
  waiter<Atomics>* last_ = nullptr;
};

}  // namespace weir::detail
