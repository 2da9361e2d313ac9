#include <jobs/admin_paths.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::jobs {

// What stands where. A path that changes something is there only with a token.
struct admin_paths::path {
  std::string_view name;
  std::string_view sentence;
  bool changes;
  http::response (admin_paths::*answer)(const http::request&) const;
};

constexpr admin_paths::path admin_paths::paths[] = {
    {"/", "this list", false, &admin_paths::overview},
    {"/metrics", "the figures, for Prometheus", false, &admin_paths::metrics},
    {"/stats.json", "the figures, as JSON", false, &admin_paths::statistics},
    {"/livez", "200 while the program runs", false, &admin_paths::livez},
    {"/readyz", "200 while it takes work, 503 from the moment it drains", false, &admin_paths::readyz},
    {"/pause", "POST: no further job starts", true, &admin_paths::pause},
    {"/resume", "POST: jobs start again", true, &admin_paths::resume},
    {"/workers", "POST ?n=8, 2..8, +1 or -1: so many workers", true, &admin_paths::workers},
};

namespace {

constexpr const char* json_type = "application/json";

http::response text(unsigned status, std::string_view line) {
  return {.status = status, .body = std::string(line) + "\n"};
}

http::response with(http::response r, const char* header, std::string value) {
  r.headers.emplace_back(header, std::move(value));
  return r;
}

http::response json(const nlohmann::ordered_json& value) {
  return {.body = value.dump() + "\n", .content_type = json_type};
}

// The value of `name` in "a=1&b=2" as it stands, but for an encoded plus: no number needs more.
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
    std::string value(pair.substr(name.size() + 1));
    for (const std::string_view plus : {"%2B", "%2b"})
      if (value.starts_with(plus)) value.replace(0, plus.size(), "+");
    return value;
  }
  return std::nullopt;
}

}  // namespace

admin_paths::admin_paths(admin_surface s, std::optional<admin_token> t)
    : surface_(std::move(s)), token_(std::move(t)) {}

http::response admin_paths::answer(const http::request& asked) const {
  const auto* const at = std::ranges::find(paths, std::string_view(asked.path), &path::name);
  if (at == std::end(paths) || (at->changes && !token_))
    return text(404, fmt::format("nothing is at {}; there are\n{}", asked.path, list()));
  const std::string_view allowed = at->changes ? "POST" : "GET, HEAD";
  if (asked.method != (at->changes ? "POST" : "GET"))
    return with(text(405, fmt::format("{} is for {}", asked.path, allowed)), "Allow", std::string(allowed));
  if (at->changes && !token_->opens(asked.authorization))
    return with(text(401, "this needs the token: Authorization: Bearer TOKEN"), "WWW-Authenticate",
                "Bearer realm=\"weir\"");
  return (this->*at->answer)(asked);
}

std::string admin_paths::list() const {
  std::string lines;
  for (const path& p : paths)
    if (!p.changes || token_) lines += fmt::format("{:<12} {}\n", p.name, p.sentence);
  return lines;
}

http::response admin_paths::overview(const http::request&) const { return {.body = list()}; }

http::response admin_paths::metrics(const http::request&) const {
  return {.body = surface_.metrics(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
}

http::response admin_paths::statistics(const http::request&) const {
  return {.body = surface_.statistics(), .content_type = json_type};
}

http::response admin_paths::livez(const http::request&) const { return text(200, "live"); }

http::response admin_paths::readyz(const http::request&) const {
  const std::string why = surface_.not_ready();
  return why.empty() ? text(200, "ready") : text(503, why);
}

http::response admin_paths::pause(const http::request&) const {
  const auto done = surface_.pause();
  return done ? json({{"state", "paused"}}) : text(409, done.error().detail);
}

http::response admin_paths::resume(const http::request&) const {
  const auto done = surface_.resume();
  return done ? json({{"state", "running"}}) : text(409, done.error().detail);
}

http::response admin_paths::workers(const http::request& asked) const {
  const auto wanted = parameter(asked.query, "n");
  if (!wanted) return text(400, "say how many: /workers?n=8, or n=2..8, n=+1, n=-1");
  const auto change = parse_worker_change(*wanted);
  if (!change) return text(400, change.error().detail);
  const auto now = surface_.set_workers(*change);
  if (!now) return text(409, now.error().detail);
  return json({{"workers", {{"least", now->least}, {"most", now->most}}}});
}

}  // namespace weir::jobs
