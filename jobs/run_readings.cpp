#include <jobs/run_readings.hpp>

namespace weir::jobs {

void add(readings& to, std::string_view pool, const live_figures& f) {
  pool_snapshot shot = f.pool;
  shot.stats = f.so_far.jobs;
  shot.stats.running = f.in_flight;
  shot.run_time = f.so_far.run_time;
  to.add(pool, shot);
  const control_report& c = f.so_far.control;
  to.add(figure::jobs_retried, {pool}, c.retries);
  if (c.has_rate) to.add(figure::rate_limited, {pool}, c.rate_limited);
  if (c.limit) to.add(figure::concurrency_limit, {pool}, c.limit->now);
  if (c.breaker) to.add(pool, c.breaker->state);
  if (!c.shadow) return;
  to.add(figure::shadow_refused, {pool, "rate"}, c.shadow->rate);
  to.add(figure::shadow_refused, {pool, "breaker"}, c.shadow->breaker);
  to.add(figure::shadow_refused, {pool, "limit"}, c.shadow->limit);
  to.add(figure::shadow_refused, {pool, "retry"}, c.shadow->retry_budget);
  to.add(figure::shadow_refused, {pool, "deadline"}, c.shadow->deadline);
}

}  // namespace weir::jobs
