// Where items come from: a stream of delimited text, or the words after `:::`.
//
// Reading is what a full queue holds back, so it is done in pieces of 64 KiB and never ahead of what is asked
// for. Invariant: memory is bounded whatever the input is: of one item at most longest_item bytes are kept,
// of one batch at most its budget and one item. Thread-safety: one thread reads; share_read may be called
// from any.
#pragma once

#include <jobs/item.hpp>
#include <weir/base/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::jobs {

enum class reading {
  got,          ///< there is something
  end,          ///< there is no more
  interrupted,  ///< waiting for more was given up
};

class source {
 public:
  virtual ~source() = default;

  /// Appends the next item to `batch` and notes its fault. Error: the input cannot be read.
  virtual io_result<reading> next(item_batch& batch) = 0;

  /// How much of the input has been read, in [0, 1]; none when its length is not known.
  virtual std::optional<double> share_read() const { return std::nullopt; }
};

/// The words after `:::`.
class word_source final : public source {
 public:
  explicit word_source(std::vector<std::string> words) : words_(std::move(words)) {}
  io_result<reading> next(item_batch&) override;
  std::optional<double> share_read() const override;

 private:
  std::vector<std::string> words_;
  std::atomic<std::size_t> next_ = 0;  // relaxed: a number for the progress line
};

/// Text from a descriptor; each item ends with the delimiter, the last one also with the end of the text.
class stream_source final : public source {
 public:
  /// Opens `path`, or takes standard input for "" and "-". `interrupt` is a descriptor that becomes readable
  /// when waiting for input must end (-1: none); not owned. Error: cannot be read; the detail says what and
  /// why.
  static io_result<std::unique_ptr<stream_source>> open(const std::string& path, char delimiter,
                                                        int interrupt);

  /// Takes over `descriptor`, which is named `name` in errors.
  stream_source(int descriptor, std::string name, char delimiter, int interrupt);
  stream_source(const stream_source&) = delete;
  stream_source& operator=(const stream_source&) = delete;
  ~stream_source() override;

  io_result<reading> next(item_batch&) override;
  std::optional<double> share_read() const override;

 private:
  io_result<reading> fill();
  bool wait_readable() const;
  error failure(int code) const;

  int descriptor_;
  std::string name_;
  char delimiter_;
  int interrupt_;
  bool waits_;              // a regular file is always ready
  std::uint64_t size_ = 0;  // of a regular file, from where reading began
  std::unique_ptr<char[]> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::atomic<std::uint64_t> taken_ = 0;  // bytes given out; relaxed: a number for the progress line
};

/// Why the first item of a batch with a fault cannot be used, in a sentence that names it.
std::string describe_fault(const item_batch&);

/// Makes jobs of items: numbers them, and puts up to `items_per_job` into one, fewer when they would be
/// longer than `budget` bytes, as xargs does. An item with a fault is a job of its own, so that it fails
/// alone.
class batch_reader {
 public:
  /// The first job has the number after `last_seq`.
  batch_reader(source& from, std::size_t items_per_job, std::size_t budget, std::uint64_t last_seq = 0)
      : from_(from), items_per_job_(items_per_job), budget_(budget), seq_(last_seq) {}

  /// The next job's items into `batch`, whose storage is used again. What an interrupted batch held is
  /// given up. Error: the input cannot be read; what was read before it has been given out.
  io_result<reading> next(item_batch& batch);

 private:
  bool last_may_stay(const item_batch&) const noexcept;
  void carry_last(item_batch&);

  source& from_;
  std::size_t items_per_job_;
  std::size_t budget_;
  std::uint64_t seq_;
  std::uint64_t items_ = 0;         // given out
  item_batch carried_{};            // the item that could not stay in the last batch
  std::optional<error> failure_{};  // of the reading, to be told after the batch it cut short
};

}  // namespace weir::jobs
