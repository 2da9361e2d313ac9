// What tests of the store share: a directory of their own, records from numbers, and reading all there is.
#pragma once

#include <weir/spill/store.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::testing {

/// A directory that is there as long as this object; in memory, where the system has such a place: what these
/// tests ask of a disk, it has too, and it syncs at once.
class scratch_directory {
 public:
  scratch_directory() {
    const std::filesystem::path memory = "/dev/shm";
    const bool has_memory = access(memory.c_str(), W_OK) == 0;
    std::string name =
        ((has_memory ? memory : std::filesystem::temp_directory_path()) / "weir-spill-XXXXXX").string();
    if (mkdtemp(name.data())) path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string text(std::span<const std::byte> payload) {
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

/// The record that `id` stands for: its payload says so, at a length of its own.
inline std::string payload_of(std::uint64_t id) {
  return "job " + std::to_string(id) + std::string(id * 7 % 90, static_cast<char>('a' + id % 26));
}

inline spill_store open_store(const spill_options& options) {
  auto store = spill_store::open(options);
  if (!store) throw std::runtime_error(store.error().detail);
  return std::move(*store);
}

inline io_result<> append(spill_store& store, std::uint64_t id, std::size_t lane = 0) {
  const std::string payload = payload_of(id);
  const spill_store::record one[] = {{.id = id, .lane = lane, .payload = bytes(payload)}};
  return store.append(one);
}

/// Appends first, first + 1, ... in one call.
inline io_result<> append_run(spill_store& store, std::uint64_t first, std::size_t count,
                              std::size_t lane = 0) {
  std::vector<std::string> payloads;
  payloads.reserve(count);
  std::vector<spill_store::record> records;
  for (std::size_t i = 0; i < count; ++i) {
    payloads.push_back(payload_of(first + i));
    records.push_back({.id = first + i, .lane = lane, .payload = bytes(payloads.back())});
  }
  return store.append(records);
}

inline std::vector<std::uint64_t> ids(const spill_store::batch& batch) {
  std::vector<std::uint64_t> all;
  for (const auto& r : batch.records) all.push_back(r.id);
  return all;
}

inline std::vector<spill_store::position> positions(const spill_store::batch& batch) {
  std::vector<spill_store::position> all;
  for (const auto& r : batch.records) all.push_back(r.at);
  return all;
}

}  // namespace weir::testing
