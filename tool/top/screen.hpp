// The terminal that `weir top` draws on, through ncurses.
//
// Invariant: from the end of a screen on, however it ends (return, exception, a signal that wait() tells of),
// the terminal is as it was. While one lives SIGINT, SIGTERM and SIGHUP only end wait(). One at a time, for
// one thread.
#pragma once

#include <tool/top/view.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <csignal>
#include <memory>
#include <vector>

struct screen;

namespace weir::tool::top {

/// What ended a wait.
struct event {
  enum class kind { time, key, resized, signal, gone };
  kind what = kind::time;
  int value = 0;  ///< the key's character; the signal's number
};

class terminal_screen {
 public:
  /// Takes standard input and output. An error: this terminal cannot draw (its TERM is not known).
  static io_result<std::unique_ptr<terminal_screen>> open(bool colours);
  terminal_screen(const terminal_screen&) = delete;
  terminal_screen& operator=(const terminal_screen&) = delete;
  ~terminal_screen();

  screen_size size() const;
  void show(const std::vector<line>&);

  /// A key, a signal, another size, the terminal's end; or the time has come.
  event wait(time_point until);

 private:
  terminal_screen();
  event key() const;

  ::screen* terminal_ = nullptr;
  bool colours_ = false;
  sigset_t before_{};  // the mask outside of wait()
};

}  // namespace weir::tool::top
