// A disk that fails when it is told to, and that loses what was not synced: a layer below SQLite (a VFS) over
// the system's own.
//
// Every write of SQLite goes to the real files at once, as to the page cache. Beside that the disk keeps what
// a power cut would leave of each file: what was there at its last sync, and the writes since, of which any
// may have reached the platter. Files that were removed are gone at once; renames are not seen.
//
// Invariant: an operation that fails does nothing, as a call that the kernel refuses. Thread-safety: all of
// it, since the store syncs from a thread of its own.
#pragma once

#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace weir::testing {

enum class disk_call { open, read, write, sync, resize, remove };

class faulty_disk {
 public:
  /// SQLite uses this disk for all that is opened from now on, until the end of the object. One at a time.
  faulty_disk();
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;
  ~faulty_disk();

  /// The n-th such call from now on fails (from 1), and the `more` after it.
  void fail(disk_call what, std::uint64_t nth, std::uint64_t more = 0);
  /// What the system says of the calls that fail: EIO, unless something else was said.
  void fail_as(int system_error);
  /// No call fails any more.
  void heal();
  /// Whether the next such call fails.
  bool is_failing() const;
  /// How many of what was asked for have failed.
  std::uint64_t failures() const;
  std::uint64_t calls(disk_call what) const;

  /// Whether a power cut now would cost nothing.
  bool all_safe() const;
  /// What a power cut now would leave of the files in `from`, in the empty directory `to`: each write since
  /// the last sync of its file may be lost, as `random` decides; `keep_none`: all are.
  void cut_power(const std::filesystem::path& from, const std::filesystem::path& to, std::mt19937_64& random,
                 bool keep_none) const;

  /// Such calls do not return until release().
  void hold(disk_call what);
  void release();
  /// Returns as soon as one is held.
  void wait_held();

  // For the layer itself.
  bool fails(disk_call what);
  void opened(const std::string& name);
  void wrote(const std::string& name, std::uint64_t offset, std::string bytes);
  void resized(const std::string& name, std::uint64_t size);
  void synced(const std::string& name);
  void removed(const std::string& name);
  sqlite3_vfs& real() const { return *real_; }

 private:
  struct change {
    std::uint64_t offset = 0;
    std::string bytes;
    bool resize = false;  // to `offset`
  };
  struct platter {
    std::string safe;
    std::vector<change> at_risk;
  };
  static void apply(const change& what, std::string& content);

  mutable std::mutex mutex_;
  std::map<std::string, platter> files_;
  std::map<disk_call, std::uint64_t> calls_;
  disk_call failing_ = disk_call::write;
  std::uint64_t first_failure_ = 0;  // 0: none
  std::uint64_t last_failure_ = 0;
  std::uint64_t failures_ = 0;
  int system_error_ = EIO;
  std::optional<disk_call> holding_;
  std::uint64_t held_ = 0;
  std::condition_variable changed_;
  sqlite3_vfs* real_;
};

}  // namespace weir::testing
