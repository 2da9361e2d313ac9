#include "tests/vectors/replay.hpp"

#include <weir/control/sizing.hpp>

namespace weir::vectors {

namespace {

namespace sizing = control::sizing;

// What `function` gives for these arguments, or the one that is refused; where exceptions are on, it must be
// refused in the same words as `check` has.
template <class... Arguments>
results given(auto function, std::optional<option_error> (*check)(Arguments...), const Arguments&... with) {
  const auto bad = check(with...);
  if (!bad) return {{"value", function(with...)}};
#if defined(__cpp_exceptions)
  try {
    return {{"value", function(with...)}};
  } catch (const std::invalid_argument& e) {
    if (e.what() != bad->message)
      return {{"error", std::string("check and the function differ: ") + e.what()}};
  }
#endif
  return {{"error", std::string(bad->option)}};
}

class sizing_subject : public subject {
 public:
  results step(const arguments& s) override {
    const auto op = s.op();
    const auto per_second = s.get<double>("per_second");
    const auto service = s.get<duration>("service_ns");
    const auto servers = s.get<std::int64_t>("servers");
    const auto offered = s.get<double>("offered");
    const auto k = s.get<std::int64_t>("k");
    if (op == "queue")
      return given(sizing::queue, sizing::check::queue, per_second, s.get<duration>("delay_ns"));
    if (op == "workers") {
      return given(sizing::workers, sizing::check::workers, s.get<std::int64_t>("cores"),
                   s.get<double>("wait_over_compute"));
    }
    if (op == "min_workers")
      return given(sizing::min_workers, sizing::check::min_workers, per_second, service);
    if (op == "erlang_b") return given(sizing::erlang_b, sizing::check::erlang_b, servers, offered);
    if (op == "erlang_c") return given(sizing::erlang_c, sizing::check::erlang_c, servers, offered);
    if (op == "mean_wait")
      return given(sizing::mean_wait, sizing::check::mean_wait, servers, per_second, service);
    if (op == "loss_mmck") return given(sizing::loss_mmck, sizing::check::loss_mmck, servers, offered, k);
    if (op == "loss_mm1k") return given(sizing::loss_mm1k, sizing::check::loss_mm1k, offered, k);
    unknown(s);
  }
};

}  // namespace

made sizing(const arguments&) { return std::make_unique<sizing_subject>(); }

}  // namespace weir::vectors
