#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>
#include <tool/demo/drawing.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace weir::tool::demo {

using namespace std::chrono_literals;
using weir::bench::flood_options;
using weir::bench::flood_result;
using weir::bench::flood_sample;
using weir::bench::strategy;

namespace {

constexpr int rows_a_flood = 4;

}  // namespace

stage::stage(terminal& t, demo::pace p) : terminal_(t), pace_(p) {}

void stage::title(std::string_view name, std::string_view rest) {
  interrupts_.check();
  terminal_.print(
      fmt::format("\n{}{}{}\n", terminal_.paint(colour::bold, name), rest.empty() ? "" : ": ", rest));
}

void stage::say(std::string_view text) {
  show(weir::bench::wrapped(text, static_cast<std::size_t>(terminal_.columns()) - 1));
}

void stage::show(std::string_view lines) {
  interrupts_.check();
  terminal_.print(fmt::format("{}{}", lines, lines.ends_with('\n') ? "" : "\n"));
}

void stage::pause(weir::duration time) {
  if (pace_ == pace::fast || !terminal_.live()) return;
  const weir::time_point end = weir::from_now(time);
  while (weir::clock::now() < end) {
    interrupts_.check();
    std::this_thread::sleep_for(std::min<weir::duration>(20ms, time));
  }
}

const flood_options& stage::options() {
  if (!options_) {
    options_ = flood_options{.work = weir::bench::calibrate(weir::bench::usual_service)};
    if (pace_ == pace::fast) options_->length = 1s;
  }
  return *options_;
}

const flood_result& stage::flood(std::string_view name) {
  const strategy& how = *weir::bench::find_strategy(name);
  const flood_options& all = options();
  std::stop_source stop;
  next_drawing_ = terminal_.live() ? 0ns : all.length / rows_a_flood;
  if (!terminal_.live()) terminal_.print(row_head());
  const auto watch = [&](const flood_sample& s) {
    if (interrupts_.pending()) stop.request_stop();
    if (s.elapsed < next_drawing_ && s.elapsed < all.length) return;
    terminal_.live() ? draw_panel(s, how) : draw_rows(s, how);
  };
  results_.push_back(weir::bench::flood(how, all, watch, stop.get_token()));
  terminal_.keep();
  interrupts_.check();
  return results_.back();
}

void stage::draw_panel(const flood_sample& s, const strategy& how) {
  terminal_.draw(panel(terminal_, s, scale_of(how, *options_)));
  next_drawing_ = s.elapsed + 100ms;
}

void stage::draw_rows(const flood_sample& s, const strategy& how) {
  terminal_.print(row(terminal_, s, scale_of(how, *options_)));
  next_drawing_ += options_->length / rows_a_flood;
}

}  // namespace weir::tool::demo
