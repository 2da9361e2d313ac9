#include <jobs/output_testing.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

TEST_F(output, of_a_job_is_printed_whole_when_it_has_ended) {
  printer all(options);
  job_output first(all);
  job_output second(all);
  ASSERT_TRUE(first.begin(1, "a"));
  ASSERT_TRUE(second.begin(2, "b"));
  ASSERT_TRUE(first.write(stream::out, "first 1\n"));
  ASSERT_TRUE(second.write(stream::out, "second 1\n"));
  ASSERT_TRUE(first.write(stream::out, "first 2\n"));
  EXPECT_EQ(out(), "");
  ASSERT_TRUE(second.finish(success));
  EXPECT_EQ(out(), "second 1\n");
  ASSERT_TRUE(first.finish(success));
  EXPECT_EQ(out(), "second 1\nfirst 1\nfirst 2\n");
}

TEST_F(output, is_byte_exact_also_without_a_last_newline_and_with_zeros) {
  printer all(options);
  job_output job(all);
  print(job, 1, "a", std::string_view("no newline\0\xff", 12));
  print(job, 2, "b", "|next");
  EXPECT_EQ(out(), std::string("no newline\0\xff", 12) + "|next");
}

TEST_F(output, keeps_standard_error_apart) {
  printer all(options);
  job_output job(all);
  ASSERT_TRUE(job.begin(1, "a"));
  ASSERT_TRUE(job.write(stream::err, "to err\n"));
  ASSERT_TRUE(job.write(stream::out, "to out\n"));
  ASSERT_TRUE(job.finish(success));
  EXPECT_EQ(out(), "to out\n");
  EXPECT_EQ(err(), "to err\n");
}

TEST_F(output, of_all_attempts_but_the_last_is_thrown_away) {
  for (const print_mode mode : {print_mode::whole, print_mode::lines, print_mode::results}) {
    options.mode = mode;
    printer all(options);
    job_output job(all);
    ASSERT_TRUE(job.begin(1, "a", job_output::attempt::may_be_repeated));
    ASSERT_TRUE(job.write(stream::out, std::string(3 << 20, 'x') + "\n"));
    ASSERT_TRUE(job.begin(1, "a", job_output::attempt::last));
    ASSERT_TRUE(job.write(stream::out, "good\n"));
    ASSERT_TRUE(job.finish(success));
  }
  EXPECT_EQ(out(), "good\ngood\n");
  EXPECT_EQ(content(place / "results/1/stdout"), "good\n");
}

TEST_F(output, of_a_fast_large_job_comes_while_it_runs_and_others_wait_for_it) {
  printer all(options);
  job_output large(all);
  job_output small(all);
  ASSERT_TRUE(large.begin(1, "large"));
  const std::string block(std::size_t{1} << 20, 'x');
  ASSERT_TRUE(large.write(stream::out, block));
  EXPECT_EQ(std::filesystem::file_size(place / "out"), 0U);
  ASSERT_TRUE(large.write(stream::out, block));
  EXPECT_EQ(std::filesystem::file_size(place / "out"), 2 * block.size());
  print(small, 2, "small", "small\n");
  ASSERT_TRUE(large.write(stream::out, "end\n"));
  ASSERT_TRUE(large.finish(success));
  EXPECT_EQ(out(), block + block + "end\nsmall\n");
}

TEST_F(output, of_two_large_jobs_is_never_mixed) {
  printer all(options);
  job_output a(all);
  job_output b(all);
  ASSERT_TRUE(a.begin(1, "a"));
  ASSERT_TRUE(b.begin(2, "b"));
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(a.write(stream::out, std::string(100'000, 'a')));
    ASSERT_TRUE(b.write(stream::out, std::string(100'000, 'b')));
  }
  ASSERT_TRUE(b.finish(success));
  ASSERT_TRUE(a.finish(success));
  EXPECT_EQ(out(), std::string(4'000'000, 'a') + std::string(4'000'000, 'b'));
}

TEST_F(output, of_many_workers_is_never_mixed) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int workers = 8;
  constexpr int jobs = 60;
  {
    printer all(options);
    std::vector<std::thread> threads;
    for (int w = 0; w < workers; ++w) {
      threads.emplace_back([&, w] {
        std::mt19937 random(seed + static_cast<unsigned>(w));
        job_output job(all);
        for (int j = 0; j < jobs; ++j) {
          const auto seq = static_cast<std::uint64_t>(w * jobs + j + 1);
          (void)job.begin(seq, "item");
          const std::string line = std::to_string(seq) + "\n";
          for (unsigned n = static_cast<unsigned>(random() % 50) + 1; n > 0; --n)
            (void)job.write(stream::out, line);
          if (random() % 20 == 0) {
            std::string block;
            while (block.size() < 60'000) block += line;
            for (int n = 0; n < 40; ++n) (void)job.write(stream::out, block);
          }
          (void)job.finish(success);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::istringstream lines(out());
  std::vector<bool> seen(workers * jobs + 1, false);
  std::string previous;
  int runs = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line == previous) continue;
    previous = line;
    const auto seq = static_cast<std::size_t>(std::stoi(line));
    ASSERT_FALSE(seen[seq]) << "the output of job " << seq << " is in two pieces";
    seen[seq] = true;
    ++runs;
  }
  EXPECT_EQ(runs, workers * jobs);
}

TEST_F(output, in_order_comes_by_number_whatever_ends_first) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  options.keep_order = true;
  constexpr std::uint64_t jobs = 2000;
  std::string expected;
  for (std::uint64_t seq = 1; seq <= jobs; ++seq) {
    if (seq % 7 != 0) expected += std::to_string(seq) + "\n";
  }
  {
    printer all(options);
    std::atomic<std::uint64_t> next{1};
    std::vector<std::thread> threads;
    for (unsigned w = 0; w < 4; ++w) {
      threads.emplace_back([&, w] {
        std::mt19937 random(seed + w);
        job_output job(all);
        for (std::uint64_t seq; (seq = next.fetch_add(1)) <= jobs;) {
          if (!all.wait_for_room(seq)) ADD_FAILURE();
          if (seq % 7 == 0) {
            all.skip(seq);
            continue;
          }
          (void)job.begin(seq, "item");
          for (unsigned n = static_cast<unsigned>(random() % 5); n > 0; --n) std::this_thread::yield();
          (void)job.write(stream::out, std::to_string(seq));
          (void)job.write(stream::out, "\n");
          (void)job.finish(success);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    all.finish();
  }
  EXPECT_EQ(out(), expected);
}

TEST_F(output, in_order_comes_at_once_from_the_job_that_all_wait_for) {
  options.keep_order = true;
  printer all(options);
  job_output first(all);
  job_output second(all);
  ASSERT_TRUE(first.begin(1, "a"));
  ASSERT_TRUE(second.begin(2, "b"));
  ASSERT_TRUE(second.write(stream::out, "second\n"));
  ASSERT_TRUE(second.finish(success));
  ASSERT_TRUE(first.write(stream::out, "first "));
  EXPECT_EQ(out(), "first ");
  ASSERT_TRUE(first.write(stream::out, "still\n"));
  ASSERT_TRUE(first.finish(success));
  EXPECT_EQ(out(), "first still\nsecond\n");
}

TEST_F(output, in_order_goes_on_past_millions_of_lost_jobs) {
  options.keep_order = true;
  printer all(options);
  job_output job(all);
  constexpr std::uint64_t last = 3'000'001;
  print(job, last, "last", "last\n");
  for (std::uint64_t seq = 2; seq < last; ++seq) all.skip(seq);
  EXPECT_EQ(out(), "");
  print(job, 1, "first", "first\n");
  EXPECT_EQ(out(), "first\nlast\n");
}

TEST_F(output, in_order_prints_what_is_left_at_the_end_in_spite_of_gaps) {
  options.keep_order = true;
  printer all(options);
  job_output job(all);
  print(job, 9, "nine", "nine\n");
  print(job, 5, "five", "five\n");
  all.finish();
  EXPECT_EQ(out(), "five\nnine\n");
}

TEST_F(output, that_waits_is_bounded_and_only_the_job_waited_for_may_start) {
  options.keep_order = true;
  printer all(options);
  job_output job(all);
  const std::string text(200'000, 'x');
  std::stop_source stop;
  stop.request_stop();
  std::uint64_t seq = 2;
  while (all.wait_for_room(seq, stop.get_token())) {
    print(job, seq++, "waits", text);
    ASSERT_LT(seq, 10'000U);
  }
  EXPECT_GT(seq, 100U) << "files are used before workers are held back";
  EXPECT_TRUE(all.wait_for_room(1, stop.get_token()));
  print(job, 1, "first", "");
  EXPECT_TRUE(all.wait_for_room(seq, stop.get_token()));
  EXPECT_EQ(std::filesystem::file_size(place / "out"), (seq - 2) * text.size());
}

TEST_F(output, wakes_a_worker_that_was_held_back) {
  options.keep_order = true;
  printer all(options);
  job_output job(all);
  std::uint64_t seq = 2;
  std::stop_source stopped;
  stopped.request_stop();
  while (all.wait_for_room(seq, stopped.get_token())) print(job, seq++, "waits", "");
  std::thread held([&] { EXPECT_TRUE(all.wait_for_room(seq)); });
  print(job, 1, "first", "first\n");
  held.join();
}

TEST_F(output, has_the_item_before_each_line_with_tag) {
  options.tag = true;
  printer all(options);
  job_output job(all);
  print(job, 1, "one", "a\n\nb");
  print(job, 2, "two", "c\n");
  EXPECT_EQ(out(), "one\ta\none\t\none\tb\ntwo\tc\n");
}

TEST_F(output, has_its_tags_also_when_it_was_in_a_file) {
  options.tag = true;
  printer all(options);
  job_output job(all);
  ASSERT_TRUE(job.begin(1, "t", job_output::attempt::may_be_repeated));
  std::string expected;
  for (int i = 0; i < 300'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    ASSERT_TRUE(job.write(stream::out, line));
    expected += "t\t" + line;
  }
  ASSERT_TRUE(job.finish(success));
  EXPECT_TRUE(out() == expected);
}

TEST_F(output, by_lines_comes_as_soon_as_a_line_is_whole) {
  options.mode = print_mode::lines;
  printer all(options);
  job_output first(all);
  job_output second(all);
  ASSERT_TRUE(first.begin(1, "a"));
  ASSERT_TRUE(second.begin(2, "b"));
  ASSERT_TRUE(first.write(stream::out, "one, two "));
  ASSERT_TRUE(second.write(stream::out, "second\nhalf"));
  EXPECT_EQ(out(), "second\n");
  ASSERT_TRUE(first.write(stream::out, "three\nfour"));
  EXPECT_EQ(out(), "second\none, two three\n");
  ASSERT_TRUE(second.finish(success));
  ASSERT_TRUE(first.finish(success));
  EXPECT_EQ(out(), "second\none, two three\nhalf\nfour\n");
}

TEST_F(output, by_lines_of_many_workers_breaks_no_line) {
  options.mode = print_mode::lines;
  options.tag = true;
  {
    printer all(options);
    std::vector<std::thread> threads;
    for (unsigned w = 0; w < 6; ++w) {
      threads.emplace_back([&, w] {
        job_output job(all);
        const std::string name(w + 1, static_cast<char>('a' + w));
        (void)job.begin(w + 1, name);
        for (int i = 0; i < 500; ++i) {
          (void)job.write(stream::out, name);
          (void)job.write(stream::out, name + "\n" + name);
          (void)job.write(stream::out, "\n");
        }
        (void)job.finish(success);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::istringstream lines(out());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const std::string name = line.substr(0, line.find('\t'));
    ASSERT_EQ(name, std::string(name.size(), static_cast<char>('a' + name.size() - 1)));
    const std::string rest = line.substr(name.size() + 1);
    ASSERT_TRUE(rest == name || rest == name + name) << line;
  }
  EXPECT_EQ(count, 6 * 1000);
}

TEST_F(output, by_lines_keeps_a_line_of_many_megabytes_whole) {
  options.mode = print_mode::lines;
  printer all(options);
  job_output first(all);
  job_output second(all);
  ASSERT_TRUE(first.begin(1, "a"));
  ASSERT_TRUE(second.begin(2, "b"));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(first.write(stream::out, std::string(100'000, 'a')));
    ASSERT_TRUE(second.write(stream::out, "b\n"));
  }
  ASSERT_TRUE(first.write(stream::out, "\n"));
  ASSERT_TRUE(first.finish(success));
  ASSERT_TRUE(second.finish(success));
  std::string expected;
  for (int i = 0; i < 50; ++i) expected += "b\n";
  EXPECT_EQ(out(), expected + std::string(5'000'000, 'a') + "\n");
}

TEST_F(output, announces_itself_before_it_prints) {
  int calls = 0;
  options.before_print = [&] {
    EXPECT_EQ(out().size(), static_cast<std::size_t>(calls) * 5);
    ++calls;
  };
  printer all(options);
  job_output job(all);
  print(job, 1, "a", "text\n");
  print(job, 2, "b", "");
  print(job, 3, "c", "text\n");
  EXPECT_EQ(calls, 2);
}

TEST_F(output, says_when_it_has_printed_and_whether_the_terminal_stands_inside_a_line) {
  const int keyboard = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_EQ(::grantpt(keyboard), 0);
  ASSERT_EQ(::unlockpt(keyboard), 0);
  const int screen = ::open(::ptsname(keyboard), O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::vector<bool> told;
  options.out = screen;
  options.after_print = [&](bool inside_line) { told.push_back(inside_line); };
  {
    printer all(options);
    job_output job(all);
    print(job, 1, "a", "text\n");
    print(job, 2, "b", "text");
    print(job, 3, "c", "");
  }
  EXPECT_EQ(told, (std::vector<bool>{false, true}));
  ::close(screen);
  ::close(keyboard);
}

/// Runs `jobs` real jobs on four workers; each is the words of `argv` and its number.
void run_jobs(printer& all, std::uint64_t jobs, const char* script) {
  const auto shared = launcher::make(nullptr).value();
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> next{1};
  for (unsigned w = 1; w <= 4; ++w) {
    threads.emplace_back([&, w] {
      process_slot slot(*shared, w);
      job_output job(all);
      for (std::uint64_t seq; (seq = next.fetch_add(1)) <= jobs;) {
        const std::string item = std::to_string(seq);
        const char* argv[] = {"/bin/sh", "-c", script, "sh", item.c_str(), nullptr};
        process_request request;
        request.argv = argv;
        (void)job.begin(seq, item);
        const auto result = slot.run(request, job);
        if (!result.succeeded() || !job.finish(result)) ADD_FAILURE() << seq;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.finish();
}

/// How many lines, and how many stretches of equal ones.
std::pair<std::size_t, std::size_t> lines_and_stretches(const std::string& text) {
  std::istringstream lines(text);
  std::string previous;
  std::pair<std::size_t, std::size_t> counts{0, 0};
  for (std::string line; std::getline(lines, line); ++counts.first) {
    if (line != previous) ++counts.second;
    previous = line;
  }
  return counts;
}

TEST_F(output, of_real_jobs_is_whole) {
  printer all(options);
  run_jobs(all, 40, "yes $1 | head -n 20000");
  EXPECT_EQ(lines_and_stretches(out()), std::pair(std::size_t{40} * 20'000, std::size_t{40}));
}

// 60 bytes a line.
constexpr const char* three_megabytes =
    "yes $1.........................................................9 | head -n 50000";

TEST_F(output, of_large_real_jobs_is_whole_and_in_order_in_a_file_and_through_a_pipe) {
  for (const bool keep_order : {false, true}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    std::string text;
    std::thread reader([&] {
      std::vector<char> block(100'000);
      for (ssize_t n; (n = ::read(ends[0], block.data(), block.size())) > 0;) {
        text.append(block.data(), static_cast<std::size_t>(n));
      }
    });
    output_options through_pipe = options;
    through_pipe.keep_order = keep_order;
    through_pipe.out = ends[1];
    {
      printer all(through_pipe);
      run_jobs(all, 8, three_megabytes);
    }
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    EXPECT_EQ(lines_and_stretches(text), std::pair(std::size_t{8} * 50'000, std::size_t{8}));
    if (keep_order) {
      EXPECT_EQ(text.front(), '1');
      EXPECT_EQ(text[text.rfind('\n', text.size() - 2) + 1], '8');
    }
  }
  printer all(options);
  run_jobs(all, 8, three_megabytes);
  EXPECT_EQ(lines_and_stretches(out()), std::pair(std::size_t{8} * 50'000, std::size_t{8}));
}

}  // namespace
}  // namespace weir::jobs
