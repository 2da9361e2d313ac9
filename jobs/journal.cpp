#include <jobs/file_lock.hpp>
#include <jobs/journal.hpp>
#include <jobs/journal_text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace weir::jobs {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

// A pipe is opened only to write: it waits for its reader, as the shell's > does.
int open_to_append(const std::string& path) {
  constexpr int common = O_CREAT | O_APPEND | O_CLOEXEC;
  constexpr mode_t mode = 0666;
  struct stat info{};
  const bool other = ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
  return ::open(path.c_str(), common | (other ? O_WRONLY : O_RDWR), mode);
}

bool is_regular(int descriptor) {
  struct stat info{};
  return ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

journal::journal(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)), writer_(descriptor) {}

journal::~journal() { ::close(descriptor_); }

error journal::cannot_write(std::error_code code) const {
  return {code, fmt::format("cannot write {}: {}", name_, code.message())};
}

io_result<std::unique_ptr<journal>> journal::open(const std::string& path, start how,
                                                  const std::function<void(std::string)>& say) {
  const std::string name = "'" + path + "'";
  const int descriptor = open_to_append(path);
  if (descriptor < 0) {
    const auto code = last_error();
    return std::unexpected(
        error(code, fmt::format("cannot open the joblog {}: {}; give --joblog a file that can be written",
                                name, code.message())));
  }
  std::unique_ptr<journal> made(new journal(descriptor, name));
  if (!is_regular(descriptor)) {
    if (how == start::go_on)
      return std::unexpected(
          error(std::errc::invalid_argument,
                fmt::format("the joblog {} is no file that can be read again; --resume needs one", name)));
    const auto written = made->write_header();
    return written ? io_result<std::unique_ptr<journal>>(std::move(made)) : std::unexpected(written.error());
  }
  if (const auto locked = lock_file(descriptor, name, say); !locked) return std::unexpected(locked.error());
  const auto ready = how == start::afresh ? made->begin_afresh() : made->go_on(say);
  if (!ready) return std::unexpected(ready.error());
  return made;
}

io_result<> journal::begin_afresh() {
  if (::ftruncate(descriptor_, 0) != 0) return std::unexpected(cannot_write(last_error()));
  return write_header();
}

io_result<> journal::go_on(const std::function<void(std::string)>& say) {
  auto index = journal_text(descriptor_, name_).read_index();
  if (!index) return std::unexpected(index.error());
  if (!index->is_journal())
    return std::unexpected(
        error(std::errc::invalid_argument,
              fmt::format("{} is no joblog: it holds neither the header (Seq, Host, ...) nor a job; "
                          "nothing was changed, give --joblog another file",
                          name_)));
  if (index->damaged() > 0) {
    const auto named = index->damaged_lines();
    const std::string more = index->damaged() > named.size() ? ", ..." : "";
    say(fmt::format("{}: line{} {}{} {} damaged and passed over ({} in all); a job without a line runs again",
                    name_, index->damaged() == 1 ? "" : "s", fmt::join(named, ", "), more,
                    index->damaged() == 1 ? "is" : "are", index->damaged()));
  }
  if (index->torn_bytes() > 0) {
    if (::ftruncate(descriptor_, static_cast<off_t>(index->whole_bytes())) != 0)
      return std::unexpected(cannot_write(last_error()));
    say(fmt::format("{}: the last line was torn and is cut off; its job runs again", name_));
  }
  found_ = std::move(*index);
  return found_.whole_bytes() == 0 ? write_header() : io_result<>();
}

io_result<> journal::write_header() {
  if (const auto code = writer_.append(std::string(journal_header) + "\n"))
    return std::unexpected(cannot_write(code));
  return {};
}

io_result<> journal::append(const journal_record& record) {
  std::string line;
  append_line(line, record);
  if (const auto code = writer_.append(line)) return std::unexpected(cannot_write(code));
  return {};
}

}  // namespace weir::jobs
