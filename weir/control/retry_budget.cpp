#include <weir/base/option_error.hpp>
#include <weir/control/retry_budget.hpp>

#include <algorithm>

namespace weir::control {

namespace {

constexpr std::int64_t request_pays = 1000;
constexpr std::int64_t most_expensive = 1'000'000'000;

// What a retry costs, when a request pays request_pays and there may be `ratio` retries a request.
std::int64_t price_for(double ratio) noexcept {
  if (ratio == 0) return 1;
  const double price = static_cast<double>(request_pays) / ratio;
  return price >= static_cast<double>(most_expensive) ? most_expensive : static_cast<std::int64_t>(price);
}

}  // namespace

std::optional<option_error> check(const retry_budget_options& options) {
  return first_error({
      check_range("window", options.window, std::chrono::seconds(1), std::chrono::seconds(60)),
      check_range("min_per_second", options.min_per_second, 0, 1'000'000),
      check_range("ratio", options.ratio, 0, 1000.0),
  });
}

retry_budget::retry_budget(const retry_budget_options& options)
    : options_(checked(options)),
      credit_(options.ratio == 0 ? 0 : request_pays),
      price_(price_for(options.ratio)),
      reserve_(static_cast<std::int64_t>(int128{options.min_per_second} * options.window.count() * price_ /
                                         1'000'000'000)),
      sum_(options.window) {}

void retry_budget::deposit(time_point now) noexcept {
  now_ = std::max(now_, now);
  sum_.add(now_, {credit_});
}

bool retry_budget::try_withdraw(time_point now) noexcept {
  now_ = std::max(now_, now);
  if (sum_.advance(now_)[0] + reserve_ < price_) return false;
  sum_.add(now_, {-price_});
  return true;
}

std::int64_t retry_budget::balance(time_point now) const noexcept {
  const std::int64_t held = sum_.peek(std::max(now_, now))[0] + reserve_;
  return std::max<std::int64_t>(0, floor_div(held, price_));
}

}  // namespace weir::control
