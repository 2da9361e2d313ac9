// weir's pools.

#include <bench/harness/weir_pools.hpp>
#include <bench/peers/pool_program.hpp>

int main(int argc, char** argv) {
  using namespace weir::bench;
  return pool_program(argc, argv,
                      {contender<weir_task_pool>("task_pool"), contender<weir_worker_pool>("worker_pool"),
                       contender<weir_worker_pool_by_16>("worker_pool_by_16"),
                       contender<weir_worker_pool_by_16_yielding>("worker_pool_by_16_yielding")});
}
