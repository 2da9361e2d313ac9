// Where a run is watched and changed: the address of --metrics, and the token of --admin-token-file.
//
// Thread-safety: for one thread; what it returns answers on a thread of its own.
#pragma once

#include <adapters/http/server.hpp>
#include <jobs/admin_paths.hpp>
#include <jobs/admin_token.hpp>
#include <jobs/run_options.hpp>
#include <weir/base/error.hpp>

#include <memory>
#include <optional>
#include <string>

namespace weir::jobs {

class administration {
 public:
  /// Reads the token's file and listens, before any job starts; without --metrics it does nothing. The error
  /// names the option.
  static io_result<administration> open(const run_options&);

  /// Where a port was asked for that nobody knows yet (":0"): a line that says which it is; else "".
  std::string where_it_is() const;

  /// What people should know of the token's file; else "".
  std::string warning() const { return token_ ? token_->warning() : std::string(); }

  /// Answers from now on, until what is returned ends; nothing without --metrics. Once.
  std::unique_ptr<http::server> serve(admin_surface);

 private:
  administration() = default;

  std::optional<http::listener> listener_{};
  std::optional<admin_token> token_{};
  bool any_port_ = false;
};

}  // namespace weir::jobs
