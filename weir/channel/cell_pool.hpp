// Places for the values of a channel.
//
// Why not a ring of slots: a slot's moved-from value must be destroyed before the slot is used again, and
// destroying is user code, which may block or use the channel, so it must not happen under the lock. Here a
// receiver takes the cell away under the lock, moves and destroys outside of it, and gives the cell back.
// While k receivers are in between, k more cells than the capacity are in use; the spare ones cover the usual
// k, the heap the rest.
//
// Invariants: a cell is in one place: fresh in a block, free, returned, in the channel's queue, or with one
// thread. Memory is touched when a cell is first used, so a large capacity costs address space until then.
// Thread-safety: acquire(), release() and add_block() are called under the channel's lock; give_back() by
// anyone. Orders: the release in give_back() pairs with the acquire of the exchange in acquire().
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

namespace weir::detail {

template <class T>
struct cell {
  cell* next = nullptr;
  union {
    T value;
  };
  cell() noexcept {}
  ~cell() {}
};

/// A FIFO of cells with values in them; owns nothing.
template <class T>
struct cell_queue {
  cell<T>* first = nullptr;
  cell<T>* last = nullptr;

  void push(cell<T>* c) noexcept {
    c->next = nullptr;
    (last ? last->next : first) = c;
    last = c;
  }
  cell<T>* pop() noexcept {
    cell<T>* const c = first;
    if (c == nullptr) return nullptr;
    first = c->next;
    if (first == nullptr) last = nullptr;
    return c;
  }
};

template <class T, class Atomics>
class cell_pool {
 public:
  /// Cells beside the capacity, for receivers between taking a cell and giving it back.
  static constexpr std::size_t spare = 16;

  struct block {
    block* next;
    std::size_t used;
    std::size_t count;
    cell<T>* cells() noexcept {
      return reinterpret_cast<cell<T>*>(reinterpret_cast<std::byte*>(this) + head);
    }
    static constexpr std::size_t align = std::max(alignof(cell<T>), alignof(std::max_align_t));
    static constexpr std::size_t head = (3 * sizeof(void*) + align - 1) / align * align;
  };
  struct free_block {
    void operator()(block* b) const noexcept { ::operator delete(b, std::align_val_t{block::align}); }
  };
  using block_ptr = std::unique_ptr<block, free_block>;

  cell_pool() = default;
  cell_pool(const cell_pool&) = delete;
  cell_pool& operator=(const cell_pool&) = delete;
  ~cell_pool() {
    for (block* list : {fresh_, spent_}) {
      while (list != nullptr) list = block_ptr(list)->next;
    }
  }

  /// Room for `count` cells. std::length_error when no address space could hold it, std::bad_alloc when there
  /// is none.
  static block_ptr make_block(std::size_t count) {
    constexpr std::size_t most = std::size_t{std::numeric_limits<std::ptrdiff_t>::max()} - block::head;
    if (count > most / sizeof(cell<T>))
      throw std::length_error("weir::channel: capacity exceeds the address space");
    void* const memory =
        ::operator new(block::head + count * sizeof(cell<T>), std::align_val_t{block::align});
    return block_ptr(new (memory) block{nullptr, 0, count});
  }

  void add_block(block_ptr b) noexcept {
    block*& list = b->used < b->count ? fresh_ : spent_;
    b->next = list;
    list = b.release();
  }

  /// A cell without a value; null only when the heap has to help and cannot.
  cell<T>* acquire() noexcept {
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (cell<T>* const c = free_) {
      free_ = c->next;
      return c;
    }
    if (block* const b = fresh_) {
      cell<T>* const c = new (b->cells() + b->used++) cell<T>;
      if (b->used == b->count) {
        fresh_ = b->next;
        b->next = spent_;
        spent_ = b;
      }
      return c;
    }
    return acquire_from_heap();
  }

  /// Gives back an empty cell under the lock.
  void release(cell<T>* c) noexcept {
    c->next = free_;
    free_ = c;
  }

  /// Gives back an empty cell without the lock.
  void give_back(cell<T>* c) noexcept {
    c->next = returned_.load(std::memory_order_relaxed);
    while (
        !returned_.compare_exchange_weak(c->next, c, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

 private:
  cell<T>* acquire_from_heap() noexcept {
    try {
      block_ptr b = make_block(1);
      b->used = 1;
      cell<T>* const c = new (b->cells()) cell<T>;
      add_block(std::move(b));
      return c;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  block* fresh_ = nullptr;  // with cells never used
  block* spent_ = nullptr;
  cell<T>* free_ = nullptr;
  typename Atomics::template atomic<cell<T>*> returned_{nullptr};
};

}  // namespace weir::detail
