#include <weir/base/hardware.hpp>

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>

namespace weir {

namespace {

std::size_t processors_in_mask() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::size_t>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();  // more than 1024 processors: the set does not hold them
}

/// Our group's path in the unified hierarchy: the line "0::/path". Empty when there is none.
std::string cgroup_path() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

/// The smallest limit of our group and the groups that hold it; 0: none.
std::size_t processors_of_cgroup() {
  std::size_t least = 0;
  for (std::string path = cgroup_path(); !path.empty();) {
    std::ifstream file("/sys/fs/cgroup" + path + "/cpu.max");
    std::string text;
    if (std::getline(file, text)) {
      const std::size_t here = detail::cpus_of_cpu_max(text);
      if (here != 0 && (least == 0 || here < least)) least = here;
    }
    if (path == "/") break;
    path.erase(path.rfind('/'));
    if (path.empty()) path = "/";
  }
  return least;
}

std::size_t read_hardware() noexcept {
  try {
    std::size_t n = processors_in_mask();
    if (const std::size_t limit = processors_of_cgroup(); limit != 0) n = std::min(n, limit);
    return std::max<std::size_t>(n, 1);
  } catch (...) {  // no memory to read a file with: one worker still works
    return 1;
  }
}

}  // namespace

std::size_t detail::cpus_of_cpu_max(std::string_view text) noexcept {
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  const auto first = std::from_chars(text.data(), text.data() + text.size(), quota);
  if (first.ec != std::errc() || first.ptr == text.data() + text.size() || *first.ptr != ' ') return 0;
  const auto second = std::from_chars(first.ptr + 1, text.data() + text.size(), period);
  if (second.ec != std::errc() || period == 0 || quota == 0) return 0;
  return static_cast<std::size_t>(quota / period + (quota % period != 0));
}

std::size_t hardware() noexcept {
  static const std::size_t n = read_hardware();
  return n;
}

}  // namespace weir
