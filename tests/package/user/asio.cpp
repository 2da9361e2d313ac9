// Uses the adapter to Boost.Asio, where it is installed.
#include <adapters/asio/channel.hpp>

#include <boost/asio/use_future.hpp>

int main() {
  weir::channel<int> numbers(1);
  auto got = weir::asio::async_receive(numbers, boost::asio::use_future);
  if (!numbers.send(7)) return 1;
  return got.get() == 7 ? 0 : 1;
}
