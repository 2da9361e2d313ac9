// The places where jobs run: a number from 1 (WEIR_SLOT, {%}), and what is used again from job to job.
//
// Invariant: a slot has one user at a time, and the lowest free number is given out first, so with N workers
// no number above N is ever seen. Thread-safe; a lease belongs to one thread.
#pragma once

#include <jobs/command_template.hpp>
#include <jobs/output.hpp>
#include <jobs/process.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <vector>

namespace weir::jobs {

struct slot {
  slot(launcher& l, printer& p, unsigned n) : number(n), process(l, n), output(p) {}

  const unsigned number;
  process_slot process;
  job_output output;
  expanded_command command{};
};

class slots {
 public:
  slots(launcher& l, printer& p) : launcher_(l), printer_(p) {}

  struct give_back {
    slots* owner;
    void operator()(slot* s) const { owner->release(s->number); }
  };
  using lease = std::unique_ptr<slot, give_back>;

  /// The free slot of the lowest number; made when there is none.
  lease acquire() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      const auto number = static_cast<unsigned>(all_.size()) + 1;
      all_.push_back(std::make_unique<slot>(launcher_, printer_, number));
      return lease(all_.back().get(), {this});
    }
    slot* const lowest = all_[free_.top() - 1].get();
    free_.pop();
    return lease(lowest, {this});
  }

 private:
  void release(unsigned number) {
    const std::lock_guard lock(mutex_);
    free_.push(number);
  }

  launcher& launcher_;
  printer& printer_;
  std::mutex mutex_;  // guards the two below
  std::vector<std::unique_ptr<slot>> all_;
  std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>> free_;
};

}  // namespace weir::jobs
