// weir's channel between threads.

#include <bench/harness/weir_queue.hpp>
#include <bench/peers/channel_program.hpp>

int main(int argc, char** argv) {
  using namespace weir::bench;
  return channel_program(argc, argv, between_threads<weir_queue>);
}
