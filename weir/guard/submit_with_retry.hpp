// Submitting to a pool that is full for a moment: a bounded wait, several times, each longer than the last.
//
//   const auto id = weir::submit_with_retry(pool, std::move(job), {.max_retries = 4});
//   if (!id) say_sorry(job);  // what was refused is untouched
//
// Unlike a sleep between tries, each attempt waits at the pool's door, and is in as soon as there is room.
// Thread-safety: as the pool's submit.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/option_error.hpp>
#include <weir/control/backoff.hpp>
#include <weir/guard/detail/thread_generator.hpp>
#include <weir/pool/options.hpp>
#include <weir/pool/overflow.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace weir {

struct submit_retry_options {
  int max_retries = 3;                 ///< attempts; at least 1
  control::backoff_options backoff{};  ///< how long each waits for room: 10 ms, doubling, at most 1 s
};

/// What is wrong with the options, if anything: the first bad one in the order written.
inline std::optional<option_error> check(const submit_retry_options& options) {
  return first_error(
      {check_range("max_retries", std::int64_t{options.max_retries}, 1), check(options.backoff)});
}

/// `pool`: a worker_pool or a task_pool. timed_out after the last attempt; another error of submit at once;
/// the job is moved from only on success. `how`: as for submit, but for on_full. Each attempt that ends
/// without room counts as timed_out in the pool's stats. Throws std::invalid_argument as check(), and as
/// submit.
template <class Pool, class Job>
[[nodiscard]] result<job_id> submit_with_retry(Pool& pool, Job&& job,
                                               const submit_retry_options& options = {},
                                               submit_options how = {}) {
  require(check(options));
  control::backoff backoff(options.backoff);
  detail::thread_generator random;
  for (int attempt = 1;; ++attempt) {
    how.on_full = overflow::timeout(backoff.next(random));
    // A refused job is untouched, so it can be offered again.
    result<job_id> id = pool.submit(std::forward<Job>(job), how);  // NOLINT(bugprone-use-after-move)
    if (id || id.error() != errc::timed_out || attempt >= options.max_retries) return id;
  }
}

}  // namespace weir
