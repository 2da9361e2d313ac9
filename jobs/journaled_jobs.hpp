// What a journal says of earlier runs' jobs: matched by Seq, and the command must be the same.
#pragma once

#include <jobs/command_template.hpp>
#include <jobs/earlier_jobs.hpp>
#include <jobs/journal_index.hpp>
#include <jobs/journal_text.hpp>

#include <cstddef>
#include <string>

namespace weir::jobs {

class journaled_jobs final : public earlier_jobs {
 public:
  /// `descriptor`: the file that `index` was made of. Neither is owned, nor the command.
  journaled_jobs(int descriptor, std::string name, journal_index index, const command_template&);

  io_result<earlier_end> look(const item_batch&) override;
  std::uint64_t left() const noexcept override { return index_.entries().size() - next_; }
  io_result<> check_end(std::uint64_t last) const override;

 private:
  bool is_same(const item_batch&, std::string_view logged);
  error differs(const item_batch&, std::uint64_t offset, std::string logged);

  journal_text text_;
  const journal_index index_;
  const command_template& command_;
  std::size_t next_ = 0;  // of the entries
  expanded_command expanded_{};
};

}  // namespace weir::jobs
