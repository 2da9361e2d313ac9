#include <jobs/workers_file.hpp>

#include <utility>

namespace weir::jobs {

bool workers_file::state::operator==(const state& other) const noexcept {
  return inode == other.inode && size == other.size && modified.tv_sec == other.modified.tv_sec &&
         modified.tv_nsec == other.modified.tv_nsec;
}

workers_file::workers_file(std::string path) : path_(std::move(path)) {
  if (watched()) seen_ = look();
}

workers_file::state workers_file::look() const {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim};
}

std::optional<worker_choice> workers_file::changed(console& out) {
  const state now = look();
  // An empty file is one that somebody is about to write.
  if (now == seen_ || now.size == 0) return std::nullopt;
  seen_ = now;
  auto choice = read_workers_file(path_);
  if (!choice) {
    out.say(choice.error().detail + "; the number of workers stays");
    return std::nullopt;
  }
  return std::move(*choice);
}

}  // namespace weir::jobs
