#include <weir/base/hardware.hpp>
#include <weir/base/resumption.hpp>
#include <weir/base/thread_random.hpp>
#include <weir/exec/scheduler.hpp>

#include <algorithm>
#include <coroutine>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace weir {

namespace {

using namespace std::chrono_literals;

// Moving a coroutine to another processor costs about as much as waking that processor: 9 us were measured
// for the waker alone (docs: decisions). What would have run sooner than that stays where it is.
constexpr duration stuck_after = 5us;    // the worker has run one coroutine for that long
constexpr duration worth_moving = 20us;  // the last one in the ring would wait that long
constexpr duration first_watch = 50us;   // between looks, doubling
constexpr duration longest_watch = 1ms;  // half a per cent of a processor
constexpr unsigned patience = 16;        // looks at nothing but sleepers until the watcher stops
constexpr unsigned ready_every = 61;     // runs, after which what came from outside has its turn
constexpr int search_rounds = 16;        // of about half a microsecond
constexpr int pauses_a_round = 12;

}  // namespace

scheduler::scheduler(std::size_t workers) {
  const std::size_t n = workers != 0 ? workers : hardware();
  const auto sharing = n > 1 ? detail::run_queue<>::sharing::with_others : detail::run_queue<>::sharing::none;
  workers_.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    workers_.push_back(std::make_unique<detail::worker>(*this, sharing));
    workers_.back()->sights.resize(n);
  }
  running_ = n;
  try {
    for (auto& w : workers_) w->thread = std::thread([&w = *w] { w.run(); });
  } catch (...) {
    stop_and_join();
    throw;
  }
}

scheduler::~scheduler() {
  drain();
  stop_and_join();
}

void scheduler::stop_and_join() noexcept {
  for (bool more = true; more;) {
    bed* roused = nullptr;
    {
      const std::lock_guard hold(lock_);
      stopping_ = true;
      coming_ = false;  // all of them are to come
      roused = rouse();
      more = roused != nullptr;
    }
    if (roused != nullptr) roused->finish();
  }
  for (auto& w : workers_) {
    if (w->thread.joinable()) w->thread.join();
  }
}

void scheduler::drain() {
  if (runs_this_thread()) {
    throw std::logic_error("weir: drain on a worker of the scheduler would wait for itself; call it outside");
  }
  drainer me;
  {
    const std::lock_guard hold(lock_);
    if (is_quiet()) return;
    me.next = drainers_;
    drainers_ = &me;
  }
  me.parker.wait(never);
}

void scheduler::ended() noexcept {
  if (runs_this_thread()) {  // it goes to sleep before all is quiet, and looks then
    live_.fetch_sub(1, std::memory_order_release);
    return;
  }
  drainer* told = nullptr;
  {
    const std::lock_guard hold(lock_);
    live_.fetch_sub(1, std::memory_order_release);
    told = take_drainers_if_quiet();
  }
  tell(told);
}

bool scheduler::is_quiet() const noexcept {
  return live_.load(std::memory_order_acquire) == 0 && running_ == 0 && ready_.size() == 0;
}

scheduler::drainer* scheduler::take_drainers_if_quiet() noexcept {
  return is_quiet() ? std::exchange(drainers_, nullptr) : nullptr;
}

void scheduler::tell(drainer* d) noexcept {
  while (d != nullptr) {
    drainer* const next = d->next;  // it may be gone once it is told
    d->parker.finish();
    d = next;
  }
}

void scheduler::note_watch() noexcept {
  needs_watch_.store(watcher_ == nullptr && idle_ != nullptr && !coming_ && !stopping_,
                     std::memory_order_relaxed);
}

/// Takes a sleeper off, for the caller to tell after unlocking; null when there is none, or one is on its
/// way already: it will rouse the next.
scheduler::bed* scheduler::rouse() noexcept {
  if (coming_) return nullptr;
  detail::worker* w = idle_;
  if (w != nullptr) {
    idle_ = w->next_idle;
  } else {
    w = std::exchange(watcher_, nullptr);
  }
  if (w == nullptr) return nullptr;
  ++running_;
  coming_ = true;
  w->was_roused = true;
  note_watch();
  return std::exchange(w->bed, nullptr);
}

void scheduler::post_from_outside(void* item) noexcept {
  bed* roused = nullptr;
  {
    const std::lock_guard hold(lock_);
    ready_.push(item);
    roused = rouse();
  }
  if (roused != nullptr) roused->finish();
}

void scheduler::share(void* item) noexcept { post_from_outside(item); }

/// Somebody sleeps and nobody watches: one of them is to look for work and then to watch.
void scheduler::appoint() noexcept {
  bed* roused = nullptr;
  {
    const std::lock_guard hold(lock_);
    if (needs_watch_.load(std::memory_order_relaxed)) roused = rouse();
  }
  if (roused != nullptr) roused->finish();
}

void* scheduler::take_one_ready() noexcept {
  if (ready_.size() == 0) return nullptr;
  const std::lock_guard hold(lock_);
  return ready_.pop();
}

/// A fair part of what is ready, the first of it returned, the rest into the queue of `w`, which is empty.
void* scheduler::take_ready(detail::worker& w) noexcept {
  if (ready_.size() == 0 && !w.was_roused) return nullptr;
  void* first = nullptr;
  bed* roused = nullptr;
  {
    const std::lock_guard hold(lock_);
    if (std::exchange(w.was_roused, false)) coming_ = false;
    const std::size_t part = (ready_.size() + workers_.size() - 1) / workers_.size();
    first = ready_.pop();
    for (std::size_t n = 1; n < std::min<std::size_t>(part, detail::run_queue<>::places / 2); ++n) {
      static_cast<void>(w.queue.push(ready_.pop()));  // it was empty: there is room
    }
    if (ready_.size() != 0) roused = rouse();
    note_watch();
  }
  if (roused != nullptr) roused->finish();
  return first;
}

/// Work for a worker that has none; waits for it. Null: the scheduler ends.
void* scheduler::find(detail::worker& w) noexcept {
  auto risen = wakeup::told;
  for (;;) {
    if (void* const item = take_ready(w)) {
      w.fruitless = 0;
      return item;
    }
    if (workers_.size() > 1) {
      if (void* const item = risen == wakeup::timer ? look(w) : search(w)) {
        w.fruitless = 0;
        pass_watch_on();
        return item;
      }
    }
    ++w.fruitless;
    risen = sleep(w);
    if (risen == wakeup::end) return nullptr;
    if (risen == wakeup::told) w.fruitless = 0;
  }
}

/// After stealing: where there was too much for one, there may be too much for two.
void scheduler::pass_watch_on() noexcept {
  bed* roused = nullptr;
  {
    const std::lock_guard hold(lock_);
    note_watch();
    if (needs_watch_.load(std::memory_order_relaxed)) roused = rouse();
  }
  if (roused != nullptr) roused->finish();
}

/// Looks at the others for a few microseconds, unless somebody does so already.
void* scheduler::search(detail::worker& w) noexcept {
  if (searching_.load(std::memory_order_relaxed) || searching_.exchange(true, std::memory_order_acq_rel)) {
    return nullptr;
  }
  void* item = nullptr;
  const int rounds = detail::many_processors() ? search_rounds : 1;
  for (int round = 0; item == nullptr && round < rounds; ++round) {
    for (int i = 0; i < pauses_a_round; ++i) detail::native_atomics::pause();
    if (ready_.size() != 0) break;
    item = look(w);
  }
  searching_.store(false, std::memory_order_release);
  return item;
}

/// One look at each of the others. Takes from the first whose work has waited, or would wait, for too long.
void* scheduler::look(detail::worker& w) noexcept {
  const time_point now = clock::now();
  const std::size_t start = detail::thread_random_below(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const std::size_t number = (start + i) % workers_.size();
    detail::worker& other = *workers_[number];
    if (&other == &w) continue;
    detail::worker::sight& last = w.sights[number];
    const std::uint64_t runs = other.runs.load(std::memory_order_relaxed);
    const std::size_t queued = other.queue.size();
    void* const next = other.queue.next();
    const bool stuck = last.waiting && runs == last.runs;
    const duration since = now - last.at;
    const bool known = last.waiting;
    const std::uint64_t ran = runs - last.runs;
    if (!stuck) last = {runs, now, queued != 0 || next != nullptr};
    void* item = nullptr;
    if (stuck && since >= stuck_after) {
      item = w.queue.steal_from(other.queue);
      if (item == nullptr) item = other.queue.steal_next(next);
    } else if (known && !stuck && queued != 0 &&
               since * static_cast<duration::rep>(queued) / static_cast<duration::rep>(ran) >= worth_moving) {
      item = w.queue.steal_from(other.queue);
    }
    if (item != nullptr) {
      last.waiting = false;
      return item;
    }
  }
  return nullptr;
}

/// Sleeps until there may be something to do.
scheduler::wakeup scheduler::sleep(detail::worker& w) noexcept {
  bed mine;
  time_point until = never;
  drainer* told = nullptr;
  {
    const std::lock_guard hold(lock_);
    if (ready_.size() != 0) return wakeup::told;
    if (stopping_) return wakeup::end;
    --running_;
    if (workers_.size() > 1 && watcher_ == nullptr && (running_ != 0 || w.fruitless <= patience)) {
      watcher_ = &w;
      until = from_now(std::min(longest_watch, first_watch * (1 << std::min(w.fruitless, 5u))));
    } else {
      w.next_idle = idle_;
      idle_ = &w;
    }
    w.bed = &mine;
    note_watch();
    told = take_drainers_if_quiet();
  }
  tell(told);
  if (mine.wait(until) == bed::reason::done) return wakeup::told;
  {
    const std::lock_guard hold(lock_);
    if (watcher_ == &w) {
      watcher_ = nullptr;
      w.bed = nullptr;
      ++running_;
      return wakeup::timer;
    }
  }
  mine.wait_done();  // somebody has taken us off, and is about to tell
  return wakeup::told;
}

namespace detail {

void worker::run() noexcept {
  this_worker = this;
  std::uint64_t n = 0;
  unsigned until_ready = ready_every;
  for (;;) {
    void* item = nullptr;
    if (--until_ready == 0) {
      until_ready = ready_every;
      item = home.take_one_ready();
    }
    if (item == nullptr) item = queue.pop();
    if (item == nullptr) item = home.find(*this);
    if (item == nullptr) return;
    runs.store(++n, std::memory_order_relaxed);
    operations_left = operations;
    std::coroutine_handle<>::from_address(item).resume();
  }
}

}  // namespace detail

}  // namespace weir
