// From a directory to a table that is sound: makes what is missing, rebuilds what is damaged, refuses what it
// does not know.
//
// Thread-safety: who holds the lock of the directory.
#pragma once

#include <weir/base/error.hpp>
#include <weir/spill/layout.hpp>
#include <weir/spill/options.hpp>
#include <weir/spill/rebuild.hpp>
#include <weir/spill/store.hpp>
#include <weir/spill/table.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace weir::detail {

struct opened_table {
  std::unique_ptr<job_table> table;
  std::uint64_t rebuilds = 0;             ///< how often the file was found damaged
  std::vector<damaged_row> damaged_rows;  ///< that a rebuild has moved aside
  std::uint64_t unfinished_commits = 0;   ///< at the end of the log
};

/// Errors: errc::storage; a file that is no store's, or a later version's, is left as it is.
io_result<opened_table> open_table(const store_files& files, const spill_options& options);

/// The same for a file that was found damaged in use, and is closed.
io_result<opened_table> reopen_damaged(const store_files& files, const spill_options& options);

}  // namespace weir::detail
