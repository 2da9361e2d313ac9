#include <jobs/admin_token.hpp>
#include <jobs/owned_descriptor.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::string_view scheme = "bearer ";

std::unexpected<error> refused(std::errc code, std::string text) {
  return std::unexpected(error(code, std::move(text)));
}

std::unexpected<error> unreadable(const std::string& path) {
  const int code = errno;
  return std::unexpected(
      error(std::error_code(code, std::generic_category()),
            fmt::format("cannot read '{}': {}; name a file that holds a token in its first line", path,
                        std::strerror(code))));
}

std::string described(const std::string& path, mode_t mode) {
  return fmt::format("'{}' (mode {:04o})", path, mode & 07777U);
}

// Up to the first newline, or one byte more than a token may have. A pipe gives what it has piece by piece.
io_result<std::string> first_line(int fd, const std::string& path) {
  std::string text;
  char bytes[1024];
  while (text.size() <= admin_token::longest) {
    const ssize_t n = ::read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path);
    if (n == 0) return text;
    text.append(bytes, static_cast<std::size_t>(n));
    if (const auto end = text.find('\n'); end != std::string::npos) return text.substr(0, end);
  }
  return text;
}

bool fits_a_header(char c) { return c > ' ' && c < '\x7f'; }

bool same_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

io_result<admin_token> admin_token::read(const std::string& path) {
  const owned_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.open() || ::fstat(file.number(), &status) != 0) return unreadable(path);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refused(std::errc::permission_denied,
                   fmt::format("others may write {}, and so choose the token; use chmod 600 {}",
                               described(path, status.st_mode), path));
  auto line = first_line(file.number(), path);
  if (!line) return std::unexpected(line.error());
  if (line->ends_with('\r')) line->pop_back();
  if (line->empty())
    return refused(std::errc::invalid_argument,
                   fmt::format("the first line of '{}' is empty; write a token there, such as: "
                               "(umask 077; head -c 24 /dev/urandom | base64 >{})",
                               path, path));
  if (line->size() > longest)
    return refused(
        std::errc::invalid_argument,
        fmt::format("the first line of '{}' is longer than {} bytes; use a shorter token", path, longest));
  if (!std::ranges::all_of(*line, fits_a_header))
    return refused(
        std::errc::invalid_argument,
        fmt::format("the first line of '{}' holds a blank or another character that no header carries; "
                    "use letters, digits and -._~+/=",
                    path));
  std::string warning;
  if ((status.st_mode & (S_IRGRP | S_IROTH)) != 0)
    warning = fmt::format("warning: others may read {}, so it is no secret from them; use chmod 600 {}",
                          described(path, status.st_mode), path);
  return admin_token(std::move(*line), std::move(warning));
}

bool admin_token::opens(std::string_view authorization) const noexcept {
  if (!same_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return false;
  const std::string_view offered = authorization.substr(scheme.size());
  // Each byte offered is looked at, whatever came before it; volatile: no shortcut is made of it.
  volatile unsigned differences = offered.size() == secret_.size() ? 0 : 1;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const char right = secret_[i % secret_.size()];
    differences = differences | static_cast<unsigned char>(offered[i] ^ right);
  }
  return differences == 0;
}

}  // namespace weir::jobs
