#include "tests/vectors/replay.hpp"

#include <weir/control/worker_scaler.hpp>

namespace weir::vectors {

namespace {

class worker_scaler_subject : public subject {
 public:
  explicit worker_scaler_subject(const control::worker_scaler_options& options) : scaler_(options) {}

  results step(const arguments& s) override {
    if (s.op() != "decide") unknown(s);
    control::load_sample load;
    s.read("workers", load.workers);
    s.read("depth", load.depth);
    s.read("capacity", load.capacity);
    s.read("arrival_per_second", load.arrival_per_second);
    s.read("service_ns", load.service);
    return {{"change", scaler_.decide(s.now(), load)}};
  }

 private:
  control::worker_scaler scaler_;
};

}  // namespace

made worker_scaler(const arguments& in) {
  control::worker_scaler_options options;
  in.read("min", options.min);
  in.read("max", options.max);
  in.read("rule", options.rule, {"threshold", "little"});
  in.read("interval_ns", options.interval);
  in.read("grow_above", options.grow_above);
  in.read("shrink_below", options.shrink_below);
  in.read("target_utilization", options.target_utilization);
  in.read("shrink_utilization", options.shrink_utilization);
  in.read("shrink_after_ns", options.shrink_after);
  if (const auto bad = refusal<control::worker_scaler>(options)) return std::unexpected(*bad);
  return std::make_unique<worker_scaler_subject>(options);
}

}  // namespace weir::vectors
