// What the suites share: iteration counts that sanitizers can live with, threads that run together, and
// waiting for something to be so. Nothing here waits for time to pass.
#pragma once

#include <weir/channel/channel.hpp>
#include <weir/channel/select.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <expected>
#include <thread>
#include <utility>
#include <vector>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define WEIR_SUITES_INSTRUMENTED true
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define WEIR_SUITES_INSTRUMENTED true
#endif
#endif
#ifndef WEIR_SUITES_INSTRUMENTED
#define WEIR_SUITES_INSTRUMENTED false
#endif

namespace weir::suites {

/// Whether this build runs about ten times slower because a sanitizer looks on.

inline constexpr bool instrumented = WEIR_SUITES_INSTRUMENTED;

/// A number of rounds: what it says in a plain build, a tenth under a sanitizer, and at least one.
constexpr int rounds(int plain) { return instrumented ? std::max(plain / 10, 1) : plain; }

/// Runs each function in a thread of its own and returns when all have ended.
template <std::invocable... F>
void together(F... functions) {
  [[maybe_unused]] const std::array<std::jthread, sizeof...(F)> threads{
      std::jthread(std::move(functions))...};
}

/// Returns once `true_now()` holds, letting other threads run meanwhile.
template <std::predicate P>
void wait_until(P true_now) {
  while (!true_now()) std::this_thread::yield();
}

/// An element that carries nothing: a signal.
struct unit {
  friend bool operator==(unit, unit) = default;
};

/// A case's handler for when only the index matters.
inline constexpr auto ignore = [](auto&&...) {};

/// A handler of a case that must not run.
inline constexpr auto fail_if_run = [](auto&&...) { ADD_FAILURE() << "this case must not run"; };

}  // namespace weir::suites
