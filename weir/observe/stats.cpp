#include <weir/observe/stats.hpp>

namespace weir {

namespace {

struct loss_row {
  std::string_view name;
  std::uint64_t pool_stats::* count;
};

// In the order of the enum.
constexpr std::array<loss_row, all_losses.size()> rows{{
    {"rejected", &pool_stats::rejected},
    {"dropped", &pool_stats::dropped},
    {"timed_out", &pool_stats::timed_out},
    {"withdrawn", &pool_stats::withdrawn},
    {"evicted", &pool_stats::evicted},
    {"expired", &pool_stats::expired},
    {"cancelled", &pool_stats::cancelled},
}};

}  // namespace

std::string_view name(loss kind) noexcept { return rows[static_cast<std::size_t>(kind)].name; }

std::uint64_t count_of(const pool_stats& stats, loss kind) noexcept {
  return stats.*rows[static_cast<std::size_t>(kind)].count;
}

}  // namespace weir
