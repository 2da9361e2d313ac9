#include <jobs/results_directory.hpp>
#include <jobs/whole_write.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace weir::jobs {
namespace {

constexpr std::array<std::string_view, 2> stream_names = {"stdout", "stderr"};

std::unexpected<error> cannot_write(const std::filesystem::path& path, std::error_code code) {
  return std::unexpected(error(code, fmt::format("{}: {}", path.string(), code.message())));
}

std::unexpected<error> cannot_write(const std::filesystem::path& path) {
  return cannot_write(path, std::error_code(errno, std::generic_category()));
}

std::filesystem::path unfinished(const std::filesystem::path& directory, std::string_view name) {
  return directory / fmt::format("{}.part", name);
}

int create(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

bool write_all(int file, std::string_view bytes) { return write_whole(file, bytes) == bytes.size(); }

}  // namespace

results_directory::results_directory(std::filesystem::path root) : root_(std::move(root)) {}

results_directory::~results_directory() { close(); }

void results_directory::close() noexcept {
  for (int& file : files_) {
    if (file >= 0) ::close(std::exchange(file, -1));
  }
}

io_result<> results_directory::begin(std::uint64_t seq, std::string_view item) {
  close();
  failed_.reset();
  directory_ = root_ / std::to_string(seq);
  std::error_code code;
  std::filesystem::create_directories(directory_, code);
  if (code) return cannot_write(directory_, code);
  // `exit` first: what is left of an earlier run must not look complete.
  for (const std::string_view name : {"exit", "stdout", "stderr", "item"}) {
    if (::unlink((directory_ / name).c_str()) < 0 && errno != ENOENT) return cannot_write(directory_ / name);
  }
  if (auto written = write_whole("item", item); !written) return written;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const auto path = unfinished(directory_, stream_names[i]);
    files_[i] = create(path);
    if (files_[i] < 0) return cannot_write(path);
  }
  return {};
}

io_result<> results_directory::write(stream which, std::string_view bytes) {
  const auto index = static_cast<std::size_t>(which);
  if (failed_) return std::unexpected(*failed_);
  if (write_all(files_[index], bytes)) return {};
  auto failed = cannot_write(unfinished(directory_, stream_names[index]));
  failed_ = failed.error();
  return failed;
}

io_result<> results_directory::finish(const process_result& result) {
  if (failed_) return std::unexpected(*failed_);
  if (result.killed == kill_cause::stop) return close(), io_result<>();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    // Some file systems say only at close that the disk is full.
    if (::close(std::exchange(files_[i], -1)) < 0)
      return cannot_write(unfinished(directory_, stream_names[i]));
    if (auto named = give_name(stream_names[i]); !named) return named;
  }
  if (result.signal != 0) return write_whole("exit", fmt::format("signal {}\n", result.signal));
  const bool too_late = result.killed == kill_cause::timeout && result.exit_status == 0;
  return write_whole("exit", fmt::format("{}\n", too_late ? -1 : result.exit_status));
}

io_result<> results_directory::write_whole(std::string_view name, std::string_view bytes) const {
  const auto path = unfinished(directory_, name);
  const int file = create(path);
  if (file < 0) return cannot_write(path);
  const bool written = write_all(file, bytes);
  const int code = errno;
  if (::close(file) < 0 && written) return cannot_write(path);
  if (!written) return cannot_write(path, std::error_code(code, std::generic_category()));
  return give_name(name);
}

io_result<> results_directory::give_name(std::string_view name) const {
  const auto from = unfinished(directory_, name);
  const auto to = directory_ / name;
  if (::rename(from.c_str(), to.c_str()) < 0) return cannot_write(to);
  return {};
}

}  // namespace weir::jobs
