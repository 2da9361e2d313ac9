#include <weir/base/quick_clock.hpp>
#include <weir/base/short_lock.hpp>

#include <chrono>
#include <mutex>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace weir::detail {

#if defined(__x86_64__)
namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t together = 4096;  // ticks between two readings that belong together
constexpr duration first_measurement =
    std::chrono::milliseconds(10);  // long enough to know the speed to 10^-5
constexpr duration next_measurement = std::chrono::seconds(1);
constexpr duration anchor_lasts = std::chrono::microseconds(100);
constexpr double two_to_32 = 4294967296.0;

/// Whether the counter runs at one speed, whatever the processor does.
bool counter_is_steady() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

/// The counter's speed, measured against the clock again and again.
class counter_speed {
 public:
  /// With a pair of readings; 0: not known yet.
  std::uint64_t scale_at(time_point now, std::uint64_t ticks) noexcept {
    if (!lock_.try_lock()) return 0;  // the next time, then
    const std::lock_guard hold(lock_, std::adopt_lock);
    const duration apart = now - since_;
    if (since_ticks_ == 0) {
      begin(now, ticks);
    } else if (apart >= (scale_ == 0 ? first_measurement : next_measurement)) {
      const double measured =
          static_cast<double>(apart.count()) / static_cast<double>(ticks - since_ticks_) * two_to_32;
      const double known = static_cast<double>(scale_);
      // A jump is a machine that was moved to another, or slept: what is known is worth nothing.
      const bool jumped = scale_ != 0 && !(measured > known * 0.999 && measured < known * 1.001);
      const bool sane = measured > 0.01 * two_to_32 && measured < 100 * two_to_32;
      scale_ = jumped || !sane ? 0 : static_cast<std::uint64_t>(measured);
      begin(now, ticks);
    }
    return scale_;
  }

 private:
  void begin(time_point now, std::uint64_t ticks) noexcept {
    since_ = now;
    since_ticks_ = ticks;
  }

  short_lock<> lock_;
  time_point since_{};
  std::uint64_t since_ticks_ = 0;
  std::uint64_t scale_ = 0;
};

constinit counter_speed speed;

}  // namespace

time_point read_and_anchor() noexcept {
  static const bool steady = counter_is_steady();
  const std::uint64_t before = __builtin_ia32_rdtsc();
  const time_point now = clock::now();
  const std::uint64_t ticks = __builtin_ia32_rdtsc();
  clock_anchor& a = this_clock_anchor;
  a.good_for = 0;
  if (!steady || ticks - before > together) return now;
  a.scale = speed.scale_at(now, ticks);
  if (a.scale == 0) return now;
  a.ticks = ticks;
  a.at = now.time_since_epoch().count();
  a.good_for = (static_cast<std::uint64_t>(anchor_lasts.count()) << 32) / a.scale;
  return now;
}
#else
time_point read_and_anchor() noexcept { return clock::now(); }
#endif

}  // namespace weir::detail
