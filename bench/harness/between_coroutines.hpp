// The cell between coroutines, on a scheduler with a worker a processor.
//
// Operations are named before they are awaited: g++ 12 destroys what stands in a co_await twice. Nothing is
// ever closed, so no operation can fail.
#pragma once

#include <bench/harness/channel_cell.hpp>

#include <weir/channel/channel.hpp>
#include <weir/exec/task.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace weir::bench {

namespace detail {

template <class Parcel>
task<> send_share(channel<Parcel>& ch, share mine) {
  for (std::uint64_t n = 0; n < mine.count; ++n) {
    Parcel value = Parcel::of(mine.first + n);
    auto sending = ch.async_send(std::move(value));
    if (!co_await sending) std::abort();
  }
}

template <class Parcel>
task<> receive_share(channel<Parcel>& ch, std::uint64_t count, std::atomic<std::uint64_t>& sum) {
  std::uint64_t own = 0;
  for (; count > 0; --count) {
    auto receiving = ch.async_receive();
    const auto got = co_await receiving;
    own += got->sum();
  }
  sum.fetch_add(own, std::memory_order_relaxed);  // read when the scheduler has drained
}

template <class Parcel>
task<> serve(channel<Parcel>& there, channel<Parcel>& back, std::uint64_t count,
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
task<> give_back(channel<Parcel>& there, channel<Parcel>& back, std::uint64_t count) {
  for (; count > 0; --count) {
    auto receiving = there.async_receive();
    auto got = co_await receiving;
    auto sending = back.async_send(std::move(*got));
    if (!co_await sending) std::abort();
  }
}

template <class Parcel>
channel_reading run_coroutines(const channel_cell& cell) {
  scheduler workers;
  channel<Parcel> there(cell.capacity), back(cell.capacity);
  std::atomic<std::uint64_t> sum = 0;
  const stopwatch watch;
  if (cell.ping_pong) {
    spawn(workers, serve(there, back, cell.items, sum));
    spawn(workers, give_back(there, back, cell.items));
  } else {
    for (std::size_t i = 0; i < cell.producers; ++i) spawn(workers, send_share(there, share_of(cell, i)));
    for (std::size_t i = 0; i < cell.consumers; ++i)
      spawn(workers, receive_share(there, cell.items / cell.consumers, sum));
  }
  workers.drain();
  const spent cost = watch.read();
  return {cost, sum.load(std::memory_order_relaxed)};
}

}  // namespace detail

inline channel_reading between_coroutines(const channel_cell& cell) {
  return with_parcel(cell, [&]<class Parcel>() { return detail::run_coroutines<Parcel>(cell); });
}

}  // namespace weir::bench
