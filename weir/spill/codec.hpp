// How a job becomes bytes and comes back: what a user specialises for a type of their own.
//
// Invariant: decode(encode(job)) is the same job; decode answers nothing, and never throws, for bytes that
// encode cannot have written. What was written by one version of a program is read by the next: a codec that
// changes its format must tell the old one apart.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace weir {

/// Specialise it for a type of your own:
///     template <> struct weir::codec<order> {
///       static void encode(const order&, std::vector<std::byte>& out);            // appends to `out`
///       static std::optional<order> decode(std::span<const std::byte> bytes);     // nothing: not an order
///     };
/// Both may be called by several threads at once.
template <class Job>
struct codec;

/// Whether jobs of this type can reach the disk.
template <class Job>
concept has_codec = requires(const Job& job, std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  { codec<Job>::encode(job, out) };
  { codec<Job>::decode(bytes) } -> std::same_as<std::optional<Job>>;
};

namespace detail {

/// Trivially copyable, and nothing that merely points to the value: an address means nothing in the next
/// process. A struct that has such members passes unseen: give it a codec.
template <class Job>
concept plain_bytes =
    std::is_trivially_copyable_v<Job> && std::is_object_v<Job> && !std::is_pointer_v<Job> &&
    !std::is_member_pointer_v<Job> && !std::is_null_pointer_v<Job> && !std::is_array_v<Job> &&
    !std::is_empty_v<Job> && !std::ranges::view<Job> && std::same_as<Job, std::remove_cv_t<Job>>;

}  // namespace detail

/// A string is its characters.
template <>
struct codec<std::string> {
  static void encode(const std::string& job, std::vector<std::byte>& out) {
    const auto bytes = std::as_bytes(std::span(job));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  static std::optional<std::string> decode(std::span<const std::byte> bytes) {
    std::string job(bytes.size(), '\0');
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(job)).begin());
    return job;
  }
};

/// A trivially copyable type is its bytes, as this machine lays them out.
template <detail::plain_bytes Job>
struct codec<Job> {
  static void encode(const Job& job, std::vector<std::byte>& out) {
    const auto bytes = std::as_bytes(std::span(&job, 1));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  static std::optional<Job> decode(std::span<const std::byte> bytes) {
    if (bytes.size() != sizeof(Job)) return std::nullopt;
    std::array<std::byte, sizeof(Job)> image;
    std::ranges::copy(bytes, image.begin());
    return std::bit_cast<Job>(image);
  }
};

}  // namespace weir
