// How a spill store is set up.
//
// The order of members is contract: they are written as designated initialisers.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/option_error.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace weir {

/// What a power cut may cost of what append() has accepted. A killed program costs nothing at any level: an
/// append returns after its commit has reached the operating system.
enum class durability {
  none,   ///< what the system had not written yet
  batch,  ///< the last 10 ms
  each,   ///< nothing
};

/// "none", "batch", "each".
std::string_view to_string(durability) noexcept;

/// The same backwards. Error: std::errc::invalid_argument; the detail names the text and the levels.
io_result<durability> parse_durability(std::string_view text);

struct spill_options {
  std::filesystem::path directory;  ///< made if it is not there; one store, and nothing else, lives in it
  std::uint64_t max_bytes = 1ULL << 30;  ///< bound on the store's file; at least 64 KiB
  durability sync = durability::batch;   ///< what a power cut may cost
  std::uint64_t max_jobs = unlimited;    ///< bound on the records in it; at least 1
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const spill_options&);

}  // namespace weir
