// weir's channel between threads.

#include <bench/harness/weir_queue.hpp>
#include <bench/peers/channel_program.hpp>

#include <thread>
#include <vector>

namespace {

using namespace weir::bench;

// As many receivers as the cell has wait; nothing comes.
spent while_all_wait(const channel_cell& cell, weir::duration length) {
  weir::channel<parcel<8>> ch(cell.capacity);
  std::vector<std::jthread> waiting;
  for (std::size_t i = 0; i < cell.consumers; ++i) waiting.emplace_back([&ch] { (void)ch.receive(); });
  const spent cost = watched([&] { return ch.stats().waiting_receivers == cell.consumers; }, length);
  ch.close();
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  return channel_program(argc, argv, between_threads<weir_queue>, while_all_wait);
}
