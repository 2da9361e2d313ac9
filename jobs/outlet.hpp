// A descriptor that is written to without ever being held up in the system.
//
// A blocking write to a pipe or terminal that nobody reads cannot be called off, and setting O_NONBLOCK would
// set it for every process that shares the open file. So the pipe or terminal is opened once more, for us
// alone, and that one does not block. Where it cannot be (a socket, a terminal of somebody else's) only so
// much is written at a time as a descriptor that is ready has room for. Invariant: what is neither pipe,
// terminal nor socket is written to as it is. For one thread at a time.
#pragma once

#include <weir/base/time.hpp>

#include <sys/types.h>

#include <string_view>

namespace weir::jobs {

class outlet {
 public:
  /// How long who has been told to give up still waits for a reader, all its waits together.
  static constexpr duration last_patience = std::chrono::milliseconds(300);

  /// Does not own `descriptor`. `given_up` becomes readable when waiting for a reader must come to its end
  /// (-1: never); not owned.
  explicit outlet(int descriptor, int given_up = -1) noexcept;
  outlet(const outlet&) = delete;
  outlet& operator=(const outlet&) = delete;
  ~outlet();

  /// As write(2): some of the bytes, or -1 and errno; EAGAIN: there is no room now.
  ssize_t write(std::string_view bytes) noexcept;

  /// For who writes by sendfile or splice: what does not block there, or -1 when only write does not.
  int descriptor() const noexcept { return piecewise_ ? -1 : descriptor_; }

  /// Waits until there is room: as long as it takes, or until it was given up and the last patience is spent.
  /// False: then, with errno ECANCELED, or the system's error.
  bool await_room() noexcept;

  /// Waits so long at most; false: there is no room yet.
  bool await_room(duration) noexcept;

 private:
  int descriptor_;
  const int given_up_;
  bool ours_ = false;       // opened here
  bool piecewise_ = false;  // it may block
  duration patience_ = last_patience;
};

}  // namespace weir::jobs
