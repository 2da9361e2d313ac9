// Uses a bit of everything that is installed: a channel, a select, a pool with results.
#include <weir/weir.hpp>

#include <chrono>
#include <cstdio>
#include <utility>

int main() {
  weir::channel<int> numbers(2);
  if (!numbers.send(1) || !numbers.send(2)) return 1;
  int sum = 0;
  weir::select(weir::on_receive(numbers, [&](weir::result<int> n) { sum += n.value_or(0); }),
               weir::otherwise([] { std::puts("nothing there"); }));
  numbers.close();
  for (const int n : numbers) sum += n;

  weir::worker_pool<int, int> squares([](int& n) { return n * n; },
                                      {.min_workers = 2, .max_workers = 2, .results_capacity = 8});
  auto results = squares.results();
  for (int i = 1; i <= 3; ++i) {  // an int moved from is what it was
    if (!squares.submit(std::move(i))) return 1;
  }
  if (!squares.drain()) return 1;
  if (weir::control::sizing::queue(500, std::chrono::milliseconds(200)) != 100) return 1;
  for (auto& outcome : results) sum += outcome.value.value_or(0);

  std::printf("%d, over %zu processors\n", sum, weir::hardware());
  return sum == 1 + 2 + 1 + 4 + 9 ? 0 : 1;
}
