#include <weir/base/thread_random.hpp>

#include <atomic>

namespace weir::detail {
namespace {

constexpr std::uint64_t golden_gamma = 0x9e3779b97f4a7c15;

std::uint64_t mixed(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::atomic<std::uint64_t> threads_seeded{0};    // relaxed: only the values need to differ
constinit thread_local std::uint64_t state = 0;  // 0: not seeded yet

}  // namespace

std::uint64_t thread_random() noexcept {
  if (state == 0)
    state = mixed((threads_seeded.fetch_add(1, std::memory_order_relaxed) + 1) * golden_gamma) | 1;
  state += golden_gamma;
  return mixed(state);
}

}  // namespace weir::detail
