#include "choices.hpp"

#include <charconv>

namespace model {
namespace {

/// Reads a number off the front of `text`; false when there is none.
template <class N>
bool take_number(std::string_view& text, N& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void chooser::explore_depth_first(int preemptions, int odd_reads) {
  mode_ = mode::depth_first;
  bounded_ = true;
  most_preemptions_ = preemptions;
  most_odd_reads_ = odd_reads;
  taken_.clear();
}

void chooser::explore_at_random(std::uint64_t seed) {
  mode_ = mode::random;
  bounded_ = false;
  random_state_ = seed;
}

void chooser::begin_execution() {
  position_ = 0;
  preemptions_ = 0;
  odd_reads_ = 0;
  if (mode_ != mode::random) return;
  taken_.clear();
  switch_one_in_ = 2U << random() % 5;
  odd_one_in_ = 2U << random() % 3;
}

bool chooser::turn() {
  taken_.resize(position_);
  while (!taken_.empty() && taken_.back().taken + 1 == taken_.back().count) taken_.pop_back();
  if (taken_.empty()) return false;
  ++taken_.back().taken;
  return true;
}

unsigned chooser::choose(unsigned count, about what) {
  if (count == 1) return 0;
  if (position_ == taken_.size()) {
    const unsigned made = mode_ == mode::random ? choose_at_random(count, what) : 0;
    taken_.push_back({static_cast<std::uint8_t>(made), static_cast<std::uint8_t>(count)});
  }
  return taken_[position_++].taken % count;
}

std::uint64_t chooser::random() noexcept {  // splitmix64
  random_state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = random_state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

unsigned chooser::choose_at_random(unsigned count, about what) noexcept {
  const unsigned one_in = what == about::thread ? switch_one_in_ : odd_one_in_;
  if (random() % one_in != 0) return 0;
  return static_cast<unsigned>(random() % count);
}

// The bounds, as they decide which questions are asked; then the choices that are not 0, each after the
// number of those before it.
std::string chooser::schedule() const {
  std::string text = bounded_
                         ? "p" + std::to_string(most_preemptions_) + "o" + std::to_string(most_odd_reads_)
                         : std::string("all");
  for (std::size_t i = 0; i < position_; ++i) {
    if (taken_[i].taken != 0) text += "," + std::to_string(i) + ":" + std::to_string(taken_[i].taken);
  }
  return text;
}

bool chooser::follow(std::string_view text) {
  mode_ = mode::replay;
  taken_.clear();
  bounded_ = !text.starts_with("all");
  if (!bounded_) {
    text.remove_prefix(3);
  } else if (!take(text, 'p') || !take_number(text, most_preemptions_) || !take(text, 'o') ||
             !take_number(text, most_odd_reads_)) {
    return false;
  }
  constexpr std::size_t longest = 1'000'000;
  while (take(text, ',')) {
    std::size_t at = 0;
    std::uint8_t which = 0;
    if (!take_number(text, at) || !take(text, ':') || !take_number(text, which)) return false;
    if (at < taken_.size() || at > longest) return false;
    taken_.resize(at, {0, 0});
    taken_.push_back({which, 0});
  }
  return text.empty();
}

}  // namespace model
