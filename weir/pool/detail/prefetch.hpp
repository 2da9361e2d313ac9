// A hint that memory will be written soon. What it names is neither read nor written; any address will do.
#pragma once

namespace weir::detail {

/// Asks for the cache line at `where` in a state to write to: a line that another processor wrote last is
/// then here when it is needed. (The compiler's own hint only reads, unless told of a newer processor.)
inline void prefetch_to_write(const void* where) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw (%0)" : : "r"(where));
#else
  __builtin_prefetch(where, 1);
#endif
}

}  // namespace weir::detail
