// Replaying the vectors: what turns a case into values. README.md says what the files mean.
//
// Free of GoogleTest, exceptions and threads, so that the same code also runs as wasm: vectors_test.cpp
// compares the values with those expected; print_vectors.cpp prints them, bit by bit, to be compared between
// machines.
//
// To add an algorithm:
// 1. put NAME.json here;
// 2. write NAME_driver.cpp, as token_bucket_driver.cpp: a `made NAME(const arguments& options)` that reads
// the
//    options, asks refusal<NAME>(options) whether they are refused, and gives a subject whose step() does one
//    operation;
// 3. declare and list it in drivers.cpp, and the file in CMakeLists.txt.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::vectors {

/// One thing that a step gives. Durations and counts are whole numbers; monostate is "none" (null).
using value = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string>;

/// What a step gives, by name: {{"ok", true}}; nothing for one that returns nothing. A call that is refused
/// gives
/// {{"error", NAME OF THE ARGUMENT}}.
using results = std::vector<std::pair<std::string, value>>;

/// The options of a case, or the arguments of a step. What is not there leaves the default.
class arguments {
 public:
  explicit arguments(const nlohmann::json& object) : object_(&object) {}

  bool has(const char* name) const;

  void read(const char* name, bool& into) const;
  void read(const char* name, double& into) const;
  void read(const char* name, std::int64_t& into) const;
  void read(const char* name, std::uint64_t& into) const;
  void read(const char* name, duration& into) const;  // whole nanoseconds: "cap_ns"
  void read(const char* name, std::optional<duration>& into) const;
  void read(const char* name, std::string& into) const;
  void read(const char* name, std::vector<std::size_t>& into) const;

  /// An enumerator: the place of the word among these; a word that is none of them becomes one past the last.
  template <class Enum>
  void read(const char* name, Enum& into, std::initializer_list<std::string_view> words) const {
    if (has(name)) into = static_cast<Enum>(place(name, words));
  }

  /// An argument by itself: get<double>("n").
  template <class T>
  T get(const char* name) const {
    T it{};
    read(name, it);
    return it;
  }
  time_point now() const { return time_point(get<duration>("now_ns")); }

  /// The operation of a step.
  std::string op() const { return get<std::string>("op"); }

 private:
  std::size_t place(const char* name, std::initializer_list<std::string_view> words) const;

  const nlohmann::json* object_;
};

/// An object under test. It keeps what `as` names until the end of the case.
class subject {
 public:
  virtual ~subject() = default;
  virtual results step(const arguments&) = 0;
};

/// A new object, or why its options are refused.
using made = std::expected<std::unique_ptr<subject>, option_error>;

struct driver {
  std::string_view algorithm;
  made (*make)(const arguments& options);
};

/// All of them: drivers.cpp.
std::span<const driver> drivers();

/// What a case gives: the option that was refused, or what each step gave.
struct replayed {
  std::optional<std::string> refused;
  std::vector<results> steps;
};

/// Replays one case of a file.
replayed replay(const driver&, const nlohmann::json& one_case);

/// A driver met an operation that it does not know: the vector or the driver is wrong. Ends the program.
[[noreturn]] results unknown(const arguments& step);

/// What `check` says of the options; where exceptions are on, the constructor must say the same.
template <class Algorithm, class Options>
std::optional<option_error> refusal(const Options& options) {
  auto found = check(options);
#if defined(__cpp_exceptions)
  std::string thrown;
  try {
    [[maybe_unused]] const Algorithm object(options);
  } catch (const std::invalid_argument& e) {
    thrown = e.what();
  }
  if (thrown != (found ? found->message : "")) {
    return option_error{.option = "constructor", .message = "check and the constructor differ: " + thrown};
  }
#endif
  return found;
}

}  // namespace weir::vectors
