// weir's channel behind the two operations that every contender has.
#pragma once

#include <weir/channel/channel.hpp>

#include <cstddef>
#include <utility>

namespace weir::bench {

/// Never closed, so neither operation can fail.
template <class T>
class weir_queue {
 public:
  explicit weir_queue(std::size_t capacity) : channel_(capacity) {}
  void put(T value) { (void)channel_.send(std::move(value)); }
  T take() { return *channel_.receive(); }

 private:
  channel<T> channel_;
};

}  // namespace weir::bench
