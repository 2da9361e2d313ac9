// The same kind of pipeline, of coroutines: a hundred stages at work on two threads, none of which is
// blocked.
//
// The scope ends when every task in it has ended; an exception in one of them would stop the others and come
// out here. Each operation has a name before it is awaited: g++ 12 destroys what temporaries in the operand
// of co_await own twice.
#include <weir/weir.hpp>

#include <chrono>
#include <cstdio>
#include <utility>

namespace {

using namespace std::chrono_literals;

weir::task<> produce(weir::channel<long>& numbers, long n) {
  for (long i = 1; i <= n; ++i) {
    long number = i;
    auto op = numbers.async_send(std::move(number));
    if (!co_await op) co_return;  // closed, or the scope was asked to stop
  }
  numbers.close();
}

weir::task<> square(weir::channel<long>& numbers, weir::channel<long>& squares) {
  for (;;) {
    auto take = numbers.async_receive();
    const weir::result<long> number = co_await take;
    if (!number) co_return;
    auto work = weir::sleep_for(1ms);  // stands for a slow answer from somewhere else
    if (!co_await work) co_return;
    long squared = *number * *number;
    auto give = squares.async_send(std::move(squared));
    if (!co_await give) co_return;
  }
}

weir::task<long> add_up(weir::channel<long>& squares, long n) {
  long sum = 0;
  for (long i = 0; i < n; ++i) {
    auto op = squares.async_receive();
    sum += (co_await op).value_or(0);
  }
  co_return sum;
}

weir::task<long> sum_of_squares(weir::scheduler& s, long n) {
  weir::channel<long> numbers(16);
  weir::channel<long> squares(16);
  auto body = [&](weir::scope& in) -> weir::task<long> {
    in.spawn(produce(numbers, n));
    for (int i = 0; i < 100; ++i) in.spawn(square(numbers, squares));
    return add_up(squares, n);
  };
  auto all = weir::with_scope(s, body);
  co_return co_await all;
}

}  // namespace

int main() {
  weir::scheduler s(2);
  std::printf("the squares of 1 to 1000 add up to %ld\n", weir::run(s, sum_of_squares(s, 1000)));
}
