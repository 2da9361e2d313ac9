#include <weir/base/option_error.hpp>
#include <weir/control/fixed.hpp>

namespace weir::control {

std::optional<option_error> check(const fixed_options& o) { return check_range("limit", o.limit, 1); }

fixed::fixed(const fixed_options& options) : limit_(checked(options).limit) {}

}  // namespace weir::control
