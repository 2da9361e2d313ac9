// Boost.Fiber's channels between fibers, which as many threads as there are processors share. A
// buffered_channel wants a power of two and leaves one of its places empty; capacity 0 is its
// unbuffered_channel.

#include <bench/peers/channel_program.hpp>

#include <weir/base/hardware.hpp>

#include <boost/fiber/algo/shared_work.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/unbuffered_channel.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace {

namespace fibers = boost::fibers;
using namespace weir::bench;

template <class T>
class buffered {
 public:
  explicit buffered(std::size_t capacity) : channel_(std::bit_ceil(std::max<std::size_t>(capacity, 2))) {}
  void put(const T& value) { channel_.push(value); }
  T take() { return channel_.value_pop(); }

 private:
  fibers::buffered_channel<T> channel_;
};

template <class T>
class unbuffered {
 public:
  explicit unbuffered(std::size_t) {}
  void put(const T& value) { channel_.push(value); }
  T take() { return channel_.value_pop(); }

 private:
  fibers::unbuffered_channel<T> channel_;
};

// Runs each as a fiber. The first thread launches them and waits; the others have nothing but what they take
// from it, until it says that all have ended.
spent run_as_fibers(const std::vector<std::function<void()>>& runners) {
  fibers::mutex mutex;
  fibers::condition_variable all_ended;
  bool ended = false;
  return race(weir::hardware(), [&](std::size_t i) {
    fibers::use_scheduling_algorithm<fibers::algo::shared_work>(true);  // true: sleeps when there is no work
    std::unique_lock lock(mutex, std::defer_lock);
    if (i > 0) {
      lock.lock();
      all_ended.wait(lock, [&] { return ended; });
      return;
    }
    std::vector<fibers::fiber> running;
    for (const auto& run : runners) running.emplace_back(fibers::launch::post, run);
    for (fibers::fiber& f : running) f.join();
    lock.lock();
    ended = true;
    lock.unlock();
    all_ended.notify_all();
  });
}

template <class Queue, class Parcel>
channel_reading move_between_fibers(const channel_cell& cell) {
  Queue there(cell.capacity), back(cell.capacity);
  std::atomic<std::uint64_t> sum = 0;  // read after the threads have been joined
  std::vector<std::function<void()>> runners;
  if (cell.ping_pong) {
    runners.emplace_back([&] {
      for (std::uint64_t n = 1; n <= cell.items; ++n) {
        there.put(Parcel::of(n));
        sum.fetch_add(back.take().sum(), std::memory_order_relaxed);
      }
    });
    runners.emplace_back([&] {
      for (std::uint64_t n = 0; n < cell.items; ++n) back.put(there.take());
    });
    const spent cost = run_as_fibers(runners);
    return {cost, sum};
  }
  for (std::size_t i = 0; i < cell.producers; ++i)
    runners.emplace_back([&, mine = share_of(cell, i)] {
      for (std::uint64_t n = 0; n < mine.count; ++n) there.put(Parcel::of(mine.first + n));
    });
  for (std::size_t i = 0; i < cell.consumers; ++i)
    runners.emplace_back([&] {
      std::uint64_t own = 0;
      for (std::uint64_t n = cell.items / cell.consumers; n > 0; --n) own += there.take().sum();
      sum.fetch_add(own, std::memory_order_relaxed);
    });
  const spent cost = run_as_fibers(runners);
  return {cost, sum};
}

}  // namespace

int main(int argc, char** argv) {
  return channel_program(argc, argv, [](const channel_cell& cell) {
    return with_parcel(cell, [&]<class Parcel>() {
      return cell.capacity == 0 ? move_between_fibers<unbuffered<Parcel>, Parcel>(cell)
                                : move_between_fibers<buffered<Parcel>, Parcel>(cell);
    });
  });
}
