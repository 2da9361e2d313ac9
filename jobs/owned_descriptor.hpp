// A file descriptor that closes itself. Invariant: it is -1 (none) or open, and nobody else's to close.
// Not thread-safe.
#pragma once

#include <unistd.h>

#include <utility>

namespace weir::jobs {

class owned_descriptor {
 public:
  owned_descriptor() = default;
  /// Takes it over; a negative number, as a failed open(2) gives, is none.
  explicit owned_descriptor(int number) noexcept : number_(number) {}
  owned_descriptor(owned_descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  owned_descriptor& operator=(owned_descriptor&& other) noexcept {
    reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~owned_descriptor() { close(); }

  int number() const noexcept { return number_; }
  bool open() const noexcept { return number_ >= 0; }
  void reset(int number) noexcept {
    close();
    number_ = number;
  }
  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

}  // namespace weir::jobs
