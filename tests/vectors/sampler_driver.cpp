#include "tests/vectors/replay.hpp"

#include <weir/control/sampler.hpp>

namespace weir::vectors {

namespace {

class sampler_subject : public subject {
 public:
  sampler_subject(const control::sampler_options& options, std::uint64_t seed)
      : sampler_(options), random_(seed) {}

  results step(const arguments& s) override {
    if (s.op() != "sample") unknown(s);
    return {{"keep", sampler_.sample(s.now(), random_)}};
  }

 private:
  control::sampler sampler_;
  control::splitmix64 random_;
};

}  // namespace

made sampler(const arguments& in) {
  control::sampler_options options;
  in.read("kind", options.kind, {"rate", "first_then_every"});
  in.read("p", options.p);
  in.read("first", options.first);
  in.read("every", options.every);
  in.read("interval_ns", options.interval);
  if (const auto bad = refusal<control::sampler>(options)) return std::unexpected(*bad);
  return std::make_unique<sampler_subject>(options, in.get<std::uint64_t>("seed"));
}

}  // namespace weir::vectors
