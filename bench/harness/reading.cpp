#include <bench/harness/reading.hpp>

#include <sys/resource.h>

namespace weir::bench {

namespace {

duration of(const timeval& t) {
  return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
}

spent of_process() noexcept {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);  // cannot fail with these arguments
  return {.processor = of(used.ru_utime) + of(used.ru_stime),
          .voluntary = static_cast<std::uint64_t>(used.ru_nvcsw),
          .involuntary = static_cast<std::uint64_t>(used.ru_nivcsw)};
}

}  // namespace

void stopwatch::restart() noexcept {
  before_ = of_process();
  start_ = clock::now();
}

spent stopwatch::read() const noexcept {
  const duration time = clock::now() - start_;
  const spent now = of_process();
  return {.time = time,
          .processor = now.processor - before_.processor,
          .voluntary = now.voluntary - before_.voluntary,
          .involuntary = now.involuntary - before_.involuntary};
}

}  // namespace weir::bench
