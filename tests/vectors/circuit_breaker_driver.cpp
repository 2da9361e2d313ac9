#include "tests/vectors/replay.hpp"

#include <weir/control/circuit_breaker.hpp>

#include <map>

namespace weir::vectors {

namespace {

class circuit_breaker_subject : public subject {
 public:
  explicit circuit_breaker_subject(const control::circuit_breaker_options& options) : breaker_(options) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    if (op == "allow") return allow(s);
    if (op == "state_at") return {{"state", std::string(name(breaker_.state_at(s.now())))}};
    if (op == "on_success") {
      breaker_.on_success(s.now(), permit(s), s.get<duration>("took_ns"));
    } else if (op == "on_failure") {
      breaker_.on_failure(s.now(), permit(s), s.get<duration>("took_ns"));
    } else if (op == "release") {
      breaker_.release(s.now(), permit(s));
    } else if (op == "trip") {
      breaker_.trip(s.now());
    } else if (op == "reset") {
      breaker_.reset(s.now());
    } else {
      unknown(s);
    }
    return {};
  }

 private:
  static std::string_view name(control::breaker_state state) {
    switch (state) {
      case control::breaker_state::closed: return "closed";
      case control::breaker_state::open: return "open";
      case control::breaker_state::half_open: return "half_open";
    }
    return "no state";
  }

  control::circuit_breaker::permit permit(const arguments& s) const {
    return given_.at(s.get<std::string>("of"));
  }

  results allow(const arguments& s) {
    const auto given = breaker_.allow(s.now());
    if (given && s.has("as")) given_.insert_or_assign(s.get<std::string>("as"), *given);
    return {{"ok", given.has_value()}};
  }

  control::circuit_breaker breaker_;
  std::map<std::string, control::circuit_breaker::permit> given_;
};

}  // namespace

made circuit_breaker(const arguments& in) {
  control::circuit_breaker_options options;
  in.read("mode", options.mode, {"consecutive", "count_window", "time_window"});
  in.read("max_failures", options.max_failures);
  in.read("reset_timeout_ns", options.reset_timeout);
  in.read("half_open_probes", options.half_open_probes);
  in.read("probe_timeout_ns", options.probe_timeout);
  in.read("window_calls", options.window_calls);
  in.read("window_ns", options.window);
  in.read("minimum_calls", options.minimum_calls);
  in.read("failure_rate", options.failure_rate);
  in.read("slow_call_ns", options.slow_call);
  in.read("slow_call_rate", options.slow_call_rate);
  if (const auto bad = refusal<control::circuit_breaker>(options)) return std::unexpected(*bad);
  return std::make_unique<circuit_breaker_subject>(options);
}

}  // namespace weir::vectors
