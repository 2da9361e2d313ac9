#include <bench/harness/spill_contests.hpp>

namespace weir::bench {

std::vector<contest> spill_contests(extent) { return {}; }

}  // namespace weir::bench
