#include <weir/observe/figures.hpp>

#include <array>
#include <cstddef>

namespace weir {

namespace {

using labels = std::span<const std::string_view>;

constexpr std::array<std::string_view, 1> of_version{"version"};
constexpr std::array<std::string_view, 1> of_pool{"pool"};
constexpr std::array<std::string_view, 2> of_lane{"pool", "lane"};
constexpr std::array<std::string_view, 2> of_reason{"pool", "reason"};
constexpr std::array<std::string_view, 2> of_state{"pool", "state"};
constexpr std::array<std::string_view, 2> of_alert{"pool", "name"};

using enum figure_kind;

constexpr std::array table{
    figure_info{figure::queue_depth, "weir_queue_depth", gauge, "jobs", of_lane, "Jobs that wait in memory"},
    figure_info{figure::queue_capacity, "weir_queue_capacity", gauge, "jobs", of_pool,
                "Jobs that may wait in memory, all lanes together"},
    figure_info{figure::queue_cost, "weir_queue_cost", gauge, "cost", of_pool,
                "Summed cost of the jobs that wait, in the unit that the submitter chose"},
    figure_info{figure::queue_utilization_ratio, "weir_queue_utilization_ratio", gauge, "ratio", of_pool,
                "How full the queue is, by jobs or by cost, whichever is fuller, from 0 to 1"},
    figure_info{figure::queue_high_water, "weir_queue_high_water", gauge, "jobs", of_pool,
                "The most jobs that ever waited at once"},
    figure_info{figure::jobs_submitted, "weir_jobs_submitted_total", counter, "jobs", of_pool,
                "Jobs whose submit was decided, refused ones included"},
    figure_info{figure::jobs_completed, "weir_jobs_completed_total", counter, "jobs", of_pool,
                "Jobs that ran to their end"},
    figure_info{figure::jobs_failed, "weir_jobs_failed_total", counter, "jobs", of_pool,
                "Jobs that ran and failed"},
    figure_info{
        figure::jobs_lost, "weir_jobs_lost_total", counter, "jobs", of_reason,
        "Jobs that did not run: rejected, dropped, timed_out and withdrawn at the door, evicted, expired and "
        "cancelled after it"},
    figure_info{figure::jobs_spilled, "weir_jobs_spilled_total", counter, "jobs", of_pool,
                "Jobs that went to disk because the queue was full"},
    figure_info{figure::jobs_retried, "weir_jobs_retried_total", counter, "attempts", of_pool,
                "Attempts after the first"},
    figure_info{figure::queue_wait, "weir_queue_wait_seconds", histogram, "seconds", of_pool,
                "From acceptance to start, of the jobs that started"},
    figure_info{figure::job_duration, "weir_job_duration_seconds", histogram, "seconds", of_pool,
                "From start to end, of the jobs that ended"},
    figure_info{figure::workers, "weir_workers", gauge, "threads", of_state,
                "Workers there are: busy with a job, or idle"},
    figure_info{figure::workers_limit, "weir_workers_limit", gauge, "threads", of_pool,
                "The most workers there may be"},
    figure_info{figure::concurrency_limit, "weir_concurrency_limit", gauge, "calls", of_pool,
                "How many may run at once, by a limit that is fixed or adapts"},
    figure_info{figure::in_flight, "weir_in_flight", gauge, "jobs", of_pool, "Jobs or calls that run now"},
    figure_info{figure::rate_limited, "weir_rate_limited_total", counter, "starts", of_pool,
                "Starts that found no token of the rate"},
    figure_info{figure::shadow_refused, "weir_shadow_refused_total", counter, "calls", of_reason,
                "What a guard in shadow mode let through and would have refused, by guard"},
    figure_info{figure::circuit_state, "weir_circuit_state", gauge, "1", of_state,
                "1 for the state that the circuit breaker is in, 0 for the others"},
    figure_info{figure::spill_bytes, "weir_spill_bytes", gauge, "bytes", of_pool,
                "What the spill store holds"},
    figure_info{figure::spill_jobs, "weir_spill_jobs", gauge, "jobs", of_pool, "Jobs in the spill store"},
    figure_info{figure::alert, "weir_alert", gauge, "1", of_alert,
                "1 while the alert is on: utilization, unexpected_loss, breaker_open, spill, no_progress"},
    figure_info{figure::build_info, "weir_build_info", gauge, "1", of_version, "Always 1; says what runs"},
};

constexpr bool is_in_order() noexcept {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].id) != i) return false;
  return static_cast<std::size_t>(figure::build_info) + 1 == table.size();
}
static_assert(is_in_order(), "the rows stand in the order of the enum, and each has one");

}  // namespace

std::string_view name(figure_kind kind) noexcept {
  constexpr std::array<std::string_view, 3> names{"counter", "gauge", "histogram"};
  return names[static_cast<std::size_t>(kind)];
}

const figure_info& info(figure what) noexcept { return table[static_cast<std::size_t>(what)]; }

std::span<const figure_info> all_figures() noexcept { return table; }

}  // namespace weir
