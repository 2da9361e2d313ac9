#include "tests/vectors/replay.hpp"

#include <weir/control/backoff.hpp>

namespace weir::vectors {

namespace {

class backoff_subject : public subject {
 public:
  backoff_subject(const control::backoff_options& options, std::uint64_t seed)
      : backoff_(options), random_(seed) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    if (op == "next") return {{"delay_ns", backoff_.next(random_).count()}};
    if (op == "draw") return {{"value", random_()}};
    if (op != "reset") unknown(s);
    backoff_.reset();
    return {};
  }

 private:
  control::backoff backoff_;
  control::splitmix64 random_;
};

}  // namespace

made backoff(const arguments& in) {
  control::backoff_options options;
  in.read("initial_ns", options.initial);
  in.read("factor", options.factor);
  in.read("cap_ns", options.cap);
  in.read("jitter", options.jitter, {"none", "full", "equal", "decorrelated"});
  if (const auto bad = refusal<control::backoff>(options)) return std::unexpected(*bad);
  return std::make_unique<backoff_subject>(options, in.get<std::uint64_t>("seed"));
}

}  // namespace weir::vectors
