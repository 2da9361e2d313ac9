// A journal as a crash, an editor or another program left it: whatever the bytes, the reader finds the same
// records in whatever pieces they come, in lines that can be read again, and never looks past the last
// newline.
#include <jobs/journal_index.hpp>
#include <jobs/journal_record.hpp>
#include <jobs/journal_text.hpp>
#include <tests/fuzz/check.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace {

using namespace weir;
using jobs::journal_index;

journal_index in_pieces(std::string_view bytes, std::size_t piece) {
  journal_index index;
  for (std::size_t at = 0; at < bytes.size(); at += piece) index.feed(bytes.substr(at, piece));
  index.finish();
  return index;
}

void check_bounds(const journal_index& index, std::string_view bytes) {
  fuzz::require(index.whole_bytes() + index.torn_bytes() == bytes.size(), "every byte is whole or torn");
  const std::string_view whole = bytes.substr(0, index.whole_bytes());
  fuzz::require(whole.empty() || whole.back() == '\n', "what is whole ends with a line");
  fuzz::require(bytes.find('\n', whole.size()) == std::string_view::npos, "what is torn holds none");
  fuzz::require(
      index.damaged_lines().size() == std::min<std::uint64_t>(index.damaged(), journal_index::most_named),
      "the first damaged lines are named");
}

void check_entries(const journal_index& index, std::string_view bytes) {
  const int file = ::memfd_create("journal", MFD_CLOEXEC);
  fuzz::require(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "a file");
  jobs::journal_text text(file, "'journal'");
  std::uint64_t before = 0;
  for (const journal_index::entry& e : index.entries()) {
    fuzz::require(e.seq() > before, "records are in order, each once, from 1");
    before = e.seq();
    const auto line = text.line_at(e.offset());
    fuzz::require(line.has_value(), "a record's line is there");
    const auto record = jobs::parse_journal_line(*line);
    fuzz::require(record && record->seq == e.seq() && record->succeeded == e.succeeded(),
                  "and says the same");
    fuzz::require(jobs::same_command(record->command, record->command), "a command is the same as itself");
    fuzz::require(text.number_of_line_at(e.offset()).value_or(0) > 0, "its line has a number");
  }
  ::close(file);
}

}  // namespace

// The first byte says how large the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const journal_index whole = in_pieces(bytes, bytes.size() + 1);
  const journal_index pieces = in_pieces(bytes, data[0] % 16U + 1U);
  check_bounds(whole, bytes);
  const auto same = [](const auto& a, const auto& b) {
    return a.seq() == b.seq() && a.offset() == b.offset() && a.succeeded() == b.succeeded();
  };
  fuzz::require(std::ranges::equal(whole.entries(), pieces.entries(), same), "pieces make no difference");
  fuzz::require(whole.damaged() == pieces.damaged() && whole.is_journal() == pieces.is_journal() &&
                    whole.whole_bytes() == pieces.whole_bytes(),
                "nor to what is damaged");
  check_entries(whole, bytes);
  return 0;
}
