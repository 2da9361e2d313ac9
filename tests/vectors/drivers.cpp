// The algorithms that have vectors.
#include "tests/vectors/replay.hpp"

namespace weir::vectors {

made adaptive_throttle(const arguments& options);
made aimd(const arguments& options);
made backoff(const arguments& options);
made circuit_breaker(const arguments& options);
made codel(const arguments& options);
made expected_wait(const arguments& options);
made gradient2(const arguments& options);
made lane_schedule(const arguments& options);
made prng(const arguments& options);
made retry_budget(const arguments& options);
made sampler(const arguments& options);
made sizing(const arguments& options);
made token_bucket(const arguments& options);
made vegas(const arguments& options);
made worker_scaler(const arguments& options);

std::span<const driver> drivers() {
  static constexpr driver all[] = {
      {"adaptive_throttle", adaptive_throttle},
      {"aimd", aimd},
      {"backoff", backoff},
      {"circuit_breaker", circuit_breaker},
      {"codel", codel},
      {"expected_wait", expected_wait},
      {"gradient2", gradient2},
      {"lane_schedule", lane_schedule},
      {"prng", prng},
      {"retry_budget", retry_budget},
      {"sampler", sampler},
      {"sizing", sizing},
      {"token_bucket", token_bucket},
      {"vegas", vegas},
      {"worker_scaler", worker_scaler},
  };
  return all;
}

}  // namespace weir::vectors
