// `weir demo`: the tour, or the scenes named.

#include <tool/commands.hpp>
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>
#include <tool/demo/terminal.hpp>
#include <tool/demo/tour.hpp>
#include <tool/grammar.hpp>

#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace {

namespace tool = weir::tool;
using namespace weir::tool::demo;

constexpr const char* usage = "usage: weir demo [SCENE...] [--fast] [--list]";

struct demo_options {
  weir::tool::demo::pace pace = pace::full;
  bool list = false;
  when colours = when::automatic;
  when live = when::automatic;
  std::vector<const scene*> scenes;
};

when parse_when(std::string_view option, const std::string& value) {
  const auto parsed = weir::jobs::parse_when(value);
  if (!parsed) throw tool::usage_error{fmt::format("{}: {}", option, parsed.error().detail)};
  return *parsed;
}

tool::grammar grammar_of(demo_options& o) {
  std::vector<tool::option> options = {
      {"--fast", "", "the tour in under 10 seconds", "", [&o](const std::string&) { o.pace = pace::fast; }},
      {"--list", "", "the scenes: name, tab, sentence", "", [&o](const std::string&) { o.list = true; }},
      {"--color", "=WHEN", "auto, always or never; auto: on a terminal", "",
       [&o](const std::string& v) { o.colours = parse_when("--color", v); }, [] { return "auto"; }},
      {"--progress", "=WHEN", "draw live: auto, always or never; auto: on a terminal", "",
       [&o](const std::string& v) { o.live = parse_when("--progress", v); }, [] { return "auto"; }},
  };
  tool::named_words names{"Scenes", {}};
  for (const scene* s : scenes()) names.words.emplace_back(s->name, s->sentence);
  return tool::grammar(
      {.name = "demo",
       .usage = usage,
       .summary =
           "The ideas behind weir under a flood that is measured on this machine, in at most a minute.\n",
       .words = std::move(names),
       .closing = "Try:\n  weir demo --fast\n  weir demo blocking\n",
       .more = ""},
      tool::operands::anywhere, {{"Options", std::move(options)}});
}

const scene* scene_of(const std::string& name) {
  if (const scene* s = find_scene(name)) return s;
  std::vector<std::string_view> known;
  for (const scene* s : scenes()) known.push_back(s->name);
  const std::string guess = tool::did_you_mean(name, known);
  throw tool::usage_error{
      fmt::format("unknown scene '{}'{}", name, guess.empty() ? "; weir demo --list names them" : guess),
      usage};
}

int play_on(terminal& screen, const demo_options& o) {
  if (o.list) {
    screen.print(list_of_scenes());
    return tool::exit_done;
  }
  stage on(screen, o.pace);
  o.scenes.empty() ? play_tour(on) : play(on, o.scenes);
  return tool::exit_done;
}

}  // namespace

tool::grammar demo_grammar() {
  static demo_options unused;
  return grammar_of(unused);
}

int demo_command(std::vector<std::string> args) {
  demo_options o;
  const tool::grammar grammar = grammar_of(o);
  const tool::parsed words = tool::parse_words(grammar, args);
  if (words.answer) return tool::print(*words.answer);
  if (words.items) throw tool::usage_error{"demo takes scenes, not items (got ':::')", usage};
  for (const std::string& name : words.operands) o.scenes.push_back(scene_of(name));

  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is seen by the write, and ends us with 141 too
  terminal screen(STDOUT_FILENO, surroundings::look(), o.colours, o.live);
  try {
    return play_on(screen, o);
  } catch (const interrupted& e) {
    if (screen.live()) screen.print("\n");  // below the ^C that the terminal has shown
    return 128 + e.signal;
  } catch (const output_gone& e) {
    if (e.code == EPIPE) return 128 + SIGPIPE;
    fmt::print(stderr, "weir demo: cannot write output: {}\n", std::strerror(e.code));
    return tool::exit_failed;
  }
}
