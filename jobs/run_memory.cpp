#include <jobs/file_lock.hpp>
#include <jobs/journal_text.hpp>
#include <jobs/journaled_jobs.hpp>
#include <jobs/kept_results.hpp>
#include <jobs/run_memory.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

namespace weir::jobs {

namespace {

bool resumes(const run_options& o) { return o.resume || o.resume_failed; }

std::error_code made_directory(const std::string& directory) {
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (!code && !std::filesystem::is_directory(directory, code) && !code)
    code = std::make_error_code(std::errc::not_a_directory);
  if (!code && ::access(directory.c_str(), W_OK | X_OK) != 0) code = {errno, std::generic_category()};
  return code;
}

}  // namespace

run_memory::run_memory() = default;

run_memory::run_memory(run_memory&& other) noexcept
    : journal_(std::move(other.journal_)),
      directory_(std::exchange(other.directory_, -1)),
      read_only_(std::exchange(other.read_only_, -1)),
      before_(std::move(other.before_)) {}

run_memory& run_memory::operator=(run_memory&& other) noexcept {
  std::swap(journal_, other.journal_);
  std::swap(directory_, other.directory_);
  std::swap(read_only_, other.read_only_);
  std::swap(before_, other.before_);
  return *this;
}

run_memory::~run_memory() {
  for (const int descriptor : {directory_, read_only_})
    if (descriptor >= 0) ::close(descriptor);
}

io_result<run_memory> run_memory::open(const run_request& request, const say& tell) {
  const run_options& o = request.options;
  run_memory made;
  if (!o.results.empty())
    if (const auto opened = made.open_results(o.results, tell); !opened)
      return std::unexpected(opened.error());
  if (!o.joblog.empty()) {
    auto log = journal::open(o.joblog, resumes(o) ? journal::start::go_on : journal::start::afresh, tell);
    if (!log) return std::unexpected(log.error());
    made.journal_ = std::move(*log);
  }
  if (!resumes(o)) return made;
  if (made.journal_)
    made.before_ = std::make_unique<journaled_jobs>(made.journal_->descriptor(), made.journal_->name(),
                                                    made.journal_->take_found(), request.command);
  else
    made.before_ = std::make_unique<kept_results>(o.results);
  return made;
}

io_result<run_memory> run_memory::look(const run_request& request) {
  const run_options& o = request.options;
  run_memory made;
  if (!resumes(o)) return made;
  if (o.joblog.empty()) {
    made.before_ = std::make_unique<kept_results>(o.results);
    return made;
  }
  const std::string name = "'" + o.joblog + "'";
  made.read_only_ = ::open(o.joblog.c_str(), O_RDONLY | O_CLOEXEC);
  if (made.read_only_ < 0) {
    if (errno == ENOENT) return made;
    const std::error_code code(errno, std::generic_category());
    return std::unexpected(error(code, fmt::format("cannot read the joblog {}: {}", name, code.message())));
  }
  auto index = journal_text(made.read_only_, name).read_index();
  if (!index) return std::unexpected(index.error());
  made.before_ = std::make_unique<journaled_jobs>(made.read_only_, name, std::move(*index), request.command);
  return made;
}

io_result<> run_memory::open_results(const std::string& directory, const say& tell) {
  std::error_code code = made_directory(directory);
  if (!code) {
    directory_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0) code = {errno, std::generic_category()};
  }
  if (!code) return lock_file(directory_, "'" + directory + "'", tell);
  return std::unexpected(error(
      code, fmt::format("cannot write results to '{}': {}; give --results a directory that can be written",
                        directory, code.message())));
}

std::vector<int> run_memory::locks() const {
  std::vector<int> held;
  if (journal_) held.push_back(journal_->descriptor());
  if (directory_ >= 0) held.push_back(directory_);
  return held;
}

}  // namespace weir::jobs
