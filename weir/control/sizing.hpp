// How large a queue, how many workers, and what to expect of them: formulas, not feedback.
//
// Pure functions; thread-safe. All but wait_quantile use only + - * / and exact rounding, so every machine
// gives the same bits; wait_quantile needs a logarithm, and is as exact as the machine's libm. Rules to the
// bit: tests/vectors/README.md, "sizing". Bad arguments: std::invalid_argument that names the argument, its
// value and a right one; where exceptions are off they trap, so ask `sizing::check` of the same name first:
// it says what is wrong, if anything. Sources: Little, 1961; A. K. Erlang, "Solution of some Problems in the
// Theory of Probabilities of Significance in Automatic Telephone Exchanges", 1917; V. B. Iversen,
// "Teletraffic Engineering Handbook", ITU-D.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstdint>
#include <optional>

namespace weir::control::sizing {

/// Places for what arrives within the longest delay that is acceptable: per_second x delay. 500/s, 200 ms:
/// 100. per_second: finite, at least 0; delay: at least 0. At most 2^62.
std::int64_t queue(double per_second, duration delay);

/// Threads that keep the cores busy when each waits that many times as long as it computes:
/// cores x (1 + wait_over_compute), Goetz, "Java Concurrency in Practice", 8.2. 8 cores, 10: 88.
/// cores: at least 1; wait_over_compute: finite, at least 0. At most 2^62.
std::int64_t workers(std::int64_t cores, double wait_over_compute);

/// Workers kept busy, rounded up: per_second x service (Little's law). With exactly as many a queue has no
/// bound. per_second: finite, at least 0; service: at least 0. At most 2^62.
std::int64_t min_workers(double per_second, duration service);

/// The least workers that keep up, so that some of their time is left: floor(per_second x service + 1e-9)
/// + 1. 500/s of 20 ms keep 10 busy, so 11. Arguments as of min_workers.
std::int64_t stable_workers(double per_second, duration service);

/// The part of the calls that is lost when none may wait (M/M/c/c). offered: load in erlangs, arrivals a
/// second x seconds of service; finite, at least 0. servers: at least 1. O(servers).
double erlang_b(std::int64_t servers, double offered);

/// The part of the calls that has to wait (M/M/c); 1 if offered >= servers. Arguments as of erlang_b.
double erlang_c(std::int64_t servers, double offered);

/// Mean seconds in the queue (M/M/c); infinity if the servers cannot keep up. servers, service: at least 1
/// (ns); per_second: finite, at least 0. O(servers).
double mean_wait(std::int64_t servers, double per_second, duration service);

/// The seconds in the queue that the part q of the calls does not exceed (M/M/c, first come first served):
/// P(wait > t) = erlang_c * exp(-(servers / service - per_second) t). 0 if at least q do not wait at all;
/// infinity if the servers cannot keep up. q: at least 0, below 1 (0.99 is the p99); others as of mean_wait.
/// O(servers).
double wait_quantile(std::int64_t servers, double per_second, duration service, double q);

/// The part of the calls that finds all k places taken, those in service included (M/M/c/K). servers and
/// offered as of erlang_b; k: at least servers. O(k).
double loss_mmck(std::int64_t servers, double offered, std::int64_t k);

/// loss_mmck with one server: (1 - r) r^k / (1 - r^(k+1)), without powers, also at r = 1.
double loss_mm1k(double offered, std::int64_t k);

/// What is wrong with the arguments of the function of the same name: the first bad one in the order written.
namespace check {

std::optional<option_error> queue(double per_second, duration delay);
std::optional<option_error> workers(std::int64_t cores, double wait_over_compute);
std::optional<option_error> min_workers(double per_second, duration service);
std::optional<option_error> stable_workers(double per_second, duration service);
std::optional<option_error> erlang_b(std::int64_t servers, double offered);
std::optional<option_error> erlang_c(std::int64_t servers, double offered);
std::optional<option_error> mean_wait(std::int64_t servers, double per_second, duration service);
std::optional<option_error> wait_quantile(std::int64_t servers, double per_second, duration service,
                                          double q);
std::optional<option_error> loss_mmck(std::int64_t servers, double offered, std::int64_t k);
std::optional<option_error> loss_mm1k(double offered, std::int64_t k);

}  // namespace check

}  // namespace weir::control::sizing
