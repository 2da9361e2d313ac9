// A new store file from what is whole in a damaged one.
//
// Invariants: the damaged files are only read, and kept under names with the date. Every row that can be
// found and is whole is in the new file at its place; one that is not whole is in its table `aside`. Where it
// is in doubt whether a record had been acknowledged, it is there: it may run twice, it is not lost. The
// steps can be interrupted anywhere: the new file is made under another name, its rename to `rebuilt`
// decides, and what remains is done by the next finish_rebuild().
//
// Thread-safety: who holds the lock of the directory.
#pragma once

#include <weir/base/error.hpp>
#include <weir/spill/byte_source.hpp>
#include <weir/spill/layout.hpp>
#include <weir/spill/page_rows.hpp>
#include <weir/spill/store.hpp>

#include <cstdint>
#include <vector>

namespace weir::detail {

/// Calls `found` for each row in a store's file and its log, whole or not; one that lies on several pages
/// several times. Whatever the bytes are. O(size).
void rows_of_file(const byte_source& file, const byte_source& log, const row_finder& found);

/// Not whole: its place, and the id as found, maybe wrong.
struct damaged_row {
  std::uint64_t place = 0;
  std::uint64_t id = 0;
};

struct rebuilt_rows {
  std::uint64_t whole = 0;
  std::vector<damaged_row> damaged;  ///< moved aside
};

/// Replaces the file. No connection to it is open. Error: errc::storage, after which the damaged file is
/// still there.
io_result<rebuilt_rows> rebuild(const store_files& files);

/// Completes a rebuild that was interrupted after it was decided; else nothing.
io_result<> finish_rebuild(const store_files& files);

}  // namespace weir::detail
