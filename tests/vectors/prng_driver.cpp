#include "tests/vectors/replay.hpp"

#include <weir/control/splitmix64.hpp>

namespace weir::vectors {

namespace {

class prng_subject : public subject {
 public:
  explicit prng_subject(std::uint64_t seed) : random_(seed) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    if (op == "next") return {{"value", random_()}};
    if (op == "below") return {{"value", random_.below(s.get<std::uint64_t>("n"))}};
    if (op == "unit") return {{"times_2_53", static_cast<std::int64_t>(random_.unit() * 0x1p53)}};
    unknown(s);
  }

 private:
  control::splitmix64 random_;
};

}  // namespace

made prng(const arguments& options) {
  return std::make_unique<prng_subject>(options.get<std::uint64_t>("seed"));
}

}  // namespace weir::vectors
