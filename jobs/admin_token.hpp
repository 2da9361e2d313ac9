// The secret that those hold who may change a run: `Authorization: Bearer TOKEN`.
//
// Thread-safety: a value; its operations are pure.
#pragma once

#include <weir/base/error.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace weir::jobs {

class admin_token {
 public:
  /// The first line of a file that nobody but its owner can write. Refused, with what to do: a file that
  /// cannot be read, that group or others may write (they would choose the token), whose first line is empty,
  /// is longer than 4096 bytes, or holds what a header cannot carry (a blank, a control character). One that
  /// others may only read is taken, as mounted secrets are made so: see warning().
  static io_result<admin_token> read(const std::string& path);

  /// Whether the header's value is "Bearer TOKEN" (the scheme in any case). Takes as long for a token that is
  /// nearly right as for one that is all wrong.
  bool opens(std::string_view authorization) const noexcept;

  /// A line to say to people when group or others may read the file; else "".
  const std::string& warning() const noexcept { return warning_; }

  /// What opens it: the header's value to send.
  std::string authorization() const { return "Bearer " + secret_; }

  static constexpr std::size_t longest = 4096;

 private:
  admin_token(std::string secret, std::string warning)
      : secret_(std::move(secret)), warning_(std::move(warning)) {}

  std::string secret_;
  std::string warning_;
};

}  // namespace weir::jobs
