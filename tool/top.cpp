// `weir top`: watches a running weir, and changes it when it has the token.

#include <adapters/http/client.hpp>
#include <jobs/admin_token.hpp>
#include <jobs/run_options.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>
#include <tool/top/screen.hpp>
#include <tool/top/watcher.hpp>

#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace tool = weir::tool;
namespace top = weir::tool::top;
using tool::need;
using tool::usage_error;

constexpr std::string_view who = "weir top";
constexpr const char* default_address = "127.0.0.1:9901";
constexpr weir::duration between_looks = std::chrono::seconds(1);
// A weir that does not answer keeps nobody from quitting for longer.
constexpr weir::duration patience = std::chrono::seconds(1);

struct top_options {
  std::string token_file{};
  bool once = false;
  weir::jobs::when color = weir::jobs::when::automatic;
};

tool::grammar grammar_of(top_options& o) {
  return {{.name = "top",
           .usage = "usage: weir top [OPTIONS] [ADDR]",
           .summary = "Watches a weir that was started with --metrics ADDR (127.0.0.1:9901).\n",
           .closing = "Try:\n"
                      "  weir run --metrics :9901 ... &  weir top\n"
                      "  weir top 127.0.0.1:9902 --once\n",
           .more = "Keys\n"
                   "  q quits. p pauses: no further job starts, those that run go on; p again goes on. + and "
                   "- are one "
                   "worker more and one fewer. These need --admin-token-file, given to both.\n"
                   "\n"
                   "Where there is no terminal\n"
                   "  It prints what it sees once, and so it does with NO_COLOR or TERM=dumb; --color=always "
                   "or never "
                   "draws all the same, with colours or without.\n"
                   "\n"
                   "Exit status\n"
                   "  0 after q, or when a snapshot was printed; 1 nobody answers; 2 wrong usage or a bad "
                   "file; 130, 143, "
                   "129 ended by SIGINT, SIGTERM, SIGHUP.\n",
           .further = "More: weir help top\n"},
          tool::operands::anywhere,
          {{"What you see",
            {{"--once", "", "print it once, and end", "", [&o](const std::string&) { o.once = true; }},
             {"--color", "=WHEN", "auto, always, never", "",
              [&o](const std::string& v) { o.color = need("--color", weir::jobs::parse_when(v)); },
              [] { return "auto"; }}}},
           {"What you may change",
            {{"--admin-token-file", "FILE", "the token that the run was given: keys p + - act",
              "Keep FILE from others: chmod 600.", [&o](const std::string& v) { o.token_file = v; }}}}},
          {}};
}

void complain(std::string_view why) { fmt::print(stderr, "{}: {}\n", who, why); }

// Why there is no live view; "": there is one.
std::string why_not_live(const top_options& o) {
  if (::isatty(STDOUT_FILENO) != 1) return "standard output is no terminal";
  if (::isatty(STDIN_FILENO) != 1) return "standard input is no terminal";
  const char* term = std::getenv("TERM");
  if (!term || std::string_view(term) == "dumb") return "this terminal cannot draw (TERM)";
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color && *no_color && o.color == weir::jobs::when::automatic) return "NO_COLOR is set";
  return {};
}

// As `weir run --metrics` says it: http://127.0.0.1:9901/ is 127.0.0.1:9901.
std::string_view without_scheme(std::string_view where) {
  constexpr std::string_view scheme = "http://";
  if (!where.starts_with(scheme)) return where;
  where.remove_prefix(scheme.size());
  if (where.ends_with('/')) where.remove_suffix(1);
  return where;
}

int show_once(top::watcher& of) {
  if (!of.look()) {
    const std::string& trouble = of.shown().trouble;
    complain(fmt::format("{}; start the run with --metrics ADDR, and give top the same ADDR",
                         trouble.substr(0, trouble.rfind("; trying again"))));
    return tool::exit_failed;
  }
  return tool::print(as_text(of.shown()));
}

int show_live(top::watcher& of, top::terminal_screen& on) {
  for (;;) {
    of.look();
    const weir::time_point next = weir::from_now(between_looks);
    for (bool looks_again = false; !looks_again;) {
      on.show(draw(of.shown(), on.size()));
      const top::event e = on.wait(next);
      using kind = top::event::kind;
      if (e.what == kind::signal) return 128 + e.value;
      if (e.what == kind::gone) return tool::exit_failed;
      if (e.what == kind::key && e.value == 'q') return tool::exit_done;
      if (e.what == kind::key) of.key(e.value);
      looks_again = e.what == kind::time || e.what == kind::key;
    }
  }
}

int watch(const top_options& o, const weir::http::address& at, std::optional<std::string> authorization) {
  top::watcher watched(to_string(at), std::move(authorization), [&at](const weir::http::request& asked) {
    return weir::http::fetch(at, asked, patience);
  });
  if (o.once) return show_once(watched);
  std::string why = why_not_live(o);
  if (why.empty()) {
    const auto screen = top::terminal_screen::open(o.color != weir::jobs::when::never);
    if (screen) return show_live(watched, **screen);
    why = screen.error().detail;
  }
  complain(why + ": printed once");
  return show_once(watched);
}

}  // namespace

weir::tool::grammar top_grammar() {
  static top_options unused;
  return grammar_of(unused);
}

int top_command(std::vector<std::string> args) {
  top_options o;
  const tool::grammar grammar = grammar_of(o);
  const tool::parsed words = tool::parse_words(grammar, args);
  if (words.answer) return tool::print(*words.answer);
  try {
    if (words.operands.size() > 1)
      throw usage_error{fmt::format("'{}' is one address too many; top watches one weir", words.operands[1])};
    const std::string where = words.operands.empty() ? default_address : words.operands.front();
    const auto at = need("ADDR", weir::http::parse_address(without_scheme(where)));
    std::optional<std::string> authorization;
    if (!o.token_file.empty()) {
      const auto token = need("--admin-token-file", weir::jobs::admin_token::read(o.token_file));
      if (!token.warning().empty()) complain(token.warning());
      authorization = token.authorization();
    }
    return watch(o, at, std::move(authorization));
  } catch (usage_error& e) {
    e.usage = grammar.usage();
    throw;
  }
}
