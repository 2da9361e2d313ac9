// Which way an execution goes wherever it could go several ways.
//
// Invariant: an execution that makes the same choices asks the same questions, in the same order: nothing in
// a scenario may depend on time, addresses or chance. Depth first, `taken_` is the path to where the
// execution is, and what of it is before `position_` has been taken before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace model {

class chooser {
 public:
  enum class about { thread, value };

  void explore_depth_first(int preemptions, int odd_reads);
  void explore_at_random(std::uint64_t seed);
  /// False when the string is no schedule.
  bool follow(std::string_view schedule);

  void begin_execution();
  /// Depth first: turns to what was not tried yet. False when all was.
  bool turn();

  /// Below `count`, which is at least 1. Choice 0 is the ordinary one.
  unsigned choose(unsigned count, about what);

  /// May another thread be preempted, another odd value be read? Both are surprises, of which there are no
  /// more than there may be preemptions.
  bool may_preempt() const noexcept { return !bounded_ || preemptions_ + odd_reads_ < most_preemptions_; }
  bool may_be_odd() const noexcept { return may_preempt() && (!bounded_ || odd_reads_ < most_odd_reads_); }
  void count_preemption() noexcept { ++preemptions_; }
  void count_odd_read() noexcept { ++odd_reads_; }

  bool on_new_ground() const noexcept { return mode_ != mode::depth_first || position_ >= taken_.size(); }
  /// The choices of this execution, for follow().
  std::string schedule() const;

 private:
  enum class mode { depth_first, random, replay };
  struct choice {
    std::uint8_t taken;
    std::uint8_t count;
  };

  std::uint64_t random() noexcept;
  unsigned choose_at_random(unsigned count, about what) noexcept;

  mode mode_ = mode::depth_first;
  bool bounded_ = true;
  int most_preemptions_ = 0;
  int most_odd_reads_ = 0;
  int preemptions_ = 0;
  int odd_reads_ = 0;
  std::vector<choice> taken_;
  std::size_t position_ = 0;
  std::uint64_t random_state_ = 0;
  unsigned switch_one_in_ = 2;  // of this execution, so that some are calm and some are wild
  unsigned odd_one_in_ = 2;
};

}  // namespace model
