#include <jobs/group_writer.hpp>
#include <jobs/whole_write.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace weir::jobs {

namespace {

// Takes back what stands in a file behind its last whole line, of which `torn` bytes were written.
void cut_torn_line(int file, std::size_t torn) {
  struct stat info{};
  if (torn == 0 || ::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) return;
  // What cannot be cut is cut when the file is read again.
  [[maybe_unused]] const int cut = ::ftruncate(file, info.st_size - static_cast<off_t>(torn));
}

}  // namespace

std::error_code group_writer::append(std::string_view lines) {
  std::unique_lock lock(mutex_);
  if (failure_) return failure_;
  waiting_ += lines;
  const std::uint64_t mine = ++entered_;
  while (written_ < mine && !failure_) {
    if (writing_) {
      changed_.wait(lock);
      continue;
    }
    writing_ = true;
    batch_.swap(waiting_);
    const std::uint64_t last = entered_;
    lock.unlock();
    const std::error_code code = write_out(batch_);
    lock.lock();
    batch_.clear();
    writing_ = false;
    if (code)
      failure_ = code;
    else
      written_ = last;
    changed_.notify_all();
  }
  return written_ >= mine ? std::error_code() : failure_;
}

std::error_code group_writer::write_out(std::string_view bytes) const {
  const std::size_t done = write_whole(descriptor_, bytes);
  if (done == bytes.size()) return {};
  const std::error_code code(errno, std::generic_category());
  const std::size_t whole = bytes.substr(0, done).rfind('\n') + 1;  // npos + 1 is 0
  cut_torn_line(descriptor_, done - whole);
  return code;
}

}  // namespace weir::jobs
