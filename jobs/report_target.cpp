#include <jobs/report_target.hpp>
#include <jobs/whole_write.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::jobs {

report_target::~report_target() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

io_result<> report_target::open(const std::string& path) {
  if (path.empty()) return {};
  path_ = path;
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ >= 0) return {};
  const int code = errno;
  return std::unexpected(error(std::error_code(code, std::generic_category()),
                               "cannot write the report to '" + path + "': " + std::strerror(code)));
}

bool report_target::write(std::string_view text, console& out) {
  if (descriptor_ < 0) return out.write(text), true;
  if (write_whole(descriptor_, text) == text.size() && ::close(std::exchange(descriptor_, -1)) == 0)
    return true;
  return out.say("cannot write the report to '" + path_ + "': " + std::strerror(errno)), false;
}

}  // namespace weir::jobs
