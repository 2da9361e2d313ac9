// A command with places for items, and what comes of it for one job.
//
// COMMAND as several words runs without a shell: an item is an argument, whatever it holds. COMMAND as one
// argument that holds a space or a character of the shell runs through sh -c, and an item is put in quoted as
// one word. Placeholders:
// {} {.} {/} {//} {/.} are the items (whole, without extension, without folder, the folder, both), {N} {N.}
// ... one of them, {#} the job's number, {%} its slot. Without any, the items are appended.
//
// Invariant: a template does not change once parsed, so any number of threads may expand it at once.
#pragma once

#include <jobs/item.hpp>
#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

/// What stands at one place of a command.
enum class part : std::uint8_t {
  text,       ///< itself
  item,       ///< {}
  bare,       ///< {.}: without its extension
  base,       ///< {/}: without its folder
  folder,     ///< {//}
  bare_base,  ///< {/.}
  number,     ///< {#}
  slot,       ///< {%}
};

/// A command ready to start; used again for job after job, so that little is allocated.
class expanded_command {
 public:
  /// The words, and a nullptr. Valid until the next expansion, and while the batch and the template live.
  std::span<const char* const> argv() const noexcept { return argv_; }

  /// As somebody would type it: words quoted where that is needed, a shell's text as it is.
  std::string to_string() const;

 private:
  friend class command_template;

  std::string made_;                  // words that were put together, each ended by a NUL
  std::vector<std::size_t> offsets_;  // of those words in made_; npos: argv_ points elsewhere
  std::vector<const char*> argv_;
  bool shell_ = false;
};

class command_template {
 public:
  /// `words`: the command and its arguments, at least one. `colsep`: what separates the columns of an item,
  /// "" for none. Error: an empty command.
  static io_result<command_template> parse(std::span<const std::string> words, std::string colsep = {});

  /// The command for `batch` in `slot`. O(bytes that come out).
  void expand(const item_batch& batch, std::size_t slot, expanded_command& into) const;

  /// Whether it runs through sh -c.
  bool through_shell() const noexcept { return shell_; }

  /// How often all items stand in the expanded command: what a batch's bytes are multiplied by.
  std::size_t uses_of_items() const noexcept;

  /// Whether all items of a job end up in one argument: inside a word, or in a shell's text.
  bool joins_items() const noexcept;

  /// Whether the slot stands in it, so that a job's command depends on where it runs.
  bool uses_slot() const noexcept;

  /// Bytes of the words that do not depend on an item, with their NULs and pointers.
  std::size_t fixed_size() const noexcept;

  /// A warning for words such as `sh -c 'echo {}'`, and for `{}` inside quotes of a shell command, where an
  /// item may become text of the shell; "" for none.
  std::string warning() const;

 private:
  struct piece {
    part what = part::text;
    std::size_t index = 0;  // of an item: 0 all, else which, from 1
    bool own_word = false;  // in a shell's text: blanks or the end on both sides
    std::string text{};
  };

  using word = std::vector<piece>;

  static word pieces_of(std::string_view text);
  bool quotes_item() const;
  static bool is_item(const piece&) noexcept;
  void append_items();
  std::vector<std::string_view> arguments(const item_batch&) const;
  void append(std::string& to, const piece&, std::span<const std::string_view>, const item_batch&,
              std::size_t slot) const;
  void append_all(std::string& to, const piece&, std::span<const std::string_view>) const;

  std::vector<std::string> sources_;  // the words as given, for the warning
  std::vector<word> words_;
  std::string colsep_;
  bool shell_ = false;
};

/// `text` as one word of the shell, in quotes only when that is needed.
std::string shell_quoted(std::string_view text);

}  // namespace weir::jobs
