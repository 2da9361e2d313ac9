#include <weir/base/option_error.hpp>
#include <weir/control/codel.hpp>
#include <weir/control/elapsed.hpp>

#include <algorithm>

namespace weir::control {

namespace {

// The square root rounded down, bit by bit from the top; n at most 2^116, so that no bit of the root is
// above.
std::int64_t whole_root(uint128 n) noexcept {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 58; bit != 0; bit >>= 1) {
    const std::uint64_t next = root | bit;
    if (uint128{next} * next <= n) root = next;
  }
  return static_cast<std::int64_t>(root);
}

}  // namespace

std::optional<option_error> check(const codel_options& o) {
  return first_error({check_range("target", o.target, duration(1)),
                      check_range("interval", o.interval, duration(1), duration(std::int64_t{1} << 58))});
}

codel::codel(const codel_options& options) : options_(checked(options)) {}

bool codel::should_drop(time_point now, duration sojourn) noexcept {
  now_ = std::max(now_, now);
  const int128 t = now_.time_since_epoch().count();
  if (!stands(sojourn)) {
    dropping_ = false;
    return false;
  }
  if (dropping_) {
    if (t < drop_next_) return false;
    ++count_;
    drop_next_ = next_after(drop_next_);
    return true;
  }
  // Stood again soon after: goes on about where the last dropping was, as that rate was nearly enough.
  dropping_ = true;
  const std::int64_t drops_before = count_ - last_count_;
  const bool soon = t - drop_next_ < int128{16} * options_.interval.count();
  count_ = drops_before > 1 && soon ? drops_before : 1;
  last_count_ = count_;
  drop_next_ = next_after(t);
  return true;
}

// Whether items have waited for too long for a whole interval, with this one.
bool codel::stands(duration sojourn) noexcept {
  if (sojourn < options_.target) {
    above_since_.reset();
    return false;
  }
  if (!above_since_) {
    above_since_ = now_;
    return false;
  }
  return elapsed_at_least(options_.interval, *above_since_, now_);
}

// The control law: t + interval / sqrt(count), in whole numbers.
int128 codel::next_after(int128 t) const noexcept {
  const auto interval = static_cast<uint128>(options_.interval.count());
  return t + whole_root(interval * interval / static_cast<uint128>(count_));
}

}  // namespace weir::control
