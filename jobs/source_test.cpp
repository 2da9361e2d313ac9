#include <jobs/source.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <random>
#include <thread>
#include <utility>

namespace weir::jobs {
namespace {

// A descriptor that reads `text`.
int file_with(std::string_view text) {
  const int fd = ::memfd_create("input", MFD_CLOEXEC);
  EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(::lseek(fd, 0, SEEK_SET), 0);
  return fd;
}

std::vector<std::string> all_items(std::string_view text, char delimiter = '\n') {
  stream_source from(file_with(text), "input", delimiter, -1);
  item_batch batch;
  while (from.next(batch) == reading::got) {
  }
  std::vector<std::string> items;
  for (std::size_t i = 0; i < batch.size(); ++i) items.emplace_back(batch[i]);
  return items;
}

using strings = std::vector<std::string>;

TEST(source, lines_are_items_and_the_last_needs_no_newline) {
  EXPECT_EQ(all_items("a\nb\nc"), (strings{"a", "b", "c"}));
  EXPECT_EQ(all_items("a\nb\n"), (strings{"a", "b"}));
}

TEST(source, an_empty_line_is_an_item_and_an_empty_input_has_none) {
  EXPECT_EQ(all_items("\n\nx\n\n"), (strings{"", "", "x", ""}));
  EXPECT_EQ(all_items(""), strings{});
}

TEST(source, a_carriage_return_and_bytes_that_are_no_utf8_are_kept) {
  EXPECT_EQ(all_items("a\r\n\xff\xfe\n"), (strings{"a\r", "\xff\xfe"}));
}

TEST(source, another_delimiter_leaves_newlines_alone) {
  EXPECT_EQ(all_items("a\nb,c", ','), (strings{"a\nb", "c"}));
  EXPECT_EQ(all_items(std::string_view("a\nb\0c\0", 6), '\0'), (strings{"a\nb", "c"}));
}

TEST(source, a_nul_in_a_line_is_a_fault_of_that_item_only) {
  stream_source from(file_with(std::string_view("a\0b\nc\n", 6)), "input", '\n', -1);
  batch_reader jobs(from, 1, 1 << 20);
  item_batch batch;
  EXPECT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.fault, item_fault::holds_nul);
  EXPECT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.fault, item_fault::none);
  EXPECT_EQ(batch[0], "c");
}

TEST(source, of_a_very_long_line_the_beginning_is_kept_and_the_next_line_is_whole) {
  const std::string text = std::string(5'000'000, 'x') + "\nnext\n";
  stream_source from(file_with(text), "input", '\n', -1);
  batch_reader jobs(from, 1, 1 << 20);
  item_batch batch;
  EXPECT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.fault, item_fault::too_long);
  EXPECT_EQ(batch[0].size(), longest_item);
  EXPECT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch[0], "next");
  EXPECT_EQ(batch.fault, item_fault::none);
}

TEST(source, an_item_of_exactly_the_longest_length_is_whole) {
  stream_source from(file_with(std::string(longest_item, 'x')), "input", '\n', -1);
  item_batch batch;
  EXPECT_EQ(*from.next(batch), reading::got);
  EXPECT_EQ(batch.fault, item_fault::none);
}

TEST(source, splitting_does_not_depend_on_where_the_pieces_end) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  strings expected;
  std::string text;
  while (text.size() < 400'000) {
    expected.emplace_back(random() % 3 == 0 ? random() % 30'000 : random() % 40,
                          static_cast<char>('a' + random() % 26));
    text += expected.back() + "\n";
  }
  EXPECT_EQ(all_items(text), expected);
}

TEST(source, share_read_grows_from_nothing_to_all_of_a_file) {
  stream_source from(file_with("a\nb\n"), "input", '\n', -1);
  item_batch batch;
  EXPECT_EQ(from.share_read(), 0.0);
  EXPECT_EQ(*from.next(batch), reading::got);
  EXPECT_EQ(from.share_read(), 0.5);
  EXPECT_EQ(*from.next(batch), reading::got);
  EXPECT_EQ(from.share_read(), 1.0);
}

TEST(source, waiting_for_a_silent_pipe_can_be_interrupted) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const int interrupt = ::eventfd(0, EFD_CLOEXEC);
  stream_source from(ends[0], "input", '\n', interrupt);
  ASSERT_EQ(::write(ends[1], "begun", 5), 5);
  std::jthread stopper([&] {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(interrupt, &one, sizeof one), 8);
  });
  item_batch batch;
  EXPECT_EQ(*from.next(batch), reading::interrupted);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.bytes.empty()) << "what was read of the item is given up";
  stopper.join();
  ::close(ends[1]);
  ::close(interrupt);
}

TEST(source, what_cannot_be_read_is_named) {
  const auto missing = stream_source::open("/nonexistent/list", '\n', -1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().detail, "cannot read '/nonexistent/list': No such file or directory");
  const auto folder = stream_source::open("/", '\n', -1);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().detail, "cannot read '/': Is a directory");
}

TEST(source, batches_take_n_items_and_the_last_what_is_left) {
  word_source from({"a", "b", "c"});
  batch_reader jobs(from, 2, 1 << 20);
  item_batch batch;
  ASSERT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.joined(), "a b");
  EXPECT_EQ(batch.seq, 1u);
  EXPECT_EQ(batch.cost(), 2u);
  ASSERT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.joined(), "c");
  EXPECT_EQ(batch.seq, 2u);
  EXPECT_EQ(*jobs.next(batch), reading::end);
  EXPECT_EQ(from.share_read(), 1.0);
}

TEST(source, a_batch_never_grows_beyond_its_budget_and_loses_nothing_by_it) {
  EXPECT_TRUE(rc::check("items come out as they went in", [](std::vector<std::string> words) {
    for (std::string& w : words) std::erase(w, '\0');
    word_source from(words);
    constexpr std::size_t budget = 64;
    batch_reader jobs(from, 4, budget);
    strings out;
    item_batch batch;
    while (jobs.next(batch) == reading::got) {
      RC_ASSERT(batch.size() >= 1u);
      RC_ASSERT(batch.size() <= 4u);
      RC_ASSERT(batch.size() == 1u || batch.bytes.size() + batch.size() * sizeof(char*) <= budget);
      for (std::size_t i = 0; i < batch.size(); ++i) out.emplace_back(batch[i]);
    }
    RC_ASSERT(out == words);
  }));
}

TEST(source, a_fault_stays_with_the_batch_of_its_item) {
  const std::string text = std::string(40, 'a') + "\n" + std::string(40, 'b') + std::string(1, '\0') + "\n";
  stream_source from(file_with(text), "input", '\n', -1);
  batch_reader jobs(from, 2, 64);
  item_batch batch;
  ASSERT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.fault, item_fault::none);
  ASSERT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.fault, item_fault::holds_nul);
}

TEST(source, an_item_with_a_fault_is_a_job_of_its_own_wherever_it_stands_in_a_batch) {
  constexpr std::string_view text("a\nb\0c\nd\ne\n\0\n", 12);
  stream_source from(file_with(text), "input", '\n', -1);
  batch_reader jobs(from, 3, 1 << 20);
  item_batch batch;
  strings seen;
  while (jobs.next(batch) == reading::got) {
    const bool usable = batch.fault == item_fault::none;
    seen.push_back(std::to_string(batch.seq) + ": " + (usable ? batch.joined() : describe_fault(batch)));
  }
  const std::string why = " holds a NUL byte, which no argument can; use -0 where NUL separates items";
  EXPECT_EQ(seen, (strings{"1: a", "2: item 2" + why, "3: d e", "4: item 5" + why}));
}

// Gives one item, then cannot be read.
class breaking_source final : public source {
 public:
  io_result<reading> next(item_batch& batch) override {
    if (std::exchange(broken_, true)) return std::unexpected(error(std::errc::io_error, "cannot read x"));
    batch.push("a");
    return reading::got;
  }

 private:
  bool broken_ = false;
};

TEST(source, what_was_read_before_an_error_is_given_out_and_then_the_error) {
  breaking_source from;
  batch_reader jobs(from, 3, 1 << 20);
  item_batch batch;
  ASSERT_EQ(*jobs.next(batch), reading::got);
  EXPECT_EQ(batch.joined(), "a");
  const auto failed = jobs.next(batch);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().detail, "cannot read x");
}

}  // namespace
}  // namespace weir::jobs
