#include <weir/base/timer.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace weir::detail {
namespace {

class timer_thread {
 public:
  void plan(timer_entry& e, time_point at) {
    const std::lock_guard hold(lock_);
    if (e.place != 0) remove(e);
    e.at = at;
    if (!started_) {
      std::thread([this] { run(); }).detach();
      started_ = true;
    }
    heap_.push_back(nullptr);
    e.number = ++planned_;
    rise(heap_.size(), &e);
    if (e.place == 1) sooner_.notify_one();
  }

  void cancel(timer_entry& e) noexcept {
    std::unique_lock hold(lock_);
    if (e.place != 0) remove(e);
    if (std::this_thread::get_id() != thread_) fired_.wait(hold, [&] { return firing_ != &e; });
  }

 private:
  static bool before(const timer_entry* a, const timer_entry* b) noexcept {
    return a->at != b->at ? a->at < b->at : a->number < b->number;
  }
  timer_entry*& at(std::size_t place) noexcept { return heap_[place - 1]; }
  void put(std::size_t place, timer_entry* e) noexcept {
    at(place) = e;
    e->place = place;
  }

  /// `place` is free: puts `e` there or nearer to the front.
  void rise(std::size_t place, timer_entry* e) noexcept {
    for (; place > 1 && before(e, at(place / 2)); place /= 2) put(place, at(place / 2));
    put(place, e);
  }
  /// `place` is free: puts `e` there or nearer to the end.
  void sink(std::size_t place, timer_entry* e) noexcept {
    for (;;) {
      std::size_t child = 2 * place;
      if (child > heap_.size()) break;
      if (child < heap_.size() && before(at(child + 1), at(child))) ++child;
      if (!before(at(child), e)) break;
      put(place, at(child));
      place = child;
    }
    put(place, e);
  }
  void remove(timer_entry& e) noexcept {
    const std::size_t place = std::exchange(e.place, 0);
    timer_entry* const last = heap_.back();
    heap_.pop_back();
    if (last == &e) return;
    if (place > 1 && before(last, at(place / 2))) {
      rise(place, last);
    } else {
      sink(place, last);
    }
  }

  [[noreturn]] void run() noexcept {
    std::unique_lock hold(lock_);
    thread_ = std::this_thread::get_id();
    for (;;) {
      if (heap_.empty()) {
        sooner_.wait(hold);
      } else if (const time_point next = heap_.front()->at; next > clock::now()) {
        sooner_.wait_until(hold, next);
      } else {
        firing_ = heap_.front();
        remove(*heap_.front());
        const resumer fire = firing_->fire;
        hold.unlock();
        fire();
        hold.lock();
        firing_ = nullptr;
        fired_.notify_all();
      }
    }
  }

  std::mutex lock_;
  std::condition_variable sooner_;
  std::condition_variable fired_;
  std::vector<timer_entry*> heap_;
  timer_entry* firing_ = nullptr;
  std::uint64_t planned_ = 0;
  bool started_ = false;
  std::thread::id thread_;
};

timer_thread& timers() {
  static timer_thread* const the_one = new timer_thread;  // its thread outlives every destructor
  return *the_one;
}

}  // namespace

void plan(timer_entry& e) { timers().plan(e, e.at); }

void replan(timer_entry& e, time_point at) { timers().plan(e, at); }

void cancel(timer_entry& e) noexcept { timers().cancel(e); }

}  // namespace weir::detail
