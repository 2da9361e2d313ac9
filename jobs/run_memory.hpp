// What a run keeps beyond its own end, and what it knows of the runs before it: the journal, the directory of
// results, the spill store, and what these say has been done, or waits.
//
// Invariant: all are locked for this run before a word is written to them (file_lock.hpp); the descriptors
// that hold the locks are the watchdog's too.
#pragma once

#include <jobs/earlier_jobs.hpp>
#include <jobs/journal.hpp>
#include <jobs/owned_descriptor.hpp>
#include <jobs/run.hpp>
#include <jobs/stored_jobs.hpp>
#include <weir/base/error.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::jobs {

class run_memory {
 public:
  using say = std::function<void(std::string)>;

  /// Opens what the options name but the store, and makes the directories: before anything is read, for no
  /// job would fare better. The request must outlive it. Error: one of them cannot be used, or another run
  /// has it.
  static io_result<run_memory> open(const run_request&, const say&);

  /// Opens the spill store, if there is one, and looks through it: it has a thread, so once this process has
  /// blocked its signals and forked. Errors as open().
  io_result<> open_store(const run_request&, const say&);

  /// For a dry run: only what was done before; nothing is made, repaired or locked, nor the store looked
  /// into.
  static io_result<run_memory> look(const run_request&);

  run_memory(run_memory&&) noexcept = default;
  run_memory& operator=(run_memory&&) noexcept = default;
  ~run_memory() = default;

  /// Null without --joblog.
  journal* log() const noexcept { return journal_.get(); }
  /// Null without --resume.
  earlier_jobs* before() const noexcept { return stored_or_ended_ ? stored_or_ended_.get() : ended_.get(); }
  /// What waits in the spill store.
  const stored_jobs& stored() const noexcept { return *stored_; }
  /// The store, for the pool. Once.
  std::optional<spill_store> take_store() noexcept { return stored_->take_store(); }
  /// Descriptors whose locks last until the last job is gone.
  std::vector<int> locks() const;

 private:
  run_memory() = default;
  static io_result<owned_descriptor> locked_directory(const std::string& path, const std::string& option,
                                                      const say&);
  void say_damage(const run_options&, const say&) const;

  std::unique_ptr<journal> journal_;
  journal_index found_;  // in it; until the store is open
  owned_descriptor results_;
  owned_descriptor store_;
  owned_descriptor read_only_;  // a journal of which nothing but its text is needed
  std::unique_ptr<stored_jobs> stored_ = std::make_unique<stored_jobs>();
  std::unique_ptr<earlier_jobs> ended_;  // reads from one of the above
  std::unique_ptr<earlier_jobs> stored_or_ended_;
};

}  // namespace weir::jobs
