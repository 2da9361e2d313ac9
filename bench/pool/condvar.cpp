// Threads over a queue with a mutex and condition variables.

#include <bench/harness/condvar_pools.hpp>
#include <bench/peers/pool_program.hpp>

int main(int argc, char** argv) {
  using namespace weir::bench;
  return pool_program(argc, argv,
                      {contender<condvar_pool>("bounded"), contender<unbounded_condvar_pool>("unbounded")});
}
