// What weir itself says on standard error: whole lines, and on a terminal one line below them that is drawn
// again and again.
//
// Invariant: the drawn line is gone whenever something else is written, and none is drawn inside a line of
// somebody else's, so neither damages the other. The mutex is held while writing: a terminal that does not
// take bytes holds back who wants to say something, until the run is given up; but never the hurried thread,
// whose lines are lost instead: it is the one that signals wait for. Thread-safe.
#pragma once

#include <jobs/outlet.hpp>
#include <jobs/run_options.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace weir::jobs {

class console {
 public:
  /// How long the hurried thread waits for a descriptor that takes nothing: less than lies between two
  /// signals of a person, for two that wait are taken for one.
  static constexpr duration hurried_patience = std::chrono::milliseconds(50);

  /// `who` begins each line said ("weir run"). `given_up` becomes readable once nobody who does not read is
  /// waited for (-1: never). Descriptors are not owned.
  console(int descriptor, std::string who, when color, when progress, int given_up = -1);

  /// From now on the calling thread is the hurried one.
  void hurry() noexcept;

  /// "WHO: TEXT" as a line of its own. What cannot be written is lost: there is nowhere to say it.
  void say(std::string_view text);

  /// Lines as they are, each ended by a newline.
  void write(std::string_view lines);

  /// Shows `line`, cut to the terminal's width, instead of the line drawn before.
  void draw(std::string_view line);

  /// Takes the drawn line away, for others are about to write to the same terminal. Nothing is drawn until
  /// they are done.
  void give_way();

  /// They are done. While the terminal stands inside a line of theirs nothing is drawn, and what is said
  /// begins a new one.
  void take_back(bool inside_line);

  /// Whether text may carry colours.
  bool color() const noexcept { return color_; }
  /// Whether a line is drawn and drawn again.
  bool live() const noexcept { return live_; }
  /// Whether progress is told in plain lines.
  bool plain_progress() const noexcept { return plain_; }

 private:
  bool enter();
  void put(std::string_view bytes);
  bool await_room();
  void erase();
  std::size_t width() const;

  const int descriptor_;
  const std::string who_;
  bool color_;
  bool live_;
  bool plain_;
  std::atomic<std::thread::id> hurried_{};  // relaxed: a thread compares it with itself only
  std::mutex mutex_;                        // guards the members below and the writing
  outlet to_;
  bool stuck_ = false;  // the hurried thread has waited in vain
  bool drawn_ = false;
  bool given_way_ = false;  // others write, or stopped inside a line
  bool inside_line_ = false;
};

}  // namespace weir::jobs
