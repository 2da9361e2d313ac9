#include <weir/base/option_error.hpp>
#include <weir/control/elapsed.hpp>
#include <weir/control/expected_wait.hpp>
#include <weir/control/rounding.hpp>

#include <algorithm>

namespace weir::control {

std::optional<option_error> check(const expected_wait_options& o) {
  return check_range("window", o.window, duration(10));
}

expected_wait::expected_wait(const expected_wait_options& options) : window_(checked(options).window) {}

void expected_wait::on_complete(time_point now, duration service, std::int64_t jobs) noexcept {
  now_ = std::max(now_, now);
  const int128 ns = int128{std::max<std::int64_t>(service.count(), 0)} * jobs;
  window_.add(now_, {jobs, static_cast<std::int64_t>(ns >> 32), static_cast<std::int64_t>(ns & 0xFFFFFFFF)});
}

std::optional<duration> expected_wait::expected(time_point now, std::int64_t queued,
                                                std::int64_t workers) const noexcept {
  if (queued <= 0) return duration(0);
  if (workers <= 0) return duration::max();
  const auto sums = window_.peek(std::max(now_, now));
  if (sums[completions] == 0) return std::nullopt;
  const int128 sum = (int128{sums[upper]} << 32) + sums[lower];
  // queued * sum // completions, with the sum as mean and rest: so no product exceeds 128 bits.
  const int128 mean = sum / sums[completions];
  const int128 rest = sum % sums[completions];
  const int128 work = queued * mean + queued * rest / sums[completions];
  return duration(static_cast<std::int64_t>(std::min<int128>(work / workers, INT64_MAX)));
}

bool expected_wait::admit(time_point now, std::int64_t queued, std::int64_t workers,
                          std::optional<time_point> deadline) noexcept {
  now_ = std::max(now_, now);
  if (!deadline) return true;
  if (*deadline < now_) return false;
  if (queued > 0 && workers <= 0) return false;
  const auto wait = expected(now_, queued, workers);
  return !wait || !(static_cast<std::uint64_t>(wait->count()) > elapsed(now_, *deadline));
}

}  // namespace weir::control
