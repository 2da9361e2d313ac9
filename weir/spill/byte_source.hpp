// Bytes to read at any offset: a file, or memory in tests and fuzzers.
//
// Thread-safety: one thread at a time.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

namespace weir::detail {

struct byte_source {
  std::uint64_t size = 0;
  /// Fills the span from this offset on; false when that cannot be read, or not all of it.
  std::function<bool(std::uint64_t, std::span<std::byte>)> read = [](std::uint64_t, std::span<std::byte>) {
    return false;
  };
};

/// The bytes of a file, as they are when they are read; none when there is no file. Error: errc::storage, it
/// cannot be opened.
io_result<byte_source> bytes_of_file(const std::filesystem::path& file);

/// These bytes, which must outlive the source.
byte_source bytes_of_memory(std::span<const std::byte> bytes);

/// The big-endian number at this offset. The span is long enough.
constexpr std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t offset,
                                   std::size_t width) noexcept {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < width; ++i)
    number = number << 8U | std::to_integer<std::uint32_t>(bytes[offset + i]);
  return number;
}

}  // namespace weir::detail
