// Who asks a running weir, and what its answers come to.
//
// Thread-safety: one thread.
#pragma once

#include <adapters/http/address.hpp>
#include <adapters/http/message.hpp>
#include <tool/top/view.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir::tool::top {

/// One request to whoever is watched; http::fetch, or a test's own.
using exchange = std::function<io_result<http::response>(const http::request&)>;

class watcher {
 public:
  /// `authorization` is the header that opens the changing paths; none: keys change nothing.
  watcher(std::string where, std::optional<std::string> authorization, exchange);

  /// Asks for the figures. What cannot be had is said in the view, above what was known last. Whether it
  /// could be had.
  bool look();

  /// p, + and - ask for a change and say what became of it; every other key does nothing.
  void key(int character);

  const view& shown() const noexcept { return view_; }

 private:
  io_result<snapshot> figures() const;
  void change(std::string path, std::string query, std::string done);

  const std::optional<std::string> authorization_;
  const exchange ask_;
  view view_;
};

}  // namespace weir::tool::top
