// A mutex with two condition variables. It has no rendezvous.

#include <bench/harness/condvar_queue.hpp>
#include <bench/peers/channel_program.hpp>

#include <stdexcept>

int main(int argc, char** argv) {
  using namespace weir::bench;
  return channel_program(argc, argv, [](const channel_cell& cell) {
    if (cell.capacity == 0)
      throw std::invalid_argument("--capacity 0: there is no hand-over without a place");
    return between_threads<condvar_queue>(cell);
  });
}
