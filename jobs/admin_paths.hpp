// What a run answers at the address of --metrics.
//
// Reading: / /metrics /stats.json /livez /readyz. Changing, with the token and by POST: /pause /resume
// /workers?n=N; without a token these paths do not exist. Invariant: nothing is changed by a request that is
// not answered with 200. Thread-safety: as the functions of the surface are.
#pragma once

#include <adapters/http/message.hpp>
#include <jobs/admin_token.hpp>
#include <jobs/run_options.hpp>
#include <jobs/worker_change.hpp>
#include <weir/base/error.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir::jobs {

/// What administration sees of a run, and does to it.
struct admin_surface {
  std::function<std::string()> metrics;     ///< in Prometheus's text format
  std::function<std::string()> statistics;  ///< a JSON object
  std::function<std::string()> not_ready;   ///< why it takes no more work, in a word; "": it does
  std::function<io_result<>()> pause;       ///< an error: it cannot be done any more, and why
  std::function<io_result<>()> resume;
  std::function<io_result<worker_span>(const worker_change&)> set_workers;
};

class admin_paths {
 public:
  admin_paths(admin_surface, std::optional<admin_token>);

  /// 200; 400 a number of workers that is none; 401 no token or a wrong one; 404; 405; 409 the run is past
  /// changing; 503 /readyz of a run that takes no more. A text says why, and what to do.
  http::response answer(const http::request&) const;

 private:
  struct path;
  static const path paths[];

  http::response overview(const http::request&) const;
  http::response metrics(const http::request&) const;
  http::response statistics(const http::request&) const;
  http::response livez(const http::request&) const;
  http::response readyz(const http::request&) const;
  http::response pause(const http::request&) const;
  http::response resume(const http::request&) const;
  http::response workers(const http::request&) const;
  std::string list() const;

  const admin_surface surface_;
  const std::optional<admin_token> token_;
};

}  // namespace weir::jobs
