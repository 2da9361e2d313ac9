#include <jobs/process_group.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace weir::jobs {

namespace {

// The group of a process that is not dead.
std::optional<pid_t> group_of(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  std::string text;
  // "pid (name) state parent group ...": the name may hold blanks, parentheses and newlines.
  if (!std::getline(file, text, '\0') && text.empty()) return std::nullopt;
  const std::size_t after_name = text.rfind(')');
  if (after_name == std::string::npos || after_name + 4 > text.size()) return std::nullopt;
  const char state = text[after_name + 2];
  if (state == 'Z' || state == 'X') return std::nullopt;
  char* at_group = text.data() + after_name + 3;
  std::strtol(at_group, &at_group, 10);  // the parent
  return static_cast<pid_t>(std::strtol(at_group, nullptr, 10));
}

// Whether `wanted(process, group)` holds for a process that is not dead.
template <class Wanted>
bool any_process(Wanted wanted) {
  std::error_code failed;
  for (std::filesystem::directory_iterator at("/proc", failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (name.empty() || name.front() < '0' || name.front() > '9') continue;
    const auto group = group_of(at->path());
    if (group && wanted(static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10)), *group)) return true;
  }
  return false;
}

}  // namespace

std::optional<pid_t> living_group_of(pid_t process) {
  return group_of(std::filesystem::path("/proc") / std::to_string(process));
}

bool group_has_others(pid_t leader) {
  return any_process([&](pid_t process, pid_t group) { return group == leader && process != leader; });
}

bool any_group_alive(std::span<const pid_t> groups) {
  return any_process([&](pid_t, pid_t group) { return std::ranges::find(groups, group) != groups.end(); });
}

}  // namespace weir::jobs
