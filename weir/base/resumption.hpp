// How a suspended coroutine goes on once what it waits for has happened.
//
// Where: if its promise has get_executor() and that has post(std::coroutine_handle<>), there. Else on the
// thread that completes the operation, after all locks, one after the other: a thread that already resumes
// coroutines puts the next one into its own queue, which is taken up when the one that runs suspends. So a
// chain of any length needs the stack of one.
//
// Invariants: a `suspended` lives in the frame of its coroutine, and is in the queue of one thread at the
// most; nothing of it is touched once its coroutine is resumed or posted. Nothing here allocates.
// Thread-safety: resume_here() from any thread.
#pragma once

#include <weir/base/resumer.hpp>

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <stop_token>
#include <utility>

namespace weir::detail {

/// What is kept of a coroutine while it waits.
struct suspended {
  std::coroutine_handle<> coroutine;
  void* place = nullptr;  // the next one in a thread's queue, or where its promise wants it to go on
};

/// Resumes on this thread: now, or when the coroutine that this thread already resumes has suspended.
void resume_here(suspended& s) noexcept;

/// A promise that says itself how it is resumed: weir's own, which know their scheduler only when they run.
template <class Promise>
concept own_resumption = requires(Promise& p, suspended& s) {
  { p.resumption(s) } -> std::same_as<resumer>;
};

template <class Promise>
concept has_executor = requires(Promise& p, std::coroutine_handle<> h) { p.get_executor().post(h); };

/// How the coroutine `h`, which `s` is going to wait for, is to be told. Call before it can be told.
template <class Promise>
resumer resumption_of(std::coroutine_handle<Promise> h, suspended& s) noexcept {
  s.coroutine = h;
  if constexpr (own_resumption<Promise>) {
    return h.promise().resumption(s);
  } else if constexpr (has_executor<Promise>) {
    return {[](void* address) noexcept {
              const auto posted = std::coroutine_handle<Promise>::from_address(address);
              posted.promise().get_executor().post(posted);
            },
            h.address()};
  } else {
    return {[](void* s_of_it) noexcept { resume_here(*static_cast<suspended*>(s_of_it)); }, &s};
  }
}

/// The token that a coroutine was given by what started it (weir's tasks); others have none.
template <class Promise>
std::stop_token stop_token_of(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (requires {
                  { h.promise().get_stop_token() } -> std::convertible_to<std::stop_token>;
                }) {
    return h.promise().get_stop_token();
  } else {
    return {};
  }
}

/// Whether that token can ever be used; cheaper than asking it.
template <class Promise>
bool can_be_stopped(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (requires {
                  { h.promise().can_be_stopped() } -> std::same_as<bool>;
                }) {
    return h.promise().can_be_stopped();
  } else {
    return stop_token_of(h).stop_possible();
  }
}

/// How many operations this thread's coroutine may still do without waiting, before it has to look whether
/// others are kept from running. Set by who resumes it; elsewhere it just counts.
inline constinit thread_local std::uint32_t operations_left = 0;

/// Counts one; true when it was the last.
inline bool ends_turn() noexcept { return operations_left-- == 0; }

/// For a coroutine whose turn has ended. True: it was told to wait for the next, and must stay suspended.
template <class Promise>
bool gives_way(std::coroutine_handle<Promise> h) noexcept {
  if constexpr (requires {
                  { h.promise().gives_way(h) } -> std::same_as<bool>;
                }) {
    return h.promise().gives_way(h);
  } else {
    return false;
  }
}

}  // namespace weir::detail
