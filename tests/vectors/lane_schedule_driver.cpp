#include "tests/vectors/replay.hpp"

#include <weir/control/lane_schedule.hpp>

namespace weir::vectors {

namespace {

class lane_schedule_subject : public subject {
 public:
  explicit lane_schedule_subject(const control::lane_schedule_options& options) : schedule_(options) {}

  results step(const arguments& s) override {
    if (s.op() != "pick") unknown(s);
    const auto lane = schedule_.pick(s.get<std::vector<std::size_t>>("lengths"));
    return {{"lane", lane ? value(std::uint64_t{*lane}) : value()}};
  }

 private:
  control::lane_schedule schedule_;
};

}  // namespace

made lane_schedule(const arguments& in) {
  control::lane_schedule_options options;
  in.read("lanes", options.lanes);
  in.read("starvation_limit", options.starvation_limit);
  if (const auto bad = refusal<control::lane_schedule>(options)) return std::unexpected(*bad);
  return std::make_unique<lane_schedule_subject>(options);
}

}  // namespace weir::vectors
