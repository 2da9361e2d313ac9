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

io_result<run_memory> run_memory::open(const run_request& request, const say& tell) {
  const run_options& o = request.options;
  run_memory made;
  if (!o.results.empty()) {
    auto locked = locked_directory(o.results, "--results", tell);
    if (!locked) return std::unexpected(locked.error());
    made.results_ = std::move(*locked);
  }
  if (!o.joblog.empty()) {
    auto log = journal::open(o.joblog, resumes(o) ? journal::start::go_on : journal::start::afresh, tell);
    if (!log) return std::unexpected(log.error());
    made.journal_ = std::move(*log);
    made.found_ = made.journal_->take_found();
  }
  if (const auto spilling = spilling_of(o)) {
    // A new directory the store makes, private and so that a power cut does not take it; nobody has it yet.
    std::error_code unknown;
    if (!std::filesystem::exists(o.spill_dir, unknown) && !unknown) {
      if (const auto first = spill_store::open(*spilling); !first) return std::unexpected(first.error());
    }
    auto locked = locked_directory(o.spill_dir, "--spill-dir", tell);
    if (!locked) return std::unexpected(locked.error());
    made.store_ = std::move(*locked);
  }
  return made;
}

io_result<> run_memory::open_store(const run_request& request, const say& tell) {
  const run_options& o = request.options;
  if (const auto spilling = spilling_of(o)) {
    auto found = stored_jobs::read(*spilling, found_, o.resume_failed, resumes(o) ? item_sums::enough : 0);
    if (!found) return std::unexpected(found.error());
    *stored_ = std::move(*found);
    say_damage(o, tell);
  }
  if (!resumes(o)) return {};
  if (journal_)
    ended_ = std::make_unique<journaled_jobs>(journal_->descriptor(), journal_->name(), std::move(found_),
                                              request.command);
  else
    ended_ = std::make_unique<kept_results>(o.results);
  if (!stored_->waiting().empty())
    stored_or_ended_ = std::make_unique<earlier_or_stored>(*ended_, *stored_, o.spill_dir);
  return {};
}

void run_memory::say_damage(const run_options& o, const say& tell) const {
  if (stored_->is_rebuilt())
    tell(fmt::format(
        "the spill store in '{}' was damaged: what is whole runs, the damaged file is kept there as "
        "spill.db.damaged-DATE; what is missing runs again from the same input with --joblog "
        "and --resume",
        o.spill_dir));
  if (const std::uint64_t lost = stored_->unreadable(); lost > 0)
    tell(fmt::format("{} item{} of the spill store in '{}' cannot be read, moved aside there, and failed",
                     lost, lost == 1 ? "" : "s", o.spill_dir));
}

io_result<run_memory> run_memory::look(const run_request& request) {
  const run_options& o = request.options;
  run_memory made;
  if (!resumes(o)) return made;
  if (o.joblog.empty()) {
    made.ended_ = std::make_unique<kept_results>(o.results);
    return made;
  }
  const std::string name = "'" + o.joblog + "'";
  const int file = ::open(o.joblog.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const std::error_code code(errno, std::generic_category());
    if (code == std::errc::no_such_file_or_directory) return made;
    return std::unexpected(error(code, fmt::format("cannot read the joblog {}: {}", name, code.message())));
  }
  made.read_only_ = owned_descriptor(file);
  auto index = journal_text(file, name).read_index();
  if (!index) return std::unexpected(index.error());
  made.ended_ = std::make_unique<journaled_jobs>(file, name, std::move(*index), request.command);
  return made;
}

io_result<owned_descriptor> run_memory::locked_directory(const std::string& path, const std::string& option,
                                                         const say& tell) {
  std::error_code code = made_directory(path);
  if (!code) {
    owned_descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.open()) {
      const auto locked = lock_file(opened.number(), "'" + path + "'", tell);
      return locked ? io_result<owned_descriptor>(std::move(opened)) : std::unexpected(locked.error());
    }
    code = {errno, std::generic_category()};
  }
  return std::unexpected(
      error(code, fmt::format("cannot write to '{}': {}; give {} a directory that can be written", path,
                              code.message(), option)));
}

std::vector<int> run_memory::locks() const {
  std::vector<int> held;
  if (journal_) held.push_back(journal_->descriptor());
  for (const owned_descriptor* directory : {&results_, &store_})
    if (directory->open()) held.push_back(directory->number());
  return held;
}

}  // namespace weir::jobs
