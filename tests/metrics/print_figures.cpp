// Prints the figures: as the page docs/reference/metrics.md, or as Prometheus reads them.
//
//   print_figures reference > docs/reference/metrics.md
//   print_figures text | promtool check metrics
#include <adapters/prometheus/collectable.hpp>
#include <weir/guard/figures.hpp>
#include <weir/observe/alert_watch.hpp>
#include <weir/pool/worker_pool.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace std::chrono_literals;

constexpr const char* head = R"(# Metrics

Every figure that weir shows, under its name in Prometheus: at `/metrics` of `weir run --metrics`, and from
`weir::figure_sources` in your own program ([`/stats.json`](administration.md) has the same under the words
of the closing report). Names, units and labels do not change within a minor version. This page is printed
from the table in `weir/observe/figures.cpp`, and a test compares them.

| name | kind | unit | labels | what it is |
| --- | --- | --- | --- | --- |
)";

constexpr const char* labels = R"(
## Labels

- `pool`: the pool's name (`pool_options::name`; `run` for `weir run`), or the name a guard was given.
  Where two sources have the same name the later one is `name-2`, so no series is there twice.
- `lane`: priority, from 0. A pool without priorities has lane 0 alone; `sum by (pool) (weir_queue_depth)`
  is all that waits.
- `reason` of `weir_jobs_lost_total`: `rejected`, `dropped`, `timed_out` and `withdrawn` at the door (the
  caller kept the job), `evicted`, `expired` and `cancelled` after it. All of them are there from the
  start, at 0. Of `weir_shadow_refused_total`: which guard it was: `rate`, `breaker`, `limit`, `retry`,
  `throttle`, and `deadline` of `weir run`.
- `state` of `weir_workers`: `busy`, `idle`; of `weir_circuit_state`: `closed`, `open`, `half_open`, one
  of which is 1.
- `name` of `weir_alert`: `utilization`, `unexpected_loss`, `breaker_open`, `spill`, `no_progress`.
- `version` of `weir_build_info`: weir's.

A figure is there when what it tells of is: `weir_spill_*` and `weir_jobs_spilled_total` with a spill
store, `weir_circuit_state` with a breaker, and so on. `pool_snapshot` and the law in
`weir/observe/stats.hpp` say how the counters add up.

## Histograms

Upper bounds of the buckets, in seconds:
)";

constexpr const char* tail = R"(, and infinity.
They are Prometheus's usual ones with some below and above. weir keeps times in finer buckets, less than
1 % wide, and counts those up to each bound: a time within 1 % of a bound may be counted on either side of
it. `_count` and `_sum` are exact.

## Not there yet

These names are kept for the parts that will have them: `weir_pool_connections` and
`weir_pool_wait_seconds` (the pool of connections), `weir_http_requests_total` and
`weir_http_request_duration_seconds` (`weir serve` and `weir gate`).
)";

std::string joined(std::span<const std::string_view> words) {
  std::string all;
  for (const std::string_view word : words) all.append(all.empty() ? "`" : ", `").append(word).append("`");
  return all;
}

void print_reference() {
  std::fputs(head, stdout);
  for (const weir::figure_info& f : weir::all_figures()) {
    std::printf("| `%s` | %s | %s | %s | %s |\n", std::string(f.name).c_str(),
                std::string(name(f.kind)).c_str(), std::string(f.unit).c_str(), joined(f.labels).c_str(),
                std::string(f.help).c_str());
  }
  std::fputs(labels, stdout);
  const char* comma = "";
  for (const weir::duration bound : weir::prometheus::bucket_bounds())
    std::printf("%s%g", std::exchange(comma, ", "), std::chrono::duration<double>(bound).count());
  std::fputs(tail, stdout);
}

/// A folder that is gone at the end.
struct scratch_folder {
  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "print_figures.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

/// One of everything that has figures.
void print_text() {
  weir::worker_pool<int> kitchen([](int&) {},
                                 {.name = "kitchen", .max_workers = 2, .queue_capacity = 4, .lanes = 2});
  for (int i = 0; i < 4; ++i)
    if (!kitchen.submit(int{i}, {.lane = static_cast<std::size_t>(i % 2)})) std::abort();
  const scratch_folder folder;
  weir::worker_pool<int> cellar([](int&) {}, {.name = "cellar",
                                              .queue_capacity = 1,
                                              .on_full = weir::overflow::spill(),
                                              .paused = true,
                                              .spill = weir::spill_options{.directory = folder.path}});
  for (int i = 0; i < 3; ++i)
    if (!cellar.submit(int{i})) std::abort();
  weir::circuit_breaker breaker{weir::control::circuit_breaker_options{}};
  weir::rate_limiter limiter(10, 1);
  weir::bulkhead at_most({.limit = 3});
  weir::retry again;
  weir::throttle throttle{weir::control::adaptive_throttle_options{}};

  weir::figure_sources sources;
  const weir::figure_source shown[] = {
      add_figures(sources, kitchen, std::make_shared<weir::alert_watch>()),
      add_figures(sources, "breaker", breaker),
      add_figures(sources, "limiter", limiter),
      add_figures(sources, "bulkhead", at_most),
      add_figures(sources, "retry", again),
      add_figures(sources, "throttle", throttle),
      sources.add(cellar),
  };
  std::fputs(weir::prometheus::text(sources.collect()).c_str(), stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "reference") == 0) {
    print_reference();
  } else if (argc == 2 && std::strcmp(argv[1], "text") == 0) {
    print_text();
  } else {
    std::fputs("usage: print_figures reference|text\n", stderr);
    return 2;
  }
  return 0;
}
