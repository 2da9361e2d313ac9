#include <jobs/launcher.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace weir::jobs {
namespace {

constexpr std::array<std::string_view, 4> own_variables = {
    "WEIR_ITEM=", "WEIR_SEQ=", "WEIR_SLOT=", "WEIR_ITEM_OMITTED="};
// A command that comes from the items differs from job to job; past this many no more are remembered.
constexpr std::size_t most_remembered = 1024;

bool is_regular_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::unexpected<error> failure(int code) {
  return std::unexpected(error(std::error_code(code, std::generic_category())));
}

}  // namespace

io_result<std::unique_ptr<launcher>> launcher::make(watchdog* dog) {
  occupy_standard_descriptors();
  const int null_device = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null_device < 0) {
    const int code = errno;
    return std::unexpected(error(std::error_code(code, std::generic_category()),
                                 "cannot open /dev/null: " + std::generic_category().message(code)));
  }
  return std::unique_ptr<launcher>(new launcher(dog, null_device));
}

launcher::launcher(watchdog* dog, int null_device) : dog_(dog), null_device_(null_device) {
  ::signal(SIGCHLD, SIG_DFL);
  if (::getrlimit(RLIMIT_NOFILE, &open_files_) == 0 && open_files_.rlim_cur < open_files_.rlim_max) {
    rlimit raised = open_files_;
    raised.rlim_cur = raised.rlim_max;
    limit_raised_ = ::setrlimit(RLIMIT_NOFILE, &raised) == 0;
  }
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (std::ranges::none_of(own_variables, [&](std::string_view own) { return text.starts_with(own); })) {
      environment_.emplace_back(text);
    }
  }
  const char* path = std::getenv("PATH");
  path_ = path != nullptr ? path : "/bin:/usr/bin";  // as execvp
}

launcher::~launcher() { ::close(null_device_); }

io_result<std::string> launcher::find(std::string_view command) {
  if (command.empty()) return failure(ENOENT);
  if (command.contains('/')) return std::string(command);
  const std::lock_guard lock(mutex_);
  if (const auto at = found_.find(command); at != found_.end()) return at->second;
  const std::string name(command);
  auto path = search_path(name);
  if (path && found_.size() < most_remembered) found_.emplace(name, *path);
  return path;
}

io_result<std::string> launcher::search_path(const std::string& command) const {
  int code = ENOENT;
  std::string_view rest = path_;
  for (bool more = true; more;) {
    const std::size_t colon = rest.find(':');
    more = colon != std::string_view::npos;
    std::string path(rest.substr(0, colon));
    if (more) rest.remove_prefix(colon + 1);
    if (path.empty()) path = ".";  // an empty part of PATH is the working directory
    path += '/';
    path += command;
    if (!is_regular_file(path)) continue;
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0) return path;
    code = EACCES;
  }
  return failure(code);
}

}  // namespace weir::jobs
