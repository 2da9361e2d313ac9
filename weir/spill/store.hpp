// A durable FIFO store of records in a directory: what does not fit in memory waits here, and survives a
// crash.
//
// Invariants: what append() has accepted is handed out by fetch() in the order of the appends, each record
// once for each opening of the store, until ack() or set_aside() removes it; a record that was fetched and
// not acknowledged comes again after the next opening (at least once). A record is handed out as it was
// given, or not at all: one whose checksum fails is moved aside, counted and reported. One process at a time
// has the directory.
//
// Errors beside those named: std::errc::not_enough_memory. After any error the store goes on.
//
// Thread-safety: every member may be called from any thread, several at once; appends of several threads
// share a commit. The store must not be moved or destroyed during a call.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/spill/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir {

/// A deadline that another process can read: system time in nanoseconds.
using system_time = std::chrono::sys_time<duration>;

/// The deadline that does not come.
inline constexpr system_time no_deadline = system_time::max();

namespace detail {
class spill_engine;
}

class spill_store {
 public:
  /// Where a record stands in the store: what ack() asks for. Good for this opening of the store only.
  enum class position : std::uint64_t {};

  /// Lanes are numbered below this.
  static constexpr std::size_t max_lanes = 1U << 15U;
  /// No payload is longer.
  static constexpr std::size_t max_payload = 512U << 20U;

  struct record {
    std::uint64_t id = 0;                  ///< the caller's; need not be unique
    std::size_t lane = 0;                  ///< below max_lanes
    std::uint64_t key = 0;                 ///< as submit_options::key
    std::uint64_t cost = 1;                ///< as submit_options::cost
    system_time deadline = no_deadline;    ///< kept, not acted upon
    std::span<const std::byte> payload{};  ///< at most max_payload bytes
  };

  /// A record in the store, and where it stands.
  struct fetched : record {
    position at{};
  };

  /// A record whose checksum failed, when the store was opened or now. It has been moved aside; id is as
  /// found, maybe wrong.
  struct damaged {
    std::uint64_t id = 0;
    std::size_t lane = 0;
  };

  /// What fetch() found. The payloads point into it.
  class batch {
   public:
    batch() = default;
    batch(batch&&) = default;
    batch& operator=(batch&&) = default;
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;
    ~batch() = default;

    std::vector<fetched> records;
    std::vector<struct damaged> damaged;

   private:
    friend class detail::spill_engine;
    std::vector<std::byte> payloads_;
  };

  /// Counts since this opening, and what there is now.
  struct statistics {
    std::uint64_t jobs = 0;       ///< records in the store, also those fetched and not acknowledged
    std::uint64_t unfetched = 0;  ///< of these, not fetched yet
    std::uint64_t bytes = 0;      ///< that records take of the store's file
    std::uint64_t max_bytes = 0;  ///< spill_options::max_bytes
    std::uint64_t resumed = 0;    ///< records found by open()
    std::uint64_t appended = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t moved_aside = 0;  ///< damaged ones, by open() or fetch(), and those given to set_aside()
    std::uint64_t rebuilds = 0;     ///< times the file was found damaged; it is kept as spill.db.damaged-DATE
    std::uint64_t unfinished_commits = 0;  ///< by open(): the last one is not whole, by a kill or by damage
    std::uint64_t largest_id = 0;          ///< ever appended, in this opening or an earlier one
    std::map<std::size_t, std::uint64_t> unfetched_by_lane{};  ///< lanes that have some
  };

  /// Opens the store in options.directory, or makes one. Errors: std::errc::invalid_argument (an option,
  /// named); errc::storage (the disk; or the files are of a later format; or this weir was built without
  /// SQLite); std::errc::device_or_resource_busy (another process has it; the detail says which). A store
  /// that is damaged opens with what is whole. Reads the whole store once: O(its size).
  static io_result<spill_store> open(const spill_options& options);

  /// What open() shows of a record that is whole. The payload is good during the call.
  using look = std::function<void(const record&)>;

  /// The same, and shows every record while it reads them: lane by lane in the order of the appends, and some
  /// twice when only then the file turns out to be damaged. All are still to be fetched. What `shown` throws
  /// comes out, std::bad_alloc as std::errc::not_enough_memory.
  static io_result<spill_store> open(const spill_options& options, const look& shown);

  spill_store(spill_store&&) noexcept;
  spill_store& operator=(spill_store&&) noexcept;
  /// What has not been acknowledged stays in the directory.
  ~spill_store();

  /// All of them or none. When it returns, a crash of the program does not lose them; of the machine, see
  /// durability. Errors, after which nothing of it is in the store (unless the disk fails until the program
  /// ends, so that nothing can be taken back on it), and a later append may succeed:
  /// errc::full (max_bytes or max_jobs); errc::storage (disk full or failing); std::errc::invalid_argument (a
  /// lane or a payload out of bounds). O(records), and waits for the disk.
  io_result<> append(std::span<const record> records);

  /// At most `max` records that were not fetched yet, oldest first over all lanes. Never waits for an append:
  /// empty when there are none. Error: errc::storage; the records come at a later fetch. O(max + lanes).
  io_result<batch> fetch(std::size_t max);
  /// The same of one lane.
  io_result<batch> fetch(std::size_t max, std::size_t lane);

  /// Removes records that were fetched: all of them or, after errc::storage, none; it may be tried again. A
  /// position that is not in the store counts for nothing. O(positions log positions).
  io_result<> ack(std::span<const position> done);

  /// Removes records that cannot be used, and keeps them in the store's file in a table of its own for people
  /// to look at. As ack() else.
  io_result<> set_aside(std::span<const position> unusable);

  /// A snapshot. Waits for whoever uses the file, and so for the disk.
  statistics stats() const;

  /// How full the store is.
  struct filling {
    std::uint64_t jobs = 0;  ///< as in statistics, as all below
    std::uint64_t bytes = 0;
    std::uint64_t max_bytes = 0;
  };
  /// As it is, or, while another call has the file, as it was lately: jobs after the last call that ended,
  /// bytes at most 64 calls ago. For who watches: waits for nobody. O(1).
  filling level() const noexcept;

  const std::filesystem::path& directory() const noexcept;

 private:
  explicit spill_store(std::unique_ptr<detail::spill_engine>) noexcept;
  std::unique_ptr<detail::spill_engine> engine_;
};

}  // namespace weir
