// What orders the lines, and what does not: the channel alone decides who waits. `turn_` only keeps a line
// together with the channel operation it tells of, so that of two threads made ready by one operation the one
// that did it speaks first. The consumer is slow: it comes for its next item when the producer can do no
// more, that is, when the channel counts it as a waiting sender, or it has ended. It has nothing in hand at
// first, so it takes item 0 as soon as that was sent.
#include <tool/demo/blocking_trace.hpp>

#include <weir/channel/channel.hpp>

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace weir::tool::demo {

namespace {

class trace {
 public:
  explicit trace(const blocking_options& o)
      : options_(o), items_(o.capacity), lines_(3 * static_cast<std::size_t>(o.items) + 1) {}

  int run(const std::function<void(std::string_view)>& say) {
    // Should `say` throw, both threads still end: `lines_` has room for all they have to tell.
    std::jthread producer([this] { produce(); });
    std::jthread consumer([this] { consume(); });
    for (const std::string& line : lines_) say(line);
    consumer.join();
    return first_blocked_;
  }

 private:
  // Nobody waits in here: the capacity is that of the whole story.
  void tell(std::string line) { static_cast<void>(lines_.send(std::move(line))); }

  void produce() {
    for (int i = 0; i < options_.items; ++i) {
      {
        const std::scoped_lock turn(turn_);
        tell(fmt::format("Sending {}...", i));
        sending_.store(i);
      }
      static_cast<void>(items_.send(int{i}));  // the channel closes only after the last one
      {
        const std::scoped_lock turn(turn_);
        tell(fmt::format("Sent {}", i));
        sent_.store(i + 1);
      }
      taken_.wait(0);  // until the idle consumer has its first item in hand
    }
    items_.close();
  }

  void consume() {
    while (sent_.load() == 0) std::this_thread::yield();
    while (take_next()) {
      std::this_thread::sleep_for(options_.slow);
      while (!producer_can_do_no_more()) std::this_thread::yield();
    }
    lines_.close();
  }

  bool take_next() {
    const std::scoped_lock turn(turn_);
    const weir::result<int> item = items_.receive();
    if (!item) return false;
    tell(fmt::format("Processing {}", *item));
    taken_.fetch_add(1);
    taken_.notify_all();
    return true;
  }

  bool producer_can_do_no_more() {
    if (items_.is_closed()) return true;
    if (items_.stats().waiting_senders == 0) return false;
    if (first_blocked_ < 0) first_blocked_ = sending_.load();
    return true;
  }

  const blocking_options options_;
  weir::channel<int> items_;
  weir::channel<std::string> lines_;
  std::mutex turn_;
  std::atomic<int> sending_ = -1;
  std::atomic<int> sent_ = 0;
  std::atomic<int> taken_ = 0;
  int first_blocked_ = -1;  // the consumer's, read when it has ended
};

}  // namespace

int trace_blocking(const blocking_options& options, const std::function<void(std::string_view)>& say) {
  return trace(options).run(say);
}

}  // namespace weir::tool::demo
