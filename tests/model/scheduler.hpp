// What the controlled atomics ask of the execution that runs: see engine.hpp for what it is.
//
// Invariants: exactly one fiber runs; a fiber leaves only in these functions. A thread is ready, blocked (on
// a word, perhaps until a deadline, or, thread 0, on the end of the others) or ended; a ready one that
// yielded is passed over until each thread that was ready then has made a step or cannot make one.
#pragma once

#include "memory.hpp"

#include <weir/base/time.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace model {

/// True inside a scenario, false in the code around it.
bool running() noexcept;
/// Who runs, from 0.
thread_index self() noexcept;

// Atomics, by the index that atomic_made() gave. Values are bits. Each but atomic_made() and atomic_gone() is
// a step.

std::size_t atomic_made(const void* address, std::uint64_t value);
void atomic_gone(std::size_t index, const void* address);
std::uint64_t atomic_load(std::size_t index, const void* address, std::memory_order order);
void atomic_store(std::size_t index, const void* address, std::uint64_t value, std::memory_order order);

using update = std::uint64_t (*)(std::uint64_t old, std::uint64_t operand);
/// The value before.
std::uint64_t atomic_update(std::size_t index, const void* address, const char* name, update how,
                            std::uint64_t operand, std::memory_order order);

enum class strength { strong, weak };
bool atomic_compare_exchange(std::size_t index, const void* address, std::uint64_t& expected,
                             std::uint64_t desired, strength how, std::memory_order success,
                             std::memory_order failure);

// The futex, time, and giving way.

/// False when the deadline passed.
bool wait_on(std::size_t index, const void* address, std::uint32_t expected, weir::time_point deadline);
void wake_one(const void* address);
weir::time_point now();
void give_way();

// Plain memory, checked for races; no steps.

void plain_read(const void* address, const char* what);
void plain_write(const void* address, const char* what);

/// While one lives, what its thread does to atomics may be unordered with their beginning and end: the
/// standard library orders it (stop callbacks), by atomics that are not the model's.
class ordered_elsewhere {
 public:
  ordered_elsewhere() noexcept;
  ordered_elsewhere(const ordered_elsewhere&) = delete;
  ordered_elsewhere& operator=(const ordered_elsewhere&) = delete;
  ~ordered_elsewhere();
};

}  // namespace model
