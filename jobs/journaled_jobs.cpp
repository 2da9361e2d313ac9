#include <jobs/journal_record.hpp>
#include <jobs/journaled_jobs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::jobs {

namespace {

// Where two commands begin to differ, with a little of what stands before.
std::size_t from_difference(std::string_view a, std::string_view b) {
  constexpr std::size_t before = 20;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  return at > 2 * before ? at - before : 0;
}

std::string excerpt(std::string_view text, std::size_t from) {
  const std::size_t start = std::min(from, text.size());
  return (start > 0 ? "..." : "") + printable(text.substr(start));
}

}  // namespace

journaled_jobs::journaled_jobs(int descriptor, std::string name, journal_index index,
                               const command_template& command)
    : text_(descriptor, std::move(name)), index_(std::move(index)), command_(command) {}

io_result<earlier_end> journaled_jobs::look(const item_batch& batch) {
  const auto entries = index_.entries();
  while (next_ < entries.size() && entries[next_].seq() < batch.seq) ++next_;
  if (next_ == entries.size() || entries[next_].seq() != batch.seq) return earlier_end::none;
  const journal_index::entry found = entries[next_++];
  const auto line = text_.line_at(found.offset());
  if (!line) return std::unexpected(line.error());
  const auto record = parse_journal_line(*line);
  if (!record || record->seq != batch.seq)
    return std::unexpected(error(std::errc::io_error, text_.name() + " was changed while it was read"));
  if (!is_same(batch, record->command))
    return std::unexpected(differs(batch, found.offset(), std::string(record->command)));
  return found.succeeded() ? earlier_end::succeeded : earlier_end::failed;
}

// The slot a job will have is not known, nor has it to be the one it had: the number that stands where the
// command first has its slot is tried, whatever its length.
bool journaled_jobs::is_same(const item_batch& batch, std::string_view logged) {
  constexpr std::size_t unlikely = 99'999'999;
  constexpr std::size_t most_digits = 6;  // of most_workers
  const bool any_slot = command_.uses_slot();
  command_.expand(batch, any_slot ? unlikely : 1, expanded_);
  const std::string now = expanded_.to_string();
  if (!any_slot) return same_command(logged, now);
  const std::size_t at = std::min(now.find(std::to_string(unlikely)), logged.size());
  std::size_t slot = 0;
  for (std::size_t i = 0; i < most_digits && at + i < logged.size(); ++i) {
    const char digit = logged[at + i];
    if (digit < '0' || digit > '9') break;
    slot = slot * 10 + static_cast<std::size_t>(digit - '0');
    command_.expand(batch, slot, expanded_);
    if (same_command(logged, expanded_.to_string())) return true;
  }
  return false;
}

error journaled_jobs::differs(const item_batch& batch, std::uint64_t offset, std::string logged) {
  command_.expand(batch, 1, expanded_);
  const std::string now = in_journal(expanded_.to_string());
  const std::size_t from = from_difference(logged, now);
  const std::uint64_t line = text_.number_of_line_at(offset).value_or(0);
  return {std::errc::invalid_argument,
          fmt::format("job {} was `{}` in {}, line {}, and would now be `{}`: the command or the input has "
                      "changed; go on with those it was begun with, or give another --joblog",
                      batch.seq, excerpt(logged, from), text_.name(), line, excerpt(now, from))};
}

io_result<> journaled_jobs::check_end(std::uint64_t last) const {
  const auto entries = index_.entries();
  if (entries.empty() || entries.back().seq() <= last) return {};
  return std::unexpected(error(
      std::errc::invalid_argument,
      fmt::format("the input ends with job {}, and {} has jobs up to {}: the input has changed; go on with "
                  "the one it was begun with, or give another --joblog",
                  last, text_.name(), entries.back().seq())));
}

}  // namespace weir::jobs
