#include <weir/spill/options.hpp>

#include <array>
#include <string>
#include <utility>

namespace weir {

namespace {

constexpr std::uint64_t least_bytes = 64ULL << 10;
constexpr std::array levels{durability::none, durability::batch, durability::each};

}  // namespace

std::string_view to_string(durability level) noexcept {
  switch (level) {
    case durability::none: return "none";
    case durability::batch: return "batch";
    case durability::each: return "each";
  }
  return "unknown";
}

io_result<durability> parse_durability(std::string_view text) {
  for (const durability level : levels) {
    if (text == to_string(level)) return level;
  }
  return std::unexpected(error(std::errc::invalid_argument,
                               "durability '" + std::string(text) + "' is none of none, batch, each"));
}

std::optional<option_error> check(const spill_options& o) {
  if (o.directory.empty())
    return option_error{"directory", "directory is empty; name one that the store may have"};
  if (o.max_bytes < least_bytes) {
    return option_error{"max_bytes",
                        "max_bytes " + std::to_string(o.max_bytes) + " is below 65536; use 65536 or more"};
  }
  if (to_string(o.sync) == "unknown") {
    return option_error{"sync", "sync " + std::to_string(std::to_underlying(o.sync)) +
                                    " is no level; use durability::none, batch or each"};
  }
  if (o.max_jobs == 0) return option_error{"max_jobs", "max_jobs 0 is below 1; use 1 or more"};
  return std::nullopt;
}

}  // namespace weir
