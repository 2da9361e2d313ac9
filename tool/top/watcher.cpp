#include <tool/top/watcher.hpp>

#include <fmt/format.h>

#include <utility>

namespace weir::tool::top {

namespace {

// The first line, without its end.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

watcher::watcher(std::string where, std::optional<std::string> authorization, exchange ask)
    : authorization_(std::move(authorization)), ask_(std::move(ask)) {
  view_.where = std::move(where);
  view_.may_change = authorization_.has_value();
}

bool watcher::look() {
  const auto heard = figures();
  if (!heard) {
    view_.trouble = fmt::format("cannot watch {}: {}; trying again", view_.where, heard.error().detail);
    view_.speed.reset();
    return false;
  }
  view_.trouble.clear();
  if (view_.now) view_.speed = rates_between(*view_.now, *heard);
  view_.now = *heard;
  return true;
}

io_result<snapshot> watcher::figures() const {
  const auto answer = ask_({.path = "/stats.json"});
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 200) return parse_snapshot(answer->body);
  return std::unexpected(
      error(std::errc::protocol_error, fmt::format("it answers {} at /stats.json", answer->status)));
}

void watcher::key(int character) {
  const bool paused = view_.now && view_.now->state == "paused";
  switch (character) {
    case 'p': return paused ? change("/resume", "", "resumed") : change("/pause", "", "paused");
    case '+': return change("/workers", "n=+1", "one worker more");
    case '-': return change("/workers", "n=-1", "one worker fewer");
    default: return;
  }
}

void watcher::change(std::string path, std::string query, std::string done) {
  if (!authorization_) {
    view_.note = "this needs --admin-token-file FILE";
    return;
  }
  const auto answer = ask_({.method = "POST",
                            .path = std::move(path),
                            .query = std::move(query),
                            .authorization = *authorization_});
  if (!answer) {
    view_.note = answer.error().detail;
  } else if (answer->status == 401) {
    view_.note = "refused: the run has another token";
  } else if (answer->status == 404) {
    view_.note = "refused: the run has no --admin-token-file";
  } else {
    view_.note = answer->status == 200 ? std::move(done) : first_line(answer->body);
  }
}

}  // namespace weir::tool::top
