// What a pool with a spill store keeps: which lanes go through the store, who is on the way in, what
// comes back.
//
//   submit -> line -> store -> keeper -> queue -> worker -> keeper: acknowledged
//
// Invariants
// - A lane spills while a job of it is in the line, or in the store and not fetched, or fetched and not
//   yet in the queue (lane_count). While it does, whatever the policy of a submit, its jobs enter the
//   queue by the keeper alone, so they run in the order of the line. Submitters that waited at the lane's
//   door before it began to spill came first, and go in first: nothing is fetched for it meanwhile.
// - One submitter at a time leads the line: it takes the first of it as a group, gives their ids, appends
//   them in one transaction without the lock, decides all of them, and hands the lead to the first of
//   those who came meanwhile. So ids, the order in the store and the order of running are one, and a
//   commit is shared.
// - `outside`: jobs that are accepted and in no node that a worker can get; the sum of all `stored` and
//   `back`.
// - `incoming`: places in the queue that the keeper has reserved for what it fetches, maybe before they are
//   free. Only a job that evicts others may take them; then what is `back` waits for the next place.
// - A job from the store ends as all do, but counts as running until the keeper has acknowledged it: what
//   is counted as completed or failed is never run again. What is lost (expired, evicted) is
//   acknowledged, too. `ended` are the nodes of both. One whose acknowledgement fails counts
//   nevertheless, and is tried again. Only an unfinished_job is counted and never acknowledged: the next
//   pool on the directory runs it.
// - When `left` (cancelled, or the store cannot be read while the pool drains), nothing more is fetched;
//   what is outside, and what was in the queue and not begun, stays in the store for the next pool on it.
// - What a submitter's thread does not decide itself, one thread does: the keeper. It sleeps while there
//   is nothing for it to do; whoever makes something due wakes it (engine::look_at_store).
// The pool's lock guards all but the store, which is thread-safe and never called under the lock, and
// what is the keeper's own.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/fifo_list.hpp>
#include <weir/base/time.hpp>
#include <weir/control/lane_schedule.hpp>
#include <weir/pool/detail/job.hpp>
#include <weir/pool/detail/job_codec.hpp>
#include <weir/pool/detail/sleeper.hpp>
#include <weir/pool/options.hpp>
#include <weir/spill/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace weir::detail {

/// A submit on its way into the store, on the submitter's stack.
struct appender : fifo_hook<appender>, sleeper {
  std::span<spill_store::record> records;  // of one lane; at least one
  bool counts = true;                      // a refusal is counted: not those of submit_some
  bool decided = false;                    // else, when woken: it leads
  std::size_t accepted = 0;                // of the records, from the front
  errc reason = errc::full;                // why not more
};

struct spilling {
  /// Jobs of a lane that newcomers may not pass.
  struct lane_count {
    std::uint64_t coming = 0;  // in the line, or being appended
    std::uint64_t stored = 0;  // in the store, not fetched
    std::uint64_t back = 0;    // fetched, not in the queue
  };

  /// What the keeper brings back of a lane in one turn.
  struct lane_turn {
    std::size_t wanted = 0;
    std::uint64_t stored = 0;  // in the store before the turn; more may come meanwhile
    std::uint64_t good = 0;    // in nodes
    std::uint64_t lost = 0;    // not jobs any more
    bool gone = false;         // nor is anything else of `stored`
  };

  /// The options have been checked. `opened`: the store, when it is open already. Throws
  /// std::invalid_argument for a job without codec, for an open store that is not the one of the options and
  /// for one whose lanes the pool has not, std::system_error when the store cannot be opened.
  static std::unique_ptr<spilling> open(const job_codec* codec, const pool_options& options,
                                        std::optional<spill_store>&& opened);

  spilling(spill_store opened, const job_codec& jobs, const pool_options& options);

  /// As many of the records as the store takes, from the front, and why not more. Without the lock.
  std::size_t append(std::span<const spill_store::record> records, errc& reason) noexcept;
  /// Takes the next group out of the line.
  void take_group() noexcept;
  /// Appends the group, without the lock.
  void write_group() noexcept;

  spill_store store;
  const job_codec& codec;

  std::vector<lane_count> lanes;
  std::uint64_t entering = 0;  // the sum of all `coming`
  std::uint64_t outside = 0;
  std::uint64_t total = 0;       // jobs ever appended by this pool
  std::uint64_t unfinished = 0;  // counted, and left in the store
  fifo_list<appender> line;
  bool led = false;
  job_chain ended;
  job_chain back;  // fetched, waiting for a place or the bound of the cost
  std::size_t incoming = 0;
  bool left = false;
  bool unreadable = false;  // `left` because of the store

  // Of the keeper.
  std::thread thread;
  sleeper* keeper = nullptr;  // asleep
  bool ends = false;
  bool gathering = false;  // asleep until more acknowledgements have come, but not for long
  bool gathered = false;   // long enough
  bool owes_acks = false;  // some have failed
  bool failing = false;    // the store was not readable; until `again`
  time_point again = never;

  // The leader's and the keeper's own, in turn without the lock.
  std::vector<appender*> group;
  std::vector<spill_store::record> records;
  std::vector<lane_turn> turns;
  std::vector<std::size_t> lengths;  // scratch of a turn
  std::vector<job_node*> fresh;      // empty nodes
  job_chain arrived;                 // filled ones
  std::vector<spill_store::position> unacked;
  control::lane_schedule schedule;
  int failures = 0;  // to read, in a row
};

}  // namespace weir::detail
