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
  /// The first line of a file that nobody but its owner can read. Refused, with what to do: a file that
  /// cannot be read, that group or others may read or write, whose first line is empty, is longer than 4096
  /// bytes, or holds what a header cannot carry (a blank, a control character).
  static io_result<admin_token> read(const std::string& path);

  /// Whether the header's value is "Bearer TOKEN" (the scheme in any case). Takes as long for a token that is
  /// nearly right as for one that is all wrong.
  bool opens(std::string_view authorization) const noexcept;

  /// What opens it: the header's value to send.
  std::string authorization() const { return "Bearer " + secret_; }

  static constexpr std::size_t longest = 4096;

 private:
  explicit admin_token(std::string secret) : secret_(std::move(secret)) {}

  std::string secret_;
};

}  // namespace weir::jobs
