#include <weir/spill/byte_source.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace weir::detail {

namespace {

bool read_whole(int descriptor, std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = pread(descriptor, out.data(), out.size(), static_cast<off_t>(offset));
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

}  // namespace

io_result<byte_source> bytes_of_file(const std::filesystem::path& file) {
  struct opened {
    int descriptor;
    explicit opened(const char* name) : descriptor(open(name, O_RDONLY | O_CLOEXEC)) {}
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() {
      if (descriptor >= 0) close(descriptor);
    }
  };
  const auto it = std::make_shared<opened>(file.c_str());
  struct stat facts{};
  if (it->descriptor < 0 && errno == ENOENT) return byte_source();
  if (it->descriptor < 0 || fstat(it->descriptor, &facts) != 0) {
    return std::unexpected(error(errc::storage, "cannot read " + file.string() + ": " +
                                                    std::generic_category().message(errno) +
                                                    "; look at its permissions and at the disk"));
  }
  return byte_source{static_cast<std::uint64_t>(facts.st_size),
                     [it](std::uint64_t offset, std::span<std::byte> out) {
                       return read_whole(it->descriptor, offset, out);
                     }};
}

byte_source bytes_of_memory(std::span<const std::byte> bytes) {
  return {bytes.size(), [bytes](std::uint64_t offset, std::span<std::byte> out) {
            if (offset > bytes.size() || bytes.size() - offset < out.size()) return false;
            std::ranges::copy(bytes.subspan(offset, out.size()), out.begin());
            return true;
          }};
}

}  // namespace weir::detail
