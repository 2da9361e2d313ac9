// The jobs that wait in a pool with priorities or fair shares: a list a lane, and the rules that say which
// lane, and within it which key, goes next.
//
// Invariants: a job here has a place, which stands in the list of its lane, in order of arrival; lengths_ and
// each lane's cost say what the lists hold. With fair shares it stands in the line of its key, too, and the
// lane's shares know of it. Only pop() asks the schedule: who is evicted has not had a turn.
// Nothing but reserve() allocates. Thread-safety: none; the pool's lock is held.
#pragma once

#include <weir/base/fifo_list.hpp>
#include <weir/control/fair_share.hpp>
#include <weir/control/lane_schedule.hpp>
#include <weir/pool/detail/job.hpp>
#include <weir/pool/detail/key_lines.hpp>
#include <weir/pool/detail/recent_keys.hpp>
#include <weir/pool/options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace weir::detail {

/// Where a node stands while its job waits in a lane. One a node, kept with it.
struct lane_place : fifo_hook<lane_place> {
  job_node* job = nullptr;
  key_place among_key;
};

class lane_queue {
 public:
  /// The options have been checked.
  explicit lane_queue(const pool_options&);

  /// Places for `nodes` nodes in all. May throw std::bad_alloc, and has changed nothing then.
  void reserve(std::size_t nodes);
  /// Gives a new node its place, for which there is one reserved. Before its first push.
  void adopt(job_node&) noexcept;

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::size_t lanes() const noexcept { return lanes_.size(); }
  std::size_t length(std::size_t lane) const noexcept { return lengths_[lane]; }
  /// Of the jobs in the lane, together.
  std::uint64_t cost(std::size_t lane) const noexcept { return lanes_[lane].cost; }
  /// Most jobs that may wait in the lane, by its own bound.
  std::size_t capacity(std::size_t lane) const noexcept { return lanes_[lane].capacity; }

  bool is_fair() const noexcept { return lanes_.front().shares.has_value(); }
  /// Somebody wants a place for a job of this key.
  void note_key(std::uint64_t key) noexcept { recent_.note(key); }
  /// Whether the key may take one of the free places. The last eighth of them is for keys that have not yet
  /// their share of the queue: a noisy one finds it full before it is, and the others do not.
  bool key_has_room(std::size_t lane, std::uint64_t key) const noexcept;

  /// As the newest of its lane.
  void push(job_node&) noexcept;
  /// The job whose turn it is. Needs one.
  job_node& pop() noexcept;
  /// To be evicted. Need one in the lane.
  job_node& pop_oldest(std::size_t lane) noexcept;
  job_node& pop_newest(std::size_t lane) noexcept;

  /// The last lane that has a job. Needs one.
  std::size_t least_important() const noexcept;

 private:
  struct lane_state {
    std::size_t capacity;
    std::uint64_t cost = 0;
    fifo_list<lane_place> jobs;
    std::optional<control::fair_share> shares;
  };

  job_node& take(lane_place&) noexcept;

  std::vector<lane_state> lanes_;
  std::vector<std::size_t> lengths_;
  control::lane_schedule schedule_;
  const std::size_t places_in_all_;  // that the pool has for waiting jobs
  key_lines keys_;                   // these two are used with fair shares only
  recent_keys recent_;
  std::vector<std::unique_ptr<lane_place>> places_;
  std::size_t reserved_ = 0;  // nodes
  std::size_t adopted_ = 0;   // places that have their node
  std::size_t size_ = 0;
};

}  // namespace weir::detail
