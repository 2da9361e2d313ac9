#include <jobs/source.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::size_t piece = std::size_t{64} << 10;

bool holds_nul(std::string_view text) { return std::memchr(text.data(), '\0', text.size()) != nullptr; }

void note(item_batch& batch, item_fault fault) {
  if (batch.fault == item_fault::none) batch.fault = fault;
}

}  // namespace

io_result<reading> word_source::next(item_batch& batch) {
  const std::size_t i = next_.load(std::memory_order_relaxed);
  if (i == words_.size()) return reading::end;
  next_.store(i + 1, std::memory_order_relaxed);
  batch.push(std::string_view(words_[i]).substr(0, longest_item));
  if (words_[i].size() > longest_item) note(batch, item_fault::too_long);
  return reading::got;
}

std::optional<double> word_source::share_read() const {
  if (words_.empty()) return 1;
  return static_cast<double>(next_.load(std::memory_order_relaxed)) / static_cast<double>(words_.size());
}

io_result<std::unique_ptr<stream_source>> stream_source::open(const std::string& path, char delimiter,
                                                              int interrupt) {
  const bool standard = path.empty() || path == "-";
  const int fd =
      standard ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::string name = standard ? "standard input" : "'" + path + "'";
  const int failed = fd < 0 ? errno : 0;
  auto made = std::make_unique<stream_source>(fd, name, delimiter, interrupt);
  if (failed) return std::unexpected(made->failure(failed));
  // Nothing is read, but a directory, or a descriptor that is only for writing, says so now.
  if (::read(fd, made->buffer_.get(), 0) < 0) return std::unexpected(made->failure(errno));
  return made;
}

stream_source::stream_source(int descriptor, std::string name, char delimiter, int interrupt)
    : descriptor_(descriptor),
      name_(std::move(name)),
      delimiter_(delimiter),
      interrupt_(interrupt),
      buffer_(std::make_unique_for_overwrite<char[]>(piece)) {
  struct stat info{};
  const bool regular = ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode);
  waits_ = !regular;
  if (!regular) return;
  const off_t from = std::max<off_t>(0, ::lseek(descriptor_, 0, SEEK_CUR));
  size_ = static_cast<std::uint64_t>(std::max<off_t>(0, info.st_size - from));
}

stream_source::~stream_source() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

error stream_source::failure(int code) const {
  return {std::error_code(code, std::generic_category()),
          "cannot read " + name_ + ": " + std::strerror(code)};
}

std::optional<double> stream_source::share_read() const {
  if (size_ == 0) return std::nullopt;
  const auto taken = static_cast<double>(taken_.load(std::memory_order_relaxed));
  return std::min(1.0, taken / static_cast<double>(size_));
}

// False: interrupted.
bool stream_source::wait_readable() const {
  pollfd waits[] = {{descriptor_, POLLIN, 0}, {interrupt_, POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0) {
    if (errno != EINTR) return true;  // reading will say what is wrong
  }
  return waits[1].revents == 0;
}

io_result<reading> stream_source::fill() {
  at_ = end_ = 0;
  for (;;) {
    if (waits_ && !wait_readable()) return reading::interrupted;
    const ssize_t n = ::read(descriptor_, buffer_.get(), piece);
    if (n > 0) {
      end_ = static_cast<std::size_t>(n);
      return reading::got;
    }
    if (n == 0) {
      ended_ = true;
      return reading::end;
    }
    if (errno != EINTR && errno != EAGAIN) return std::unexpected(failure(errno));
  }
}

io_result<reading> stream_source::next(item_batch& batch) {
  const std::size_t begin = batch.bytes.size();
  bool cut = false;
  bool any = false;  // of this item, which may be empty, something was seen
  bool whole = false;
  while (!whole) {
    if (at_ == end_) {
      if (ended_ && !any) return reading::end;
      const auto more = ended_ ? reading::end : fill();
      if (!more || *more == reading::interrupted) {
        batch.bytes.resize(begin);
        return more;
      }
      if (*more == reading::end && !any) return reading::end;
      if (*more == reading::end) break;
    }
    any = true;
    const char* from = buffer_.get() + at_;
    const std::size_t there = end_ - at_;
    const auto* found = static_cast<const char*>(std::memchr(from, delimiter_, there));
    whole = found != nullptr;
    const std::size_t length = found ? static_cast<std::size_t>(found - from) : there;
    const std::size_t kept = std::min(length, longest_item - (batch.bytes.size() - begin));
    batch.bytes.append(from, kept);
    cut = cut || kept < length;
    at_ += length + (found ? 1 : 0);
    taken_.fetch_add(length + (found ? 1 : 0), std::memory_order_relaxed);
  }
  if (cut) note(batch, item_fault::too_long);
  if (delimiter_ != '\0' && holds_nul(std::string_view(batch.bytes).substr(begin)))
    note(batch, item_fault::holds_nul);
  batch.end_item();
  return reading::got;
}

std::string describe_fault(const item_batch& batch) {
  const bool nul = batch.fault == item_fault::holds_nul;
  return "item " + std::to_string(batch.first) +
         (nul ? " holds a NUL byte, which no argument can; use -0 where NUL separates items"
              : " is longer than 128 KiB, which is more than an argument can be");
}

io_result<reading> batch_reader::next(item_batch& batch) {
  batch.clear();
  if (failure_) return std::unexpected(*std::exchange(failure_, std::nullopt));
  if (!carried_.empty()) std::swap(batch, carried_);
  carried_.clear();
  while (batch.size() < items_per_job_ && batch.fault == item_fault::none) {
    auto got = from_.next(batch);
    if (!got && !batch.empty()) {
      failure_ = std::move(got.error());
      break;
    }
    if (!got || *got == reading::interrupted) return got;
    if (*got == reading::end) break;
    if (batch.size() > 1 && !last_may_stay(batch)) {
      carry_last(batch);
      break;
    }
  }
  if (batch.empty()) return reading::end;
  batch.seq = ++seq_;
  batch.first = items_ + 1;
  items_ += batch.size();
  return reading::got;
}

bool batch_reader::last_may_stay(const item_batch& batch) const noexcept {
  // An argument costs its bytes, its NUL and a pointer (execve(2)).
  const bool fits = batch.bytes.size() + batch.size() * sizeof(char*) <= budget_;
  return fits && batch.fault == item_fault::none;
}

// The others of the batch have no fault: a faulty item ends the batch before it.
void batch_reader::carry_last(item_batch& batch) {
  carried_.push(batch[batch.size() - 1]);
  carried_.fault = std::exchange(batch.fault, item_fault::none);
  batch.pop();
}

}  // namespace weir::jobs
