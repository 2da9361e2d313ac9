#include "tests/vectors/replay.hpp"

#include <weir/control/retry_budget.hpp>

namespace weir::vectors {

namespace {

class retry_budget_subject : public subject {
 public:
  explicit retry_budget_subject(const control::retry_budget_options& options) : budget_(options) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    if (op == "try_withdraw") return {{"ok", budget_.try_withdraw(s.now())}};
    if (op == "balance") return {{"balance", budget_.balance(s.now())}};
    if (op != "deposit") unknown(s);
    budget_.deposit(s.now());
    return {};
  }

 private:
  control::retry_budget budget_;
};

}  // namespace

made retry_budget(const arguments& in) {
  control::retry_budget_options options;
  in.read("window_ns", options.window);
  in.read("min_per_second", options.min_per_second);
  in.read("ratio", options.ratio);
  if (const auto bad = refusal<control::retry_budget>(options)) return std::unexpected(*bad);
  return std::make_unique<retry_budget_subject>(options);
}

}  // namespace weir::vectors
