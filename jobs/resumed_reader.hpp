// The jobs of the input that earlier runs have not done.
//
// A job that has ended is compared with what it was; when it was another one, the input or the command has
// changed and nothing should run. So jobs that are to run are held back until everything that has ended was
// compared, within bounds: not more of them, and not longer, than hold_limits says. Then they are given out,
// in order. For one thread.
#pragma once

#include <jobs/earlier_jobs.hpp>
#include <jobs/source.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

namespace weir::jobs {

/// How much is held back at most while the rest is compared.
struct hold_limits {
  std::size_t jobs = 4096;
  std::uint64_t bytes = std::uint64_t{16} << 20;
  duration time = std::chrono::seconds(1);
};

class resumed_reader {
 public:
  enum class again : std::uint8_t {
    nothing,  ///< what has ended is not run again
    failed,   ///< what has failed is
  };

  /// `from` and `before` must outlive it. `skipped` is told the Seq of each job that is passed over.
  resumed_reader(batch_reader& from, earlier_jobs& before, again what,
                 std::function<void(std::uint64_t)> skipped, hold_limits most = {});

  /// As batch_reader::next. The error's code is invalid_argument when a job is not the one it was, or the
  /// input ends too soon; of an interrupted input what was held is given up.
  io_result<reading> next(item_batch& batch);

 private:
  io_result<reading> next_to_run(item_batch& batch);
  io_result<reading> end_of_input();
  bool compares() const noexcept;

  batch_reader& from_;
  earlier_jobs& before_;
  const again what_;
  const std::function<void(std::uint64_t)> skipped_;
  const hold_limits most_;
  const time_point began_ = clock::now();
  std::deque<item_batch> held_;
  std::uint64_t held_bytes_ = 0;
  std::uint64_t last_ = 0;  // Seq read last
  bool ended_ = false;
};

}  // namespace weir::jobs
