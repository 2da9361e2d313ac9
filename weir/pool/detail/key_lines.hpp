// The waiting jobs of each key, oldest first: a table of lines, found by lane and key.
//
// Invariants: a line is in the table while it has a job, and in `free_` otherwise; there are never more lines
// than places that were reserved, and at least half as many buckets. Owns the lines, not the jobs. Nothing
// but reserve() allocates. Thread-safety: none; the pool's lock is held.
#pragma once

#include <weir/base/fifo_list.hpp>
#include <weir/pool/detail/job.hpp>

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weir::detail {

struct key_line;

/// Where a job stands among those of its key.
struct key_place : fifo_hook<key_place> {
  job_node* job = nullptr;
  key_line* line = nullptr;
};

struct key_line {
  std::size_t lane = 0;
  std::uint64_t key = 0;
  fifo_list<key_place> jobs;
  key_line* next = nullptr;  // in its bucket, or the next free one
};

class key_lines {
 public:
  /// For so many jobs at once. May throw std::bad_alloc; then a later call goes on.
  void reserve(std::size_t jobs) {
    if (buckets_.size() < jobs) grow_table(std::bit_ceil(jobs));
    while (lines_.size() < jobs) {
      lines_.push_back(std::make_unique<key_line>());
      free(*lines_.back());
    }
  }

  /// As the newest of its key.
  void push(std::size_t lane, std::uint64_t key, key_place& place) noexcept {
    key_line* line = find(lane, key);
    if (!line) {
      assert(free_ && "as many lines as jobs are reserved");
      line = free_;
      free_ = line->next;
      line->lane = lane;
      line->key = key;
      enter(*line);
    }
    place.line = line;
    line->jobs.push_back(place);
  }

  /// None when the key has no job in the lane.
  key_place* oldest(std::size_t lane, std::uint64_t key) const noexcept {
    const key_line* const line = find(lane, key);
    return line ? line->jobs.front() : nullptr;
  }

  std::size_t length(std::size_t lane, std::uint64_t key) const noexcept {
    const key_line* const line = find(lane, key);
    return line ? line->jobs.size() : 0;
  }

  void remove(key_place& place) noexcept {
    key_line& line = *place.line;
    line.jobs.remove(place);
    if (!line.jobs.empty()) return;
    key_line** link = &buckets_[bucket_of(line.lane, line.key)];
    while (*link != &line) link = &(*link)->next;
    *link = line.next;
    free(line);
  }

 private:
  // Multiplicative hashing (Knuth, "The Art of Computer Programming", 6.4): the upper bits are the good ones.
  std::size_t bucket_of(std::size_t lane, std::uint64_t key) const noexcept {
    const std::uint64_t mixed = (key ^ (std::uint64_t{lane} << 48)) * 0x9E3779B97F4A7C15;
    return static_cast<std::size_t>(mixed >> 32) & (buckets_.size() - 1);
  }

  key_line* find(std::size_t lane, std::uint64_t key) const noexcept {
    if (buckets_.empty()) return nullptr;
    key_line* line = buckets_[bucket_of(lane, key)];
    while (line && (line->lane != lane || line->key != key)) line = line->next;
    return line;
  }

  void enter(key_line& line) noexcept {
    key_line*& bucket = buckets_[bucket_of(line.lane, line.key)];
    line.next = bucket;
    bucket = &line;
  }

  void free(key_line& line) noexcept {
    line.next = free_;
    free_ = &line;
  }

  void grow_table(std::size_t size) {
    std::vector<key_line*> larger(size, nullptr);
    buckets_.swap(larger);
    for (const auto& line : lines_)
      if (!line->jobs.empty()) enter(*line);
  }

  std::vector<std::unique_ptr<key_line>> lines_;
  std::vector<key_line*> buckets_;  // a power of two
  key_line* free_ = nullptr;
};

}  // namespace weir::detail
