// oneTBB's concurrent_bounded_queue. It has no rendezvous.

#include <bench/peers/channel_program.hpp>

#include <oneapi/tbb/concurrent_queue.h>

#include <cstddef>
#include <stdexcept>

namespace {

template <class T>
class tbb_queue {
 public:
  explicit tbb_queue(std::size_t capacity) { queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }
  void put(const T& value) { queue_.push(value); }
  T take() {
    T value;
    queue_.pop(value);
    return value;
  }

 private:
  tbb::concurrent_bounded_queue<T> queue_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::bench;
  return channel_program(argc, argv, [](const channel_cell& cell) {
    if (cell.capacity == 0)
      throw std::invalid_argument("--capacity 0: there is no hand-over without a place");
    return between_threads<tbb_queue>(cell);
  });
}
