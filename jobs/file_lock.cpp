#include <jobs/file_lock.hpp>
#include <jobs/process_group.hpp>

#include <fmt/format.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

namespace weir::jobs {

namespace {

constexpr duration between_tries = std::chrono::milliseconds(5);

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

error held(const std::string& name, std::optional<pid_t> holder) {
  const auto code = std::make_error_code(std::errc::operation_would_block);
  if (holder && living_group_of(*holder))
    return {code, fmt::format("{} is in use by {}, process {}; wait for its end, or name another", name,
                              first_line(fmt::format("/proc/{}/comm", *holder)), *holder)};
  return {code, fmt::format("{} is still held for the jobs of a run that was killed and that have not ended",
                            name)};
}

}  // namespace

std::optional<pid_t> lock_holder(int descriptor) {
  struct stat file{};
  if (::fstat(descriptor, &file) != 0) return std::nullopt;
  const std::string inode = fmt::format(":{}", file.st_ino);
  std::ifstream locks("/proc/locks");
  // "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"; of some file systems the device is not stat's.
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, place;
    pid_t process = 0;
    if (!(words >> number >> kind >> mode >> access >> process >> place)) continue;
    if (kind == "FLOCK" && place.ends_with(inode) && process > 0) return process;
  }
  return std::nullopt;
}

io_result<> lock_file(int descriptor, const std::string& name,
                      const std::function<void(std::string)>& waiting, lock_patience patience) {
  const time_point began = clock::now();
  bool said = false;
  for (;;) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR)) return {};
    const auto holder = lock_holder(descriptor);
    const bool dead = !holder || !living_group_of(*holder);
    const time_point now = clock::now();
    if (now >= after(began, dead ? patience.dead : patience.living))
      return std::unexpected(held(name, holder));
    if (dead && !said) waiting(fmt::format("waiting for the jobs of a killed run to end ({})", name));
    said = said || dead;
    std::this_thread::sleep_for(between_tries);
  }
}

}  // namespace weir::jobs
