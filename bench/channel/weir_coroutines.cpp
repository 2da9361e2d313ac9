// weir's channel between coroutines.

#include <bench/harness/between_coroutines.hpp>
#include <bench/peers/channel_program.hpp>

namespace {

using namespace weir::bench;

weir::task<> wait_on(weir::channel<parcel<8>>& ch) {
  auto receiving = ch.async_receive();
  (void)co_await receiving;
}

// As many receivers as the cell has wait; nothing comes.
spent while_all_wait(const channel_cell& cell, weir::duration length) {
  weir::scheduler workers;
  weir::channel<parcel<8>> ch(cell.capacity);
  for (std::size_t i = 0; i < cell.consumers; ++i) spawn(workers, wait_on(ch));
  const spent cost = watched([&] { return ch.stats().waiting_receivers == cell.consumers; }, length);
  ch.close();
  return cost;
}

}  // namespace

int main(int argc, char** argv) { return channel_program(argc, argv, between_coroutines, while_all_wait); }
