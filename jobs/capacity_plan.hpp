// How large a queue and how many workers a load needs, and what to expect of them: the numbers of
// weir/control/sizing.hpp, each with its formula and the numbers put in.
//
// Invariant: a plan that was made can work: its workers keep up with the rate. Thread-safety: values and pure
// functions.
#pragma once

#include <weir/base/time.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

namespace weir::jobs {

/// What is known of the load; what is not given is not planned.
struct plan_request {
  double per_second = 1;                      ///< arrivals; finite, above 0
  std::string rate = "1/s";                   ///< the same as somebody wrote it
  std::optional<duration> delay{};            ///< longest wait that is acceptable; above 0
  std::optional<std::int64_t> cores{};        ///< at least 1
  std::optional<double> wait_over_compute{};  ///< of a job; finite, at least 0
  std::optional<duration> service{};          ///< time of one job; above 0
  std::optional<std::int64_t> workers{};  ///< at least 1; else from the cores, else the least that keep up
  std::optional<std::int64_t> queue{};    ///< at least 0; else from the delay
  std::string workers_are = "as given";   ///< where `workers` is from
};

/// More than these are refused, or cost too much to compute.
inline constexpr std::int64_t most_planned_workers = 1'000'000;

template <class T>
struct planned {
  T value{};
  std::string formula{};  ///< "rate x delay = 500/s x 200 ms"
};

struct capacity_plan {
  std::optional<planned<std::int64_t>> queue{};
  std::optional<planned<std::int64_t>> workers{};
  std::optional<planned<double>> utilization{};  ///< share of the workers' time, in [0, 1)
  std::optional<planned<double>> mean_wait{};    ///< seconds in the queue
  std::optional<planned<double>> p99_wait{};     ///< seconds in the queue
  std::optional<planned<double>> loss{};         ///< share of the arrivals that find the queue full
  std::string note{};                            ///< what to think of it; may be empty
};

/// The plan, or why it cannot work and the smallest number that can: "500/s x 20 ms keeps 10 workers busy; 8
/// cannot keep up at any queue size, 11 can". O(workers + queue, at most ten million).
std::expected<capacity_plan, std::string> make_plan(const plan_request&);

/// For people: a line a number, with its formula.
std::string as_text(const capacity_plan&);

/// One object on one line: queue, workers, utilization, mean_wait, p99_wait, loss (null: not planned; times
/// in seconds), and their formulas.
std::string as_json(const capacity_plan&);

/// Names and values as two lines; what is not planned is empty.
std::string as_csv(const capacity_plan&);

}  // namespace weir::jobs
