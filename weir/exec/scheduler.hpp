// Many coroutines on few threads.
//
// Each worker runs what its own coroutines wake (run_queue.hpp), so that a hand-over between coroutines of
// one worker is a few instructions and keeps to one cache. What is posted by other threads goes into one list
// under a lock, and wakes a worker that sleeps. Work moves between workers only when that pays: a worker
// without any looks at the others, and takes from one whose next coroutine has waited longer than moving it
// costs (worker.hpp). While somebody works, one worker that sleeps does so with a timer and looks again; when
// nobody does, all sleep without one.
//
// Invariants, under lock_: running_ counts the workers that are not asleep; a worker goes to sleep only when
// its own queue and ready_ are empty; so running_ == 0 and an empty ready_ mean that nothing is ready. A
// worker taken off idle_ or from watcher_ counts as running from then on, and waits for its parker to be
// told. At most one worker at a time is `coming_` (taken off, not yet back at the lock) and at most one
// searches. Thread-safety: all of it but construction and destruction.
#pragma once

#include <weir/base/futex.hpp>
#include <weir/base/parker.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/exec/ready_list.hpp>
#include <weir/exec/worker.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <vector>

namespace weir {

namespace detail {
struct scheduler_access;
}

class scheduler {
 public:
  /// Starts that many threads, at least one; 0: hardware(). std::system_error when one cannot be started.
  explicit scheduler(std::size_t workers = 0);
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  /// Drains, then ends its threads. Not on one of them.
  ~scheduler();

  /// Resumes `h` on a worker: on the one that calls this next, else after what is there already. Allocates
  /// only when more is ready at once than ever before; out of memory then ends the program. An exception
  /// that leaves `h.resume()` ends it too.
  void post(std::coroutine_handle<> h) noexcept {
    detail::worker* const w = detail::this_worker;
    if (w != nullptr && &w->home == this) {
      w->wake(h.address());
    } else {
      post_from_outside(h.address());
    }
  }

  /// Waits until no spawned task is left and nothing is ready to run. More may be spawned meanwhile and
  /// afterwards. On one of its own workers: std::logic_error.
  void drain();

  [[nodiscard]] std::size_t workers() const noexcept { return workers_.size(); }
  /// Whether the calling thread is one of its workers.
  [[nodiscard]] bool runs_this_thread() const noexcept {
    return detail::this_worker != nullptr && &detail::this_worker->home == this;
  }

 private:
  friend detail::worker;
  friend detail::scheduler_access;
  using bed = detail::parker<>;
  struct drainer {
    detail::parker<> parker;
    drainer* next = nullptr;
  };
  enum class wakeup { told, timer, end };

  void post_from_outside(void* item) noexcept;
  void began() noexcept { live_.fetch_add(1, std::memory_order_relaxed); }
  void ended() noexcept;
  void stop_and_join() noexcept;

  // For workers: the way to sleep and back.
  void* find(detail::worker& w) noexcept;
  void* take_ready(detail::worker& w) noexcept;
  void* take_one_ready() noexcept;
  void* search(detail::worker& w) noexcept;
  void* look(detail::worker& w) noexcept;
  wakeup sleep(detail::worker& w) noexcept;
  void share(void* item) noexcept;
  void appoint() noexcept;
  void pass_watch_on() noexcept;

  // Under lock_.
  bed* rouse() noexcept;
  void note_watch() noexcept;
  bool is_quiet() const noexcept;
  drainer* take_drainers_if_quiet() noexcept;
  static void tell(drainer* d) noexcept;

  detail::short_lock<> lock_;
  detail::ready_list ready_;
  std::size_t running_ = 0;
  bool coming_ = false;
  bool stopping_ = false;
  detail::worker* idle_ = nullptr;     // asleep without a timer
  detail::worker* watcher_ = nullptr;  // asleep with one
  drainer* drainers_ = nullptr;
  // Somebody sleeps and nobody watches: written under the lock, read by workers as a hint, no partner.
  std::atomic<bool> needs_watch_{false};
  std::atomic<bool> searching_{false};  // only the exchange has to be one; no partner
  // Spawned and not ended. The release of each decrement pairs with the acquire in is_quiet().
  std::atomic<std::size_t> live_{0};
  std::vector<std::unique_ptr<detail::worker>> workers_;
};

namespace detail {

/// How tasks count themselves.
struct scheduler_access {
  static void began(scheduler& s) noexcept { s.began(); }
  static void ended(scheduler& s) noexcept { s.ended(); }
  /// As post(), but on a worker after what is ready there already.
  static void start(scheduler& s, std::coroutine_handle<> h) noexcept {
    if (s.runs_this_thread()) {
      this_worker->put_last(h.address());
    } else {
      s.post_from_outside(h.address());
    }
  }
};

inline void worker::wake(void* item) noexcept {
  if (void* const spilled = queue.hand_over(item)) home.share(spilled);
  if (home.needs_watch_.load(std::memory_order_relaxed)) home.appoint();
}

inline void worker::put_last(void* item) noexcept {
  if (!queue.push(item)) home.share(item);
  if (home.needs_watch_.load(std::memory_order_relaxed)) home.appoint();
}

inline bool worker::has_others() const noexcept {
  return queue.next() != nullptr || queue.size() != 0 || home.ready_.size() != 0;
}

}  // namespace detail

}  // namespace weir
