#include "tests/vectors/replay.hpp"

#include <weir/control/adaptive_throttle.hpp>

namespace weir::vectors {

namespace {

class adaptive_throttle_subject : public subject {
 public:
  explicit adaptive_throttle_subject(const control::adaptive_throttle_options& options)
      : throttle_(options) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    if (op == "allow") return {{"ok", throttle_.allow(s.now(), s.get<std::uint64_t>("draw"))}};
    if (op == "probability") return {{"p", throttle_.probability(s.now())}};
    if (op != "on_accept") unknown(s);
    throttle_.on_accept(s.now());
    return {};
  }

 private:
  control::adaptive_throttle throttle_;
};

}  // namespace

made adaptive_throttle(const arguments& in) {
  control::adaptive_throttle_options options;
  in.read("k", options.k);
  in.read("window_ns", options.window);
  if (const auto bad = refusal<control::adaptive_throttle>(options)) return std::unexpected(*bad);
  return std::make_unique<adaptive_throttle_subject>(options);
}

}  // namespace weir::vectors
