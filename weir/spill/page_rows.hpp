// Rows of the table `jobs` from SQLite's pages, read without SQLite and without trust: what is left of a file
// that SQLite refuses.
//
// A page of rows is known by its form alone, wherever it lies, so that it is found when the pages above it
// are gone. Nothing here can tell whether a row is whole: its checksum can. Format:
// sqlite.org/fileformat2.html, "B-tree Pages". Invariant: no byte outside of the spans given is read,
// whatever they hold.
#pragma once

#include <weir/spill/log_file.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace weir::detail {

using page_bytes = std::array<std::byte, page_size>;

/// Fills the page of that number; false when there is none.
using page_reader = std::function<bool(std::uint32_t, page_bytes&)>;

/// A row as it was found: at its place, the record's bytes, perhaps damaged.
using row_finder = std::function<void(std::uint64_t place, std::span<const std::byte> record)>;

/// Calls `found` for each row of `jobs` on this page, if it is a page of rows; long rows go on on pages that
/// `read` gives. `longest`: no row is longer, as the file is not.
void rows_of_page(std::span<const std::byte, page_size> page, std::uint64_t longest, const page_reader& read,
                  const row_finder& found);

/// The pages on the free list, whose content is not to be believed. `header`: page 1.
std::vector<bool> free_pages(std::span<const std::byte, page_size> header, std::uint32_t pages,
                             const page_reader& read);

}  // namespace weir::detail
