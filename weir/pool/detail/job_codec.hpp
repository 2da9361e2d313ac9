// How the engine, which knows no types, takes a pool's jobs to the disk and back.
//
// Thread-safety: the functions are called by several threads at once, under no lock: weir::codec is the
// user's.
#pragma once

#include <weir/pool/detail/job.hpp>
#include <weir/spill/codec.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace weir::detail {

struct job_codec {
  /// Appends the bytes of a submitter's job, which stays as it is. Throws what the codec throws.
  void (*encode)(const void* job, std::vector<std::byte>& out);
  /// Puts the job of these bytes into the node; false, and the node is empty, when they are none.
  bool (*decode)(job_node&, std::span<const std::byte>) noexcept;
  /// The submitter's job is in the store: what it holds is moved out of it and destroyed.
  void (*consume)(void* job) noexcept;
  /// Destroys the job in the node, of which the store has a record.
  void (*discard)(job_node&) noexcept;
};

/// `Node`: a job_node with a `storage` for one Job, and job().
template <class Job, class Node>
  requires has_codec<Job>
inline constexpr job_codec codec_of{
    .encode = [](const void* job,
                 std::vector<std::byte>& out) { codec<Job>::encode(*static_cast<const Job*>(job), out); },
    .decode =
        [](job_node& node, std::span<const std::byte> bytes) noexcept {
          try {
            std::optional<Job> job = codec<Job>::decode(bytes);
            if (!job) return false;
            ::new (static_cast<void*>(static_cast<Node&>(node).storage)) Job(std::move(*job));
            return true;
          } catch (...) {  // a codec that throws has not decoded it
            return false;
          }
        },
    .consume =
        [](void* job) noexcept { [[maybe_unused]] const Job gone(std::move(*static_cast<Job*>(job))); },
    .discard = [](job_node& node) noexcept { std::destroy_at(&static_cast<Node&>(node).job()); }};

}  // namespace weir::detail
