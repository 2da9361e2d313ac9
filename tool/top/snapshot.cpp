#include <tool/top/snapshot.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weir::tool::top {

namespace {

using nlohmann::json;

// A member of an object, or null.
const json& member(const json& of, const char* key) {
  static const json none;
  if (!of.is_object()) return none;
  const auto at = of.find(key);
  return at == of.end() ? none : *at;
}

double number(const json& of, const char* key) {
  const json& n = member(of, key);
  const double value = n.is_number() ? n.get<double>() : 0;
  return std::isfinite(value) ? value : 0;
}

std::uint64_t count(const json& of, const char* key) {
  const json& n = member(of, key);
  if (n.is_number_unsigned()) return n.get<std::uint64_t>();
  constexpr double most = 9e18;
  return static_cast<std::uint64_t>(std::clamp(number(of, key), 0.0, most));
}

std::string text(const json& of, const char* key) {
  const json& t = member(of, key);
  return t.is_string() ? t.get<std::string>() : std::string();
}

duration time_of(const json& of, const char* key) {
  constexpr double most = 9e9;  // seconds that nanoseconds can count
  return duration(static_cast<duration::rep>(std::clamp(number(of, key), 0.0, most) * 1e9));
}

times times_of(const json& of) {
  return {time_of(of, "p50"), time_of(of, "p90"), time_of(of, "p99"), time_of(of, "max")};
}

const json& list(const json& of, const char* key) {
  static const json none = json::array();
  const json& l = member(of, key);
  return l.is_array() ? l : none;
}

pool_stats law_of(const json& o) {
  const json& workers = member(o, "workers");
  return {.submitted = count(o, "submitted"),
          .completed = count(o, "completed"),
          .failed = count(o, "failed"),
          .rejected = count(o, "rejected"),
          .dropped = count(o, "dropped"),
          .timed_out = count(o, "timed_out"),
          .withdrawn = count(o, "withdrawn"),
          .evicted = count(o, "evicted"),
          .expired = count(o, "expired"),
          .cancelled = count(o, "cancelled"),
          .queued = count(o, "queued"),
          .spilled = count(o, "spilled"),
          .running = count(o, "running"),
          .workers = count(workers, "now"),
          .busy = count(workers, "busy"),
          .high_water = count(o, "peak_depth"),
          .cost = count(o, "cost"),
          .waiting = count(o, "waiting")};
}

void read_parts(snapshot& s, const json& o) {
  for (const json& l : list(o, "lanes")) {
    lane one{.queued = count(l, "queued"), .capacity = count(l, "capacity")};
    if (member(l, "queue_wait").is_object()) one.wait = time_of(member(l, "queue_wait"), "p99");
    s.lanes.push_back(one);
  }
  for (const json& a : list(o, "alerts"))
    s.alerts.push_back({text(a, "name"), text(a, "text"), time_of(a, "seconds")});
  if (member(o, "max_cost").is_number()) s.max_cost = count(o, "max_cost");
  if (member(o, "limit").is_object()) s.limit = count(member(o, "limit"), "now");
  if (member(o, "breaker").is_object()) s.breaker = text(member(o, "breaker"), "state");
  if (const json& d = member(o, "spill"); d.is_object())
    s.spill = {.jobs = count(d, "jobs"), .bytes = count(d, "bytes"), .max_bytes = count(d, "max_bytes")};
}

}  // namespace

io_result<snapshot> parse_snapshot(std::string_view bytes) {
  const json o = json::parse(bytes, nullptr, false);
  if (!member(o, "submitted").is_number())
    return std::unexpected(error(std::errc::protocol_error, "the answer is not that of weir's /stats.json"));
  const json& workers = member(o, "workers");
  snapshot s{.state = text(o, "state"),
             .pid = count(o, "pid"),
             .elapsed = time_of(o, "seconds"),
             .jobs = law_of(o),
             .capacity = count(o, "capacity"),
             .utilization = number(o, "utilization"),
             .in_flight = count(o, "in_flight"),
             .retries = count(o, "retries"),
             .least_workers = count(workers, "least"),
             .most_workers = count(workers, "most"),
             .queue_wait = times_of(member(o, "queue_wait")),
             .run_time = times_of(member(o, "run_time"))};
  read_parts(s, o);
  return s;
}

std::uint64_t lost(const snapshot& s) noexcept {
  return std::transform_reduce(all_losses.begin(), all_losses.end(), std::uint64_t{0}, std::plus<>(),
                               [&](loss kind) { return count_of(s.jobs, kind); });
}

std::optional<rates> rates_between(const snapshot& before, const snapshot& now) {
  const double passed = std::chrono::duration<double>(now.elapsed - before.elapsed).count();
  if (before.pid != now.pid || passed <= 0) return std::nullopt;
  const auto rate = [&](std::uint64_t from, std::uint64_t to) {
    return to > from ? static_cast<double>(to - from) / passed : 0;
  };
  return rates{rate(before.jobs.submitted, now.jobs.submitted),
               rate(before.jobs.completed, now.jobs.completed), rate(before.jobs.failed, now.jobs.failed),
               rate(lost(before), lost(now))};
}

}  // namespace weir::tool::top
