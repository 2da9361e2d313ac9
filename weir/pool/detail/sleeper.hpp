// Whoever waits for a pool, on its own stack.
//
// Invariant: the pool notes under its lock who is to be woken, at most once each, and finishes `sleep` after
// it; that is the last access, so the owner returns only after it.
#pragma once

#include <weir/base/parker.hpp>

namespace weir::detail {

struct sleeper {
  parker<> sleep;
  sleeper* next_woken = nullptr;
};

}  // namespace weir::detail
