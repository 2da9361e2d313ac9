#include <weir/base/option_error.hpp>
#include <weir/observe/alert.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

namespace weir {

namespace {

constexpr std::array<std::string_view, all_alerts.size()> names{"utilization", "unexpected_loss",
                                                                "breaker_open", "spill", "no_progress"};

double share(std::uint64_t part, std::uint64_t of) noexcept {
  return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of);
}

double spill_use(const std::optional<spill_snapshot>& spill) noexcept {
  return spill ? share(spill->bytes, spill->max_bytes) : 0;
}

double in_seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

std::string jobs(std::uint64_t n) { return fmt::format("{} job{}", n, n == 1 ? "" : "s"); }

double percent(double share) noexcept { return share * 100; }

}  // namespace

std::string_view name(alert_kind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

std::optional<option_error> check(const alert_options& o) {
  return first_error({check_range("utilization", o.utilization, 0, 1),
                      check_range("utilization_for", o.utilization_for, duration(0)),
                      check_range("spill", o.spill, 0, 1),
                      check_range("no_progress_for", o.no_progress_for, duration(0)),
                      check_range("clear_after", o.clear_after, duration(0)),
                      check_range("loss_clear_after", o.loss_clear_after, duration(0))});
}

alerts::alerts(const alert_options& options)
    : options_(checked(options)),
      holds_{alert_hold(options.utilization_for, options.clear_after),
             alert_hold(duration(0), options.loss_clear_after), alert_hold(duration(0), duration(0)),
             alert_hold(duration(0), options.clear_after), alert_hold(options.no_progress_for, duration(0))} {
}

bool alerts::note_losses(const pool_snapshot& pool) noexcept {
  bool any = false;
  for (const loss kind : all_losses) {
    const std::uint64_t before = count_of(seen_.stats, kind);
    const std::uint64_t now = count_of(pool.stats, kind);
    if (now <= before || pool.expected.contains(kind) || options_.also_expected.contains(kind)) continue;
    unexpected_[static_cast<std::size_t>(kind)] += now - before;
    any = true;
  }
  return any;
}

std::vector<alert_event> alerts::observe(time_point now, const pool_snapshot& pool,
                                         std::optional<control::breaker_state> breaker) {
  now_ = std::max(now_, now);
  const bool lost = note_losses(pool);
  const auto ended = [](const pool_stats& s) { return s.completed + s.failed; };
  const bool progress =
      pool.stats.queued + pool.stats.spilled == 0 || ended(pool.stats) != ended(seen_.stats);
  seen_ = {pool.name,  pool.stats, pool.capacity, pool.max_cost, pool.utilization,
           pool.spill, breaker,    lost,          progress};
  std::vector<alert_event> events;
  for (const alert_kind kind : all_alerts) {
    alert_hold& hold = of(kind);
    if (!hold.look(now_, cause_of(kind))) continue;
    events.push_back({kind, hold.on() ? alert_change::started : alert_change::ended, now_, hold.lasted(),
                      value_of(kind), hold.on() ? text_of_start(kind) : text_of_end(kind)});
  }
  if (!is_on(alert_kind::unexpected_loss)) unexpected_ = {};
  return events;
}

std::vector<alert_event> alerts::finish(time_point now) {
  now_ = std::max(now_, now);
  std::vector<alert_event> events;
  for (const alert_kind kind : all_alerts) {
    alert_hold& hold = of(kind);
    if (!hold.on()) continue;
    hold.turn_off(now_);
    events.push_back({kind, alert_change::ended, now_, hold.lasted(), value_of(kind),
                      fmt::format("pool {} ends, and with it the alert {}, which was on for {:.1f} s",
                                  seen_.pool, name(kind), in_seconds(hold.lasted()))});
  }
  unexpected_ = {};
  return events;
}

bool alerts::cause_of(alert_kind kind) const noexcept {
  using control::breaker_state;
  switch (kind) {
    case alert_kind::utilization: return seen_.utilization > options_.utilization;
    case alert_kind::unexpected_loss: return seen_.lost;
    case alert_kind::breaker_open:
      return seen_.breaker == breaker_state::open ||
             (is_on(kind) && seen_.breaker == breaker_state::half_open);
    case alert_kind::spill: return spill_use(seen_.spill) > options_.spill;
    case alert_kind::no_progress: return !seen_.progress;
  }
  return false;
}

double alerts::value_of(alert_kind kind) const noexcept {
  switch (kind) {
    case alert_kind::utilization: return seen_.utilization;
    case alert_kind::unexpected_loss: return static_cast<double>(lost_here());
    case alert_kind::breaker_open: return is_on(kind) ? 1 : 0;
    case alert_kind::spill: return spill_use(seen_.spill);
    case alert_kind::no_progress: return static_cast<double>(waiting());
  }
  return 0;
}

std::uint64_t alerts::lost_here() const noexcept {
  return std::accumulate(unexpected_.begin(), unexpected_.end(), std::uint64_t{0});
}

/// Whatever makes the queue as full as it is.
std::string alerts::what_fills() const {
  if (share(seen_.stats.cost, seen_.max_cost) > share(seen_.stats.queued, seen_.capacity))
    return fmt::format("cost {} of {}", seen_.stats.cost, seen_.max_cost);
  return fmt::format("{} of {} jobs", seen_.stats.queued, seen_.capacity);
}

/// "3 rejected, 1 evicted".
std::string alerts::what_was_lost() const {
  std::string list;
  for (const loss kind : all_losses) {
    const std::uint64_t n = unexpected_[static_cast<std::size_t>(kind)];
    if (n != 0) fmt::format_to(std::back_inserter(list), "{}{} {}", list.empty() ? "" : ", ", n, name(kind));
  }
  return list;
}

/// A pool that spills rejects what its store has no room for.
std::string alerts::where_spilling_ends() const {
  if (!seen_.spill) return {};
  return fmt::format(
      ", give the spill store ({} of {} bytes, {}) a larger bound or its disk more room if that is full",
      seen_.spill->bytes, seen_.spill->max_bytes, jobs(seen_.spill->jobs));
}

std::string alerts::text_of_start(alert_kind kind) const {
  const double lasted = in_seconds(of(kind).lasted());
  switch (kind) {
    case alert_kind::utilization:
      return fmt::format(
          "the queue of pool {} is {:.0f} % full ({}), above {:.0f} % for {:.1f} s; add workers, slow the "
          "producers down, or choose what may be lost (on_full)",
          seen_.pool, percent(seen_.utilization), what_fills(), percent(options_.utilization), lasted);
    case alert_kind::unexpected_loss:
      return fmt::format(
          "pool {} lost {} ({}), which its policy does not allow; look for submits after a close or over "
          "the cost bound{}, or choose a policy (on_full) that allows it",
          seen_.pool, jobs(lost_here()), what_was_lost(), where_spilling_ends());
    case alert_kind::breaker_open:
      return fmt::format(
          "the circuit breaker of pool {} is open: calls are refused or wait; look at what they call, it is "
          "tried again by itself",
          seen_.pool);
    case alert_kind::spill:
      return fmt::format(
          "the spill store of pool {} is {:.0f} % full ({} of {} bytes, {}), above {:.0f} %; add workers, "
          "slow the producers down, or raise its bound: when it is full, submits are refused",
          seen_.pool, percent(spill_use(seen_.spill)), seen_.spill->bytes, seen_.spill->max_bytes,
          jobs(seen_.spill->jobs), percent(options_.spill));
    case alert_kind::no_progress:
      return fmt::format(
          "no job of pool {} has ended for {:.1f} s while {} wait{} ({} of {} workers are busy); look for "
          "jobs "
          "that hang and for a pause, or raise no_progress_for where jobs take that long",
          seen_.pool, lasted, jobs(waiting()), waiting() == 1 ? "s" : "", seen_.stats.busy,
          seen_.stats.workers);
  }
  return {};
}

std::string alerts::text_of_end(alert_kind kind) const {
  const double lasted = in_seconds(of(kind).lasted());
  switch (kind) {
    case alert_kind::utilization:
      return fmt::format("the queue of pool {} is at {:.0f} % ({}), no longer above {:.0f} %, after {:.1f} s",
                         seen_.pool, percent(seen_.utilization), what_fills(), percent(options_.utilization),
                         lasted);
    case alert_kind::unexpected_loss:
      return fmt::format("pool {} has lost no more jobs unexpectedly; it was {} ({}) in {:.1f} s", seen_.pool,
                         jobs(lost_here()), what_was_lost(), lasted);
    case alert_kind::breaker_open:
      return fmt::format("the circuit breaker of pool {} is closed again, after {:.1f} s", seen_.pool,
                         lasted);
    case alert_kind::spill:
      return fmt::format(
          "the spill store of pool {} is at {:.0f} %, no longer above {:.0f} %, after {:.1f} s", seen_.pool,
          percent(spill_use(seen_.spill)), percent(options_.spill), lasted);
    case alert_kind::no_progress:
      return fmt::format("pool {} {}, after {:.1f} s", seen_.pool,
                         waiting() == 0 ? "has no more jobs that wait" : "makes progress again", lasted);
  }
  return {};
}

}  // namespace weir
