#include "tests/vectors/replay.hpp"

#include <weir/control/codel.hpp>

namespace weir::vectors {

namespace {

class codel_subject : public subject {
 public:
  explicit codel_subject(const control::codel_options& options) : codel_(options) {}

  results step(const arguments& s) override {
    if (s.op() != "should_drop") unknown(s);
    return {{"drop", codel_.should_drop(s.now(), s.get<duration>("sojourn_ns"))}};
  }

 private:
  control::codel codel_;
};

}  // namespace

made codel(const arguments& in) {
  control::codel_options options;
  in.read("target_ns", options.target);
  in.read("interval_ns", options.interval);
  if (const auto bad = refusal<control::codel>(options)) return std::unexpected(*bad);
  return std::make_unique<codel_subject>(options);
}

}  // namespace weir::vectors
