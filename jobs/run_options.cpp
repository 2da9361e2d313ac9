#include <jobs/run_options.hpp>

#include <weir/base/hardware.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>

#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace weir::jobs {

namespace {

std::unexpected<error> refuse(std::string detail) {
  return std::unexpected(error(std::errc::invalid_argument, std::move(detail)));
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number n{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return n;
}

io_result<std::size_t> worker_count(std::string_view text) {
  const auto n = whole<std::size_t>(text);
  if (!n)
    return refuse(fmt::format(
        "'{}' is no number of workers; use a whole number such as 4, a range such as 2..8, or auto", text));
  if (*n == 0) return refuse("0 workers would run nothing; use 1 or more, or auto for one a core");
  if (*n > most_workers)
    return refuse(fmt::format("{} workers are too many; use at most {}", text, most_workers));
  return *n;
}

// A number, a range, or auto.
io_result<worker_choice> workers_in(std::string_view text) {
  if (text == "auto") return worker_choice{.count = hardware()};
  const std::size_t dots = text.find("..");
  const auto least = worker_count(text.substr(0, dots));
  if (!least) return std::unexpected(least.error());
  if (dots == std::string_view::npos) return worker_choice{.count = *least};
  const auto most = worker_count(text.substr(dots + 2));
  if (!most) return std::unexpected(most.error());
  if (*least > *most) return refuse(fmt::format("'{}' goes down; use {}..{}", text, *most, *least));
  return worker_choice{.count = *most, .least = *least};
}

bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("+-0123456789.%") == std::string_view::npos;
}

// The bytes that `text` spells, with backslash sequences read; nothing when one of them is unknown.
std::optional<std::string> unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      bytes += text[i];
      continue;
    }
    const char c = text[++i];
    constexpr std::string_view letters = "ntr0", meant{"\n\t\r\0", 4};
    if (const auto at = letters.find(c); at != std::string_view::npos) {
      bytes += meant[at];
    } else if (c == 'x') {
      unsigned value = 0;
      const std::string_view hex = text.substr(i + 1, 2);
      const auto [end, ec] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
      if (ec != std::errc() || hex.size() != 2 || end != hex.data() + 2) return std::nullopt;
      bytes += static_cast<char>(value);
      i += 2;
    } else if (std::ispunct(static_cast<unsigned char>(c))) {
      bytes += c;  // "\|" as people write it for tools that take a pattern
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace

io_result<overflow> parse_on_full(std::string_view text) {
  if (text == "evict_lower")
    return refuse("evict_lower is not among what a run can do with its lanes; use drop_oldest");
  if (text == "caller_runs")
    return refuse(
        "caller_runs makes no sense here: the caller only reads items; use block, which slows the reading "
        "down");
  auto policy = overflow::parse(text);
  if (policy) return policy;
  constexpr std::string_view known = "block, timeout:50ms, reject, drop_newest, drop_oldest or spill";
  if (!text.starts_with("timeout:")) return refuse(fmt::format("'{}' is no policy; use {}", text, known));
  return refuse(fmt::format("'{}': {}; use {}", text,
                            parse_duration(text.substr(text.find(':') + 1)).error().detail, known));
}

io_result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::string_view example) {
  const auto n = whole<std::uint64_t>(text);
  if (n && *n >= least) return *n;
  return refuse(fmt::format("'{}' is not a whole number of {} or more; use {}", text, least, example));
}

io_result<worker_choice> parse_workers(std::string_view text) {
  if (text == "auto" || looks_like_number(text)) return workers_in(text);
  std::string path(text);
  auto choice = read_workers_file(path);
  if (choice) choice->file = std::move(path);
  return choice;
}

io_result<worker_choice> read_workers_file(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0)
    return refuse(
        fmt::format("'{}' is neither a number, nor auto, nor a file that can be read; use 4, say", path));
  std::ifstream file(path);
  std::string word;
  file >> word;
  if (!file)
    return refuse(
        fmt::format("the workers file '{}' cannot be read or is empty; write a number such as 4", path));
  auto choice = workers_in(word);
  if (!choice) return refuse(fmt::format("in the workers file '{}': {}", path, choice.error().detail));
  return choice;
}

worker_span workers_of(const run_options& o) {
  constexpr std::size_t adaptive_share = 8;  // a core: jobs that wait most of their time
  const bool limited = o.limit && !o.limit->adaptive && !o.shadow;
  const auto limit = limited ? static_cast<std::size_t>(o.limit->most) : most_workers;
  const bool adaptive = o.limit && o.limit->adaptive;
  const std::size_t unsaid = limited ? limit : hardware() * (adaptive ? adaptive_share : 1);
  const std::size_t most = std::min(o.workers.count > 0 ? o.workers.count : unsaid, limit);
  return {o.workers.least > 0 ? std::min(o.workers.least, most) : most, most};
}

std::size_t queue_of(const run_options& o) { return o.queue.value_or(4 * workers_of(o).most); }

std::optional<spill_options> spilling_of(const run_options& o) {
  if (o.on_full != overflow::spill()) return std::nullopt;
  spill_options store{.directory = o.spill_dir};
  if (o.spill_max) store.max_bytes = *o.spill_max;
  if (o.durability) store.sync = *o.durability;
  return store;
}

bool reorders(const run_options& o) { return o.lanes || o.fair_by || o.on_full == overflow::spill(); }

namespace {

// Whether there is a directory yet or not. What cannot be found out is told when it is opened.
bool are_one_place(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code failed;
  const auto whole = [&](const std::filesystem::path& path) {
    return (std::filesystem::weakly_canonical(std::filesystem::absolute(path, failed), failed) / "")
        .parent_path();
  };
  return whole(a) == whole(b) && !failed;
}

io_result<> check_spill(const run_options& o) {
  const bool spills = o.on_full == overflow::spill();
  if (spills && o.spill_dir.empty())
    return refuse("--on-full spill needs a place on disk; add --spill-dir DIR");
  if (spills && queue_of(o) == 0)
    return refuse("--queue 0 has no place for what comes back from the spill store; use --queue 1 or more");
  if (spills) {
    if (check(*spilling_of(o)))
      return refuse(fmt::format("--spill-max {} is too little for a spill store; use 64K or more",
                                o.spill_max.value_or(0)));
    if (!o.results.empty() && are_one_place(o.results, o.spill_dir))
      return refuse(fmt::format("--results and --spill-dir are both '{}'; give each a directory of its own",
                                o.spill_dir));
    return {};
  }
  const auto useless = [](const char* option) {
    return refuse(fmt::format("{} is of the spill store, which is not used; add --on-full spill", option));
  };
  if (!o.spill_dir.empty()) return useless("--spill-dir");
  if (o.spill_max) return useless("--spill-max");
  if (o.durability) return useless("--durability");
  return {};
}

}  // namespace

io_result<> check_control(const run_options& o) {
  if ((o.resume || o.resume_failed) && o.joblog.empty() && o.results.empty())
    return refuse(fmt::format("{} must know what has been done; add --joblog FILE (or --results DIR)",
                              o.resume_failed ? "--resume-failed" : "--resume"));
  if (const auto fit = check_spill(o); !fit) return fit;
  if (o.backoff && o.attempts == 1)
    return refuse("--backoff is the wait between attempts, and there is only one; add --retries 3, say");
  if (o.retry_budget && o.attempts == 1)
    return refuse("--retry-budget is a share of further attempts, and there are none; add --retries 3, say");
  if (!o.lanes && o.lanes.lanes() > 1)
    return refuse("--lanes needs to know which item goes where; add --lane urgent=0, say");
  if (o.shadow && !o.rate && !o.limit && !o.breaker && !o.retry_budget && !o.deadline)
    return refuse(
        "--shadow has nothing to watch; add --rate, --limit, --breaker, --retry-budget or --deadline");
  if (!o.admin_token_file.empty() && !o.metrics)
    return refuse(
        "--admin-token-file opens paths at the address of --metrics; add --metrics 127.0.0.1:9901, say");
  return o.lanes.check();
}

io_result<double> parse_load(std::string_view text) {
  const bool share = text.ends_with('%');
  const auto n = whole<double>(share ? text.substr(0, text.size() - 1) : text);
  if (!n || !std::isfinite(*n) || *n <= 0)
    return refuse(
        fmt::format("'{}' is no load; use a number above 0 such as 2.5, or 80% of the processors", text));
  return share ? *n / 100 * static_cast<double>(hardware()) : *n;
}

io_result<char> parse_delimiter(std::string_view text) {
  const auto bytes = unescaped(text);
  if (bytes && bytes->size() == 1) return bytes->front();
  return refuse(fmt::format("'{}' is not one character; use , or \\t, say (-0 for NUL)", text));
}

std::string delimiter_text(char c) {
  constexpr std::string_view meant{"\n\t\r\0\\", 5}, letters = "ntr0\\";
  if (const auto at = meant.find(c); at != std::string_view::npos) return {'\\', letters[at]};
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7f ? std::string{c} : fmt::format("\\x{:02x}", byte);
}

io_result<std::string> parse_colsep(std::string_view text) {
  const auto bytes = unescaped(text);
  if (bytes && !bytes->empty()) return *bytes;
  return refuse(
      fmt::format("'{}' separates nothing; use , or \\t, say (taken literally, not as a pattern)", text));
}

io_result<halt_rule> parse_halt(std::string_view text) {
  if (text == "never") return halt_rule{};
  using kind = halt_rule::kind;
  constexpr std::array<std::pair<std::string_view, kind>, 2> forms{
      {{"soon,fail=", kind::soon}, {"now,fail=", kind::now}}};
  for (const auto& [prefix, what] : forms) {
    if (!text.starts_with(prefix)) continue;
    const auto n = whole<std::uint64_t>(text.substr(prefix.size()));
    if (n && *n > 0) return halt_rule{what, *n};
  }
  return refuse(fmt::format("'{}' is no rule; use never, soon,fail=3 or now,fail=1", text));
}

io_result<when> parse_when(std::string_view text) {
  if (text.empty() || text == "always") return when::always;
  if (text == "auto") return when::automatic;
  if (text == "never") return when::never;
  return refuse(fmt::format("'{}' says not when; use auto, always or never", text));
}

io_result<report_format> parse_format(std::string_view text) {
  if (text == "text") return report_format::text;
  if (text == "json" || text == "jsonl") return report_format::json;
  if (text == "csv") return report_format::csv;
  return refuse(fmt::format("'{}' is no format; use text, json, jsonl or csv", text));
}

}  // namespace weir::jobs
