#include <jobs/descriptor_writer.hpp>
#include <jobs/item.hpp>
#include <jobs/kept_output.hpp>

#include <fmt/format.h>

#include <chrono>

namespace weir::jobs {

bool ends_inside_line(const spool& kept) {
  char last = '\n';
  if (!kept.memory().empty()) {
    last = kept.memory().back();
  } else if (kept.in_file() > 0 && read_block_of(kept, &last, 1, kept.in_file() - 1) != 1) {
    return true;
  }
  return last != '\n';
}

std::string note_about(std::uint64_t seq, std::string_view item, const process_result& result) {
  if (result.killed == kill_cause::none) return {};
  std::string why;
  switch (result.killed) {
    case kill_cause::timeout: why = "at its timeout"; break;
    case kill_cause::stop: why = "because the run was stopped"; break;
    default: why = fmt::format("({})", result.output_error);
  }
  const auto seconds = std::chrono::duration<double>(result.run_time).count();
  return fmt::format("weir: job {} ({}) was killed {} after {:.3f} s; its output is partial\n", seq,
                     printable(item), why, seconds);
}

}  // namespace weir::jobs
