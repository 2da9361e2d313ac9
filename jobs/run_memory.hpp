// What a run keeps beyond its own end, and what it knows of the runs before it: the journal, the directory of
// results, and what either says has been done.
//
// Invariant: both are locked for this run before a word is written to them (file_lock.hpp); the descriptors
// that hold the locks are the watchdog's too.
#pragma once

#include <jobs/earlier_jobs.hpp>
#include <jobs/journal.hpp>
#include <jobs/run.hpp>
#include <weir/base/error.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::jobs {

class run_memory {
 public:
  using say = std::function<void(std::string)>;

  /// Opens what the options name, and makes the directory of the results: before anything is read, for no job
  /// would fare better. The request must outlive it. Error: one of them cannot be used, or another run has
  /// it.
  static io_result<run_memory> open(const run_request&, const say&);

  /// For a dry run: only what was done before; nothing is made, repaired or locked.
  static io_result<run_memory> look(const run_request&);

  run_memory(run_memory&&) noexcept;
  run_memory& operator=(run_memory&&) noexcept;
  ~run_memory();

  /// Null without --joblog.
  journal* log() const noexcept { return journal_.get(); }
  /// Null without --resume.
  earlier_jobs* before() const noexcept { return before_.get(); }
  /// Descriptors whose locks last until the last job is gone.
  std::vector<int> locks() const;

 private:
  run_memory();
  io_result<> open_results(const std::string& directory, const say&);

  std::unique_ptr<journal> journal_;
  int directory_ = -1;                    // of the results
  int read_only_ = -1;                    // a journal of which nothing but its text is needed
  std::unique_ptr<earlier_jobs> before_;  // reads from one of the above
};

}  // namespace weir::jobs
