// What a directory of --results says of earlier runs' jobs: DIR/SEQ/exit is there when the job has ended.
//
// Matched by Seq, and DIR/SEQ/item must hold the same item; the command is not kept there. For one thread.
#pragma once

#include <jobs/earlier_jobs.hpp>

#include <filesystem>

namespace weir::jobs {

class kept_results final : public earlier_jobs {
 public:
  explicit kept_results(std::filesystem::path root) : root_(std::move(root)) {}

  io_result<earlier_end> look(const item_batch&) override;
  /// Nothing: a directory is not read through beforehand.
  std::uint64_t left() const noexcept override { return 0; }
  io_result<> check_end(std::uint64_t) const override { return {}; }

 private:
  const std::filesystem::path root_;
};

}  // namespace weir::jobs
