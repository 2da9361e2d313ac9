#include <weir/base/option_error.hpp>
#include <weir/control/rounding.hpp>
#include <weir/control/sizing.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir::control::sizing {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double seconds(duration d) noexcept { return static_cast<double>(d.count()) / 1e9; }

// Workers kept busy, or places filled: Little's law.
double load(double per_second, duration time) noexcept {
  return per_second * static_cast<double>(time.count()) / 1e9;
}

}  // namespace

std::int64_t queue(double per_second, duration delay) {
  require(check::queue(per_second, delay));
  return ceil_slack(load(per_second, delay));
}

std::int64_t workers(std::int64_t cores, double wait_over_compute) {
  require(check::workers(cores, wait_over_compute));
  return ceil_slack(static_cast<double>(cores) * (1.0 + wait_over_compute));
}

std::int64_t min_workers(double per_second, duration service) {
  require(check::min_workers(per_second, service));
  return ceil_slack(load(per_second, service));
}

std::int64_t stable_workers(double per_second, duration service) {
  require(check::stable_workers(per_second, service));
  const double busy = load(per_second, service) + 1e-9;
  if (busy >= static_cast<double>(saturated)) return saturated;
  return static_cast<std::int64_t>(busy) + 1;
}

double erlang_b(std::int64_t servers, double offered) {
  require(check::erlang_b(servers, offered));
  double b = 1.0;
  for (std::int64_t i = 1; i <= servers && b != 0; ++i) {  // once 0 it stays
    b = offered * b / (static_cast<double>(i) + offered * b);
  }
  return b;
}

double erlang_c(std::int64_t servers, double offered) {
  require(check::erlang_c(servers, offered));
  const auto c = static_cast<double>(servers);
  if (offered >= c) return 1.0;
  const double b = erlang_b(servers, offered);
  return b / (1.0 - offered / c * (1.0 - b));
}

double mean_wait(std::int64_t servers, double per_second, duration service) {
  require(check::mean_wait(servers, per_second, service));
  const double a = load(per_second, service);
  const auto c = static_cast<double>(servers);
  if (a >= c) return infinity;
  return erlang_c(servers, a) * seconds(service) / (c - a);
}

double wait_quantile(std::int64_t servers, double per_second, duration service, double q) {
  require(check::wait_quantile(servers, per_second, service, q));
  const double a = load(per_second, service);
  const auto c = static_cast<double>(servers);
  if (a >= c) return infinity;
  const double waiting = erlang_c(servers, a);
  if (waiting <= 1.0 - q) return 0.0;
  return std::log(waiting / (1.0 - q)) * seconds(service) / (c - a);
}

double loss_mmck(std::int64_t servers, double offered, std::int64_t k) {
  require(check::loss_mmck(servers, offered, k));
  double p = 1.0;
  for (std::int64_t i = 1; i <= k; ++i) {
    const double x = offered / static_cast<double>(std::min(i, servers)) * p;
    const double next = x / (1.0 + x);
    if (i > servers && next == p) break;  // each further place has the same formula, so it changes nothing
    p = next;
  }
  return p;
}

double loss_mm1k(double offered, std::int64_t k) {
  require(check::loss_mm1k(offered, k));
  return loss_mmck(1, offered, k);
}

namespace check {

std::optional<option_error> queue(double per_second, duration delay) {
  return first_error({check_range("per_second", per_second, 0), check_range("delay", delay, duration(0))});
}

std::optional<option_error> workers(std::int64_t cores, double wait_over_compute) {
  return first_error(
      {check_range("cores", cores, 1), check_range("wait_over_compute", wait_over_compute, 0)});
}

std::optional<option_error> min_workers(double per_second, duration service) {
  return first_error(
      {check_range("per_second", per_second, 0), check_range("service", service, duration(0))});
}

std::optional<option_error> stable_workers(double per_second, duration service) {
  return min_workers(per_second, service);
}

std::optional<option_error> erlang_b(std::int64_t servers, double offered) {
  return first_error({check_range("servers", servers, 1), check_range("offered", offered, 0)});
}

std::optional<option_error> erlang_c(std::int64_t servers, double offered) {
  return erlang_b(servers, offered);
}

std::optional<option_error> mean_wait(std::int64_t servers, double per_second, duration service) {
  return first_error({check_range("servers", servers, 1), check_range("per_second", per_second, 0),
                      check_range("service", service, duration(1))});
}

std::optional<option_error> wait_quantile(std::int64_t servers, double per_second, duration service,
                                          double q) {
  if (auto bad = mean_wait(servers, per_second, service)) return bad;
  if (auto bad = check_range("q", q, 0)) return bad;
  if (q < 1) return std::nullopt;
  return bad_option("q", q, {"is not below 1: there is no longest wait; use 0.99, say"});
}

std::optional<option_error> loss_mmck(std::int64_t servers, double offered, std::int64_t k) {
  return first_error(
      {check_range("servers", servers, 1), check_range("offered", offered, 0), check_range("k", k, servers)});
}

std::optional<option_error> loss_mm1k(double offered, std::int64_t k) {
  return first_error({check_range("offered", offered, 0), check_range("k", k, 1)});
}

}  // namespace check

}  // namespace weir::control::sizing
