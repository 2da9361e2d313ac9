#include "scenario.hpp"

#include "atomics.hpp"
#include "value.hpp"

#include <weir/base/thread_random.hpp>

#include <algorithm>

namespace model {
namespace {

constexpr std::uint64_t executions_in_part = 10'000;
constexpr std::uint64_t random_in_part = 10'000;
constexpr std::uint64_t executions_in_all = 5'000'000;
constexpr std::uint64_t random_in_all = 100'000;

body with_common_checks(void (*run)()) {
  return [run] {
    alive = 0;
    polling = false;
    run();
    check(alive == 0, "elements are left over: a leak");
  };
}

}  // namespace

std::vector<scenario>& scenarios() {
  static std::vector<scenario> all;
  return all;
}

findings explore(const scenario& s, depth how_much) {
  limits bounds = s.bounds;
  const bool all = how_much == depth::all;
  bounds.random = all ? random_in_all : random_in_part;
  bounds.executions = std::min(bounds.executions, all ? executions_in_all : executions_in_part);
  return explore(with_common_checks(s.run), bounds);
}

findings replay(const scenario& s, std::string_view schedule) {
  return replay(with_common_checks(s.run), schedule);
}

std::string report(const scenario& s, const findings& f) {
  return std::string(s.name) + ": " + f.what + "\n" + f.trace +
         "to see it again: WEIR_MODEL_REPLAY=" + f.schedule + " and this scenario alone\n";
}

}  // namespace model

namespace weir::detail {

// In place of the library's: chance would make a scenario differ from run to run, so it is a choice as well.
std::uint64_t thread_random() noexcept { return model::choose(2) == 0 ? 0 : UINT64_MAX; }

}  // namespace weir::detail
