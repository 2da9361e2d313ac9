// A bounded pipeline of three stages: read lines, count their words, add up.
//
// Each stage is one thread or more, each channel between them holds at most 16 values. So the fastest stage
// waits for the slowest, and the memory used is the same for ten lines and for ten million: `yes |
// ./example_pipeline` stays small. Nobody tells anybody to stop: when a stage ends, its ends of the channels
// go, and the last sender's going closes them.
#include <weir/weir.hpp>

#include <cctype>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

std::size_t count_words(const std::string& line) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : line) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

void read_lines(weir::sender<std::string> lines) {
  for (std::string line; std::getline(std::cin, line);)
    if (!lines.send(std::move(line))) return;  // closed: nobody reads any more
}

void count_lines(weir::receiver<std::string> lines, weir::sender<std::size_t> counts) {
  for (std::string& line : lines)
    if (!counts.send(count_words(line))) return;
}

// Takes its ends by value: when the threads have their copies, these are gone.
std::vector<std::jthread> start_counters(int n, weir::receiver<std::string> lines,
                                         weir::sender<std::size_t> counts) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back(count_lines, lines, counts);
  return threads;
}

}  // namespace

int main() {
  auto [lines_in, lines_out] = weir::make_channel<std::string>(16);
  auto [counts_in, counts_out] = weir::make_channel<std::size_t>(16);

  const std::jthread reader(read_lines, std::move(lines_in));
  const auto counters = start_counters(2, std::move(lines_out), std::move(counts_in));

  std::size_t lines = 0;
  std::size_t words = 0;
  for (const std::size_t n : counts_out) {  // until both counters are gone
    ++lines;
    words += n;
  }
  std::printf("%zu lines, %zu words\n", lines, words);
}
