// aimd, vegas and gradient2, each behind concurrency_limit.
#include "tests/vectors/replay.hpp"

#include <weir/control/concurrency_limit.hpp>

namespace weir::vectors {

namespace {

class limit_subject : public subject {
 public:
  explicit limit_subject(control::concurrency_limit limit) : limit_(limit) {}

  results step(const arguments& s) override {
    if (s.op() != "sample") unknown(s);
    const auto given = limit_.sample(s.now(), s.get<duration>("rtt_ns"), s.get<std::int64_t>("in_flight"),
                                     s.get<bool>("dropped"));
    if (given != limit_.limit()) return {{"error", "sample and limit differ"}};
    return {{"limit", given}};
  }

 private:
  control::concurrency_limit limit_;
};

template <class Algorithm, class Options>
made made_of(const Options& options) {
  if (const auto bad = refusal<Algorithm>(options)) return std::unexpected(*bad);
  return std::make_unique<limit_subject>(Algorithm(options));
}

template <class Options>
void read_bounds(const arguments& in, Options& options) {
  in.read("initial", options.initial);
  in.read("min", options.min);
  in.read("max", options.max);
}

}  // namespace

made aimd(const arguments& in) {
  control::aimd_options options;
  read_bounds(in, options);
  in.read("backoff_ratio", options.backoff_ratio);
  in.read("timeout_ns", options.timeout);
  return made_of<control::aimd>(options);
}

made vegas(const arguments& in) {
  control::vegas_options options;
  read_bounds(in, options);
  in.read("smoothing", options.smoothing);
  in.read("probe_multiplier", options.probe_multiplier);
  in.read("seed", options.seed);
  return made_of<control::vegas>(options);
}

made gradient2(const arguments& in) {
  control::gradient2_options options;
  read_bounds(in, options);
  in.read("queue_size", options.queue_size);
  in.read("smoothing", options.smoothing);
  in.read("long_window", options.long_window);
  in.read("tolerance", options.tolerance);
  return made_of<control::gradient2>(options);
}

}  // namespace weir::vectors
