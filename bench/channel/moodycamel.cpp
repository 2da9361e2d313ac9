// moodycamel's BlockingConcurrentQueue: unbounded, so that a sender never waits, and in order only for each
// producer by itself.

#include <bench/peers/channel_program.hpp>

#include <concurrentqueue/blockingconcurrentqueue.h>

#include <cstddef>

namespace {

template <class T>
class moodycamel_queue {
 public:
  explicit moodycamel_queue(std::size_t) {}
  void put(const T& value) { queue_.enqueue(value); }
  T take() {
    T value;
    queue_.wait_dequeue(value);
    return value;
  }

 private:
  moodycamel::BlockingConcurrentQueue<T> queue_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::bench;
  return channel_program(argc, argv, between_threads<moodycamel_queue>);
}
