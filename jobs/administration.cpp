#include <jobs/administration.hpp>

#include <utility>

namespace weir::jobs {

io_result<administration> administration::open(const run_options& o) {
  administration made;
  if (!o.metrics) return made;
  if (!o.admin_token_file.empty()) {
    auto token = admin_token::read(o.admin_token_file);
    if (!token)
      return std::unexpected(error(token.error().code, "--admin-token-file: " + token.error().detail));
    made.token_ = std::move(*token);
  }
  auto listening = http::listener::open(*o.metrics);
  if (!listening)
    return std::unexpected(error(listening.error().code, "--metrics: " + listening.error().detail));
  made.listener_ = std::move(*listening);
  made.any_port_ = o.metrics->port == 0;
  return made;
}

std::string administration::where_it_is() const {
  if (!any_port_) return {};
  return "figures at http://" + to_string(listener_->where()) + "/";
}

std::unique_ptr<http::server> administration::serve(admin_surface surface) {
  if (!listener_) return nullptr;
  auto paths = std::make_shared<const admin_paths>(std::move(surface), std::move(token_));
  auto answer = [paths = std::move(paths)](const http::request& asked) { return paths->answer(asked); };
  return std::make_unique<http::server>(std::move(*listener_), std::move(answer));
}

}  // namespace weir::jobs
