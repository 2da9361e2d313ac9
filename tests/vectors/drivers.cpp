// The algorithms that have vectors.
#include "tests/vectors/replay.hpp"

namespace weir::vectors {

made aimd(const arguments& options);
made codel(const arguments& options);
made gradient2(const arguments& options);
made lane_schedule(const arguments& options);
made prng(const arguments& options);
made sizing(const arguments& options);
made token_bucket(const arguments& options);
made vegas(const arguments& options);
made worker_scaler(const arguments& options);

std::span<const driver> drivers() {
  static constexpr driver all[] = {
      {"aimd", aimd},
      {"codel", codel},
      {"gradient2", gradient2},
      {"lane_schedule", lane_schedule},
      {"prng", prng},
      {"sizing", sizing},
      {"token_bucket", token_bucket},
      {"vegas", vegas},
      {"worker_scaler", worker_scaler},
  };
  return all;
}

}  // namespace weir::vectors
