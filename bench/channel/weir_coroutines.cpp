// weir's channel between coroutines, on a scheduler with a worker a processor.

#include <bench/peers/channel_program.hpp>

#include <weir/channel/channel.hpp>
#include <weir/exec/task.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace {

using namespace weir::bench;

// Operations are named before they are awaited: g++ 12 destroys what stands in a co_await twice.

template <class Parcel>
weir::task<> send_share(weir::channel<Parcel>& ch, share mine) {
  for (std::uint64_t n = 0; n < mine.count; ++n) {
    Parcel value = Parcel::of(mine.first + n);
    auto sending = ch.async_send(std::move(value));
    if (!co_await sending) std::abort();  // never closed
  }
}

template <class Parcel>
weir::task<> receive(weir::channel<Parcel>& ch, std::uint64_t count, std::atomic<std::uint64_t>& sum) {
  std::uint64_t own = 0;
  for (; count > 0; --count) {
    auto receiving = ch.async_receive();
    const auto got = co_await receiving;
    own += got->sum();
  }
  sum.fetch_add(own, std::memory_order_relaxed);  // read when the scheduler has drained
}

template <class Parcel>
weir::task<> serve(weir::channel<Parcel>& there, weir::channel<Parcel>& back, std::uint64_t count,
                   std::atomic<std::uint64_t>& sum) {
  std::uint64_t own = 0;
  for (std::uint64_t n = 1; n <= count; ++n) {
    Parcel value = Parcel::of(n);
    auto sending = there.async_send(std::move(value));
    if (!co_await sending) std::abort();
    auto receiving = back.async_receive();
    const auto got = co_await receiving;
    own += got->sum();
  }
  sum.store(own, std::memory_order_relaxed);
}

template <class Parcel>
weir::task<> give_back(weir::channel<Parcel>& there, weir::channel<Parcel>& back, std::uint64_t count) {
  for (; count > 0; --count) {
    auto receiving = there.async_receive();
    auto got = co_await receiving;
    auto sending = back.async_send(std::move(*got));
    if (!co_await sending) std::abort();
  }
}

template <class Parcel>
channel_reading between_coroutines(const channel_cell& cell) {
  weir::scheduler scheduler;
  weir::channel<Parcel> there(cell.capacity), back(cell.capacity);
  std::atomic<std::uint64_t> sum = 0;
  const stopwatch watch;
  if (cell.ping_pong) {
    spawn(scheduler, serve(there, back, cell.items, sum));
    spawn(scheduler, give_back(there, back, cell.items));
  } else {
    for (std::size_t i = 0; i < cell.producers; ++i) spawn(scheduler, send_share(there, share_of(cell, i)));
    for (std::size_t i = 0; i < cell.consumers; ++i)
      spawn(scheduler, receive(there, cell.items / cell.consumers, sum));
  }
  scheduler.drain();
  const spent cost = watch.read();
  return {cost, sum.load(std::memory_order_relaxed)};
}

// As many receivers as the cell has wait; nothing comes.
spent while_all_wait(const channel_cell& cell, weir::duration length) {
  weir::scheduler scheduler;
  weir::channel<parcel<8>> ch(cell.capacity);
  const auto wait = [](weir::channel<parcel<8>>& on) -> weir::task<> {
    auto receiving = on.async_receive();
    (void)co_await receiving;
  };
  for (std::size_t i = 0; i < cell.consumers; ++i) spawn(scheduler, wait(ch));
  const spent cost = watched([&] { return ch.stats().waiting_receivers == cell.consumers; }, length);
  ch.close();
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  return channel_program(
      argc, argv,
      [](const channel_cell& cell) {
        return with_parcel(cell, [&]<class Parcel>() { return between_coroutines<Parcel>(cell); });
      },
      while_all_wait);
}
