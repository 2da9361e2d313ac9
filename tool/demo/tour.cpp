#include <tool/demo/tour.hpp>

#include <bench/harness/policies_report.hpp>

namespace weir::tool::demo {

namespace {

void show_table(stage& on) {
  if (on.results().empty()) return;
  on.title("the same flood, side by side", "");
  on.show(weir::bench::policies_table(on.results()));
  on.show("\n" + weir::bench::policies_legend(on.options()));
  on.pause(std::chrono::seconds(2));
}

void play_place(stage& on, place where) {
  for (const scene* s : scenes())
    if (s->place == where) s->play(on);
}

}  // namespace

void play_tour(stage& on) {
  play_place(on, place::tour);
  show_table(on);
  play_place(on, place::closing);
}

void play(stage& on, std::span<const scene* const> chosen) {
  for (const scene* s : chosen) s->play(on);
  show_table(on);
}

}  // namespace weir::tool::demo
