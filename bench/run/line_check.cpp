// Reads what line_job instances printed through a runner, and says whether it arrived whole: every line of 80
// bytes, each job's lines in their order, none missing, and how often the output went from one job to
// another.
//
//   line_check JOBS MEGABYTES < OUTPUT      prints "bytes N broken N missing N switches N"
//
// Cheap on purpose, since it shares the machine with what is measured: it looks at 17 bytes of each line.

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t width = 80;

class checker {
 public:
  checker(std::size_t jobs, long lines_per_job) : last_line_(jobs + 1), lines_per_job_(lines_per_job) {}

  // One line without its newline.
  void line(std::string_view text) {
    long job = 0;
    long number = 0;
    const char* begin = text.data();
    const bool whole = text.size() == width - 1 && std::from_chars(begin, begin + 4, job).ptr == begin + 4 &&
                       std::from_chars(begin + 5, begin + 15, number).ptr == begin + 15 && begin[15] == ' ' &&
                       text.back() == 'x' && job >= 1 && job < static_cast<long>(last_line_.size());
    if (!whole || number != last_line_[static_cast<std::size_t>(job)] + 1) ++broken_;
    if (!whole) return;
    last_line_[static_cast<std::size_t>(job)] = number;
    if (job != last_job_ && last_job_ != 0) ++switches_;
    last_job_ = job;
  }

  void report(long bytes) const {
    long missing = 0;
    for (std::size_t job = 1; job < last_line_.size(); ++job) missing += lines_per_job_ - last_line_[job];
    std::printf("bytes %ld broken %ld missing %ld switches %ld\n", bytes, broken_, missing, switches_);
  }

 private:
  std::vector<long> last_line_;  // of each job, from 1
  long lines_per_job_;
  long last_job_ = 0;
  long broken_ = 0;
  long switches_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const long jobs = argc == 3 ? std::strtol(argv[1], nullptr, 10) : 0;
  const long megabytes = argc == 3 ? std::strtol(argv[2], nullptr, 10) : 0;
  if (jobs < 1 || jobs > 9999 || megabytes < 1) {
    std::fputs("usage: line_check JOBS MEGABYTES\n", stderr);
    return 2;
  }
  checker check(static_cast<std::size_t>(jobs), megabytes * 1'000'000 / static_cast<long>(width));
  std::vector<char> buffer(1 << 18);
  std::size_t held = 0;  // the beginning of a line whose end has not come
  long bytes = 0;
  for (;;) {
    if (held == buffer.size()) buffer.resize(2 * buffer.size());
    const ssize_t got = read(STDIN_FILENO, buffer.data() + held, buffer.size() - held);
    if (got < 0) {
      std::perror("line_check: read");
      return 1;
    }
    if (got == 0) break;
    bytes += got;
    const char* at = buffer.data();
    const char* const end = at + held + got;
    while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
      const char* newline = static_cast<const char*>(found);
      check.line({at, newline});
      at = newline + 1;
    }
    held = static_cast<std::size_t>(end - at);
    std::memmove(buffer.data(), at, held);
  }
  if (held) check.line({buffer.data(), held});
  check.report(bytes);
  return 0;
}
