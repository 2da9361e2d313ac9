// Boost.Asio's concurrent_channel between coroutines, on as many threads as there are processors.

#include <bench/peers/channel_program.hpp>

#include <weir/base/hardware.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstdint>

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using namespace weir::bench;

template <class Parcel>
using channel = asio::experimental::concurrent_channel<void(boost::system::error_code, Parcel)>;

template <class Parcel>
awaitable<void> send_share(channel<Parcel>& ch, share mine) {
  for (std::uint64_t n = 0; n < mine.count; ++n)
    co_await ch.async_send({}, Parcel::of(mine.first + n), use_awaitable);
}

template <class Parcel>
awaitable<void> receive(channel<Parcel>& ch, std::uint64_t count, std::atomic<std::uint64_t>& sum) {
  std::uint64_t own = 0;
  for (; count > 0; --count) {
    const Parcel got = co_await ch.async_receive(use_awaitable);
    own += got.sum();
  }
  sum.fetch_add(own, std::memory_order_relaxed);  // read after the threads have been joined
}

template <class Parcel>
awaitable<void> serve(channel<Parcel>& there, channel<Parcel>& back, std::uint64_t count,
                      std::atomic<std::uint64_t>& sum) {
  std::uint64_t own = 0;
  for (std::uint64_t n = 1; n <= count; ++n) {
    co_await there.async_send({}, Parcel::of(n), use_awaitable);
    const Parcel got = co_await back.async_receive(use_awaitable);
    own += got.sum();
  }
  sum = own;
}

template <class Parcel>
awaitable<void> give_back(channel<Parcel>& there, channel<Parcel>& back, std::uint64_t count) {
  for (; count > 0; --count) {
    const Parcel got = co_await there.async_receive(use_awaitable);
    co_await back.async_send({}, got, use_awaitable);
  }
}

template <class Parcel>
channel_reading between_coroutines(const channel_cell& cell) {
  const std::size_t threads = weir::hardware();
  asio::io_context context(static_cast<int>(threads));
  channel<Parcel> there(context, cell.capacity), back(context, cell.capacity);
  std::atomic<std::uint64_t> sum = 0;
  if (cell.ping_pong) {
    co_spawn(context, serve<Parcel>(there, back, cell.items, sum), asio::detached);
    co_spawn(context, give_back<Parcel>(there, back, cell.items), asio::detached);
  } else {
    for (std::size_t i = 0; i < cell.producers; ++i)
      co_spawn(context, send_share<Parcel>(there, share_of(cell, i)), asio::detached);
    for (std::size_t i = 0; i < cell.consumers; ++i)
      co_spawn(context, receive<Parcel>(there, cell.items / cell.consumers, sum), asio::detached);
  }
  const spent cost = race(threads, [&](std::size_t) { context.run(); });
  return {cost, sum.load(std::memory_order_relaxed)};
}

}  // namespace

int main(int argc, char** argv) {
  return channel_program(argc, argv, [](const channel_cell& cell) {
    return with_parcel(cell, [&]<class Parcel>() { return between_coroutines<Parcel>(cell); });
  });
}
