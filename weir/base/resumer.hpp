// How a suspended coroutine, or anything else that is no thread, is told that what it waits for has happened.
//
// Thread-safety: a value; whoever was handed one calls it once.
#pragma once

namespace weir::detail {

/// A function pointer and its argument, so that who wakes knows no scheduler. The call is made under no lock,
/// allocates nothing, and may be the last that ever touches `context`: the woken one may be gone when it
/// returns.
struct resumer {
  void (*function)(void* context) noexcept = nullptr;
  void* context = nullptr;

  explicit operator bool() const noexcept { return function != nullptr; }
  void operator()() const noexcept { function(context); }
};

}  // namespace weir::detail
