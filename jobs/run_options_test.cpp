#include <jobs/run_options.hpp>

#include <weir/base/hardware.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdio>
#include <fstream>

namespace weir::jobs {
namespace {

using std::chrono::milliseconds;

template <class T>
std::string refusal(const io_result<T>& result) {
  return result ? "accepted" : result.error().detail;
}

// A file of its own that goes with the test.
struct text_file {
  explicit text_file(std::string_view text) {
    const int fd = ::mkstemp(path.data());
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fd);
  }
  ~text_file() { std::remove(path.c_str()); }
  std::string path = testing::TempDir() + "/weir-workers-XXXXXX";
};

TEST(run_options, workers_are_a_number_or_one_a_core) {
  EXPECT_EQ(parse_workers("8"), worker_choice{8});
  EXPECT_EQ(parse_workers("auto"), worker_choice{hardware()});
}

TEST(run_options, no_workers_is_refused_with_a_remedy) {
  EXPECT_EQ(refusal(parse_workers("0")),
            "0 workers would run nothing; use 1 or more, or auto for one a core");
  EXPECT_EQ(refusal(parse_workers("-1")),
            "'-1' is no number of workers; use a whole number such as 4, a range such as 2..8, or auto");
  EXPECT_EQ(refusal(parse_workers("1e3")),
            "'1e3' is neither a number, nor auto, nor a file that can be read; use 4, say");
}

TEST(run_options, four_jobs_may_wait_for_each_worker_unless_told) {
  EXPECT_EQ(queue_of({.workers = {3}}), 12U);
  EXPECT_EQ(queue_of({.workers = {3}, .queue = 5}), 5U);
}

TEST(run_options, every_delimiter_is_written_as_it_is_read) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(parse_delimiter(delimiter_text(c)), c) << byte;
  }
  EXPECT_EQ(delimiter_text('\n'), "\\n");
  EXPECT_EQ(delimiter_text(','), ",");
}

TEST(run_options, a_range_of_workers_scales_between_its_ends) {
  EXPECT_EQ(parse_workers("2..8"), (worker_choice{.count = 8, .least = 2}));
  EXPECT_EQ(parse_workers("3..3"), (worker_choice{.count = 3, .least = 3}));
  EXPECT_EQ(refusal(parse_workers("8..2")), "'8..2' goes down; use 2..8");
  EXPECT_EQ(refusal(parse_workers("0..2")),
            "0 workers would run nothing; use 1 or more, or auto for one a core");
  for (const char* bad : {"..", "2..", "..2", "1..2..3", "1...2", "-1..2"})
    EXPECT_NE(refusal(parse_workers(bad)).find("a range such as 2..8"), std::string::npos) << bad;
}

TEST(run_options, the_smaller_of_workers_and_limit_wins) {
  run_options o;
  EXPECT_EQ(workers_of(o).most, hardware());
  o.limit = limit_choice{.most = 5};
  EXPECT_EQ(workers_of(o).most, 5u) << "without -j the limit decides";
  o.workers = {.count = 8, .least = 2};
  EXPECT_EQ(workers_of(o).most, 5u);
  EXPECT_EQ(workers_of(o).least, 2u);
  o.workers = {.count = 3};
  EXPECT_EQ(workers_of(o).most, 3u);
  o.shadow = true;
  o.workers = {.count = 8};
  EXPECT_EQ(workers_of(o).most, 8u) << "a shadow limits nothing";
  o = run_options{.limit = limit_choice{.adaptive = true}};
  EXPECT_EQ(workers_of(o).most, 8 * hardware());
}

TEST(run_options, options_that_need_another_one_say_which) {
  EXPECT_TRUE(check_control({}));
  EXPECT_NE(refusal(check_control({.backoff = control::backoff_options{}})).find("--retries 3"),
            std::string::npos);
  EXPECT_NE(refusal(check_control({.retry_budget = control::retry_budget_options{}})).find("--retries 3"),
            std::string::npos);
  EXPECT_NE(refusal(check_control({.shadow = true})).find("--rate"), std::string::npos);
  run_options o;
  o.lanes.set_lanes(2);
  EXPECT_NE(refusal(check_control(o)).find("--lane urgent=0"), std::string::npos);
  ASSERT_TRUE(o.lanes.add("x=2"));
  EXPECT_NE(refusal(check_control(o)).find("use --lanes 3"), std::string::npos);
}

TEST(run_options, workers_may_stand_in_a_file) {
  const text_file file(" 12\n");
  EXPECT_EQ(parse_workers(file.path), (worker_choice{12, file.path}));
  const text_file bad("many");
  EXPECT_NE(refusal(parse_workers(bad.path)).find("'many' is no number of workers"), std::string::npos);
  const text_file empty("");
  EXPECT_NE(refusal(parse_workers(empty.path)).find("is empty"), std::string::npos);
}

TEST(run_options, counts_name_the_value_and_a_right_one) {
  EXPECT_EQ(parse_count("0", 0, "100"), 0u);
  EXPECT_EQ(refusal(parse_count("-1", 0, "100")), "'-1' is not a whole number of 0 or more; use 100");
  EXPECT_EQ(refusal(parse_count("0", 1, "3")), "'0' is not a whole number of 1 or more; use 3");
  EXPECT_EQ(refusal(parse_count("3x", 1, "3")), "'3x' is not a whole number of 1 or more; use 3");
  EXPECT_EQ(refusal(parse_count("99999999999999999999", 1, "3")),
            "'99999999999999999999' is not a whole number of 1 or more; use 3");
}

TEST(run_options, policies_that_a_run_has_no_use_for_say_why) {
  EXPECT_EQ(parse_on_full("timeout:50ms"), overflow::timeout(milliseconds(50)));
  EXPECT_EQ(parse_on_full("drop_oldest"), overflow::drop_oldest());
  EXPECT_EQ(parse_on_full("spill"), overflow::spill());
  EXPECT_NE(refusal(parse_on_full("evict_lower")).find("lanes"), std::string::npos);
  EXPECT_NE(refusal(parse_on_full("caller_runs")).find("use block"), std::string::npos);
  EXPECT_NE(refusal(parse_on_full("sometimes")).find("sometimes"), std::string::npos);
  for (const char* bad : {"timeout", "timeout:", "timeout:5", "timeouts"}) {
    const std::string why = refusal(parse_on_full(bad));
    EXPECT_TRUE(why.ends_with("use block, timeout:50ms, reject, drop_newest, drop_oldest or spill")) << why;
    for (const char* no : {"caller_runs", "evict"}) EXPECT_EQ(why.find(no), std::string::npos) << why;
  }
}

TEST(run_options, a_load_is_a_number_or_a_share_of_the_processors) {
  EXPECT_EQ(parse_load("2.5"), 2.5);
  EXPECT_EQ(parse_load("50%"), 0.5 * static_cast<double>(hardware()));
  for (const char* bad : {"", "0", "-1", "nan", "inf", "%", "x"}) EXPECT_FALSE(parse_load(bad)) << bad;
}

TEST(run_options, a_delimiter_is_one_byte_however_it_is_written) {
  EXPECT_EQ(parse_delimiter(","), ',');
  EXPECT_EQ(parse_delimiter("\\t"), '\t');
  EXPECT_EQ(parse_delimiter("\\0"), '\0');
  EXPECT_EQ(parse_delimiter("\\x2c"), ',');
  EXPECT_EQ(parse_delimiter("\\\\"), '\\');
  EXPECT_EQ(parse_delimiter("\\"), '\\');
  for (const char* bad : {"", "ab", "\\q", "\\x", "\\x2", "\\xzz", "\xc3\xa9"})
    EXPECT_FALSE(parse_delimiter(bad)) << bad;
}

TEST(run_options, columns_are_separated_by_a_literal_text) {
  EXPECT_EQ(parse_colsep(", "), ", ");
  EXPECT_EQ(parse_colsep("\\t"), "\t");
  EXPECT_EQ(parse_colsep("\\|"), "|");
  EXPECT_FALSE(parse_colsep(""));
}

TEST(run_options, a_halt_rule_says_when_and_after_how_many) {
  EXPECT_EQ(parse_halt("never"), halt_rule{});
  EXPECT_EQ(parse_halt("soon,fail=3"), (halt_rule{halt_rule::kind::soon, 3}));
  EXPECT_EQ(parse_halt("now,fail=1"), (halt_rule{halt_rule::kind::now, 1}));
  for (const char* bad : {"", "now", "soon,fail=0", "now,fail=1x", "later,fail=1", "now,fail=10%"})
    EXPECT_EQ(refusal(parse_halt(bad)),
              "'" + std::string(bad) + "' is no rule; use never, soon,fail=3 or now,fail=1");
}

TEST(run_options, bare_color_and_progress_mean_always) {
  EXPECT_EQ(parse_when(""), when::always);
  EXPECT_EQ(parse_when("auto"), when::automatic);
  EXPECT_EQ(parse_when("never"), when::never);
  EXPECT_FALSE(parse_when("maybe"));
}

TEST(run_options, the_report_is_text_one_object_or_a_table) {
  EXPECT_EQ(parse_format("text"), report_format::text);
  EXPECT_EQ(parse_format("json"), report_format::json);
  EXPECT_EQ(parse_format("jsonl"), report_format::json);
  EXPECT_EQ(parse_format("csv"), report_format::csv);
  EXPECT_EQ(refusal(parse_format("xml")), "'xml' is no format; use text, json, jsonl or csv");
}

TEST(run_options, name_what_the_spill_store_and_a_resumed_run_need) {
  run_options o;
  o.on_full = overflow::spill();
  EXPECT_NE(refusal(check_control(o)).find("--spill-dir DIR"), std::string::npos);
  o.spill_dir = "d";
  EXPECT_TRUE(check_control(o));
  EXPECT_EQ(spilling_of(o)->directory, "d");
  o.spill_max = 1000;
  EXPECT_NE(refusal(check_control(o)).find("--spill-max"), std::string::npos);
  EXPECT_NE(refusal(check_control(o)).find("64K"), std::string::npos);
  EXPECT_EQ(refusal(check_control(o)).find("max_bytes"), std::string::npos) << "no option of the program";
  o.spill_max.reset();
  for (const char* same : {"d", "./d/", "x/../d"}) {
    o.results = same;
    EXPECT_NE(refusal(check_control(o)).find("--results and --spill-dir"), std::string::npos) << same;
  }
  o.results = "d2";
  EXPECT_TRUE(check_control(o));
  o.results.clear();
  o.queue = 0;
  EXPECT_NE(refusal(check_control(o)).find("--queue 1"), std::string::npos);
  o.on_full = overflow::block();
  EXPECT_NE(refusal(check_control(o)).find("add --on-full spill"), std::string::npos);
  EXPECT_FALSE(spilling_of(o));
  o.spill_dir.clear();
  o.resume = true;
  EXPECT_NE(refusal(check_control(o)).find("--resume must know"), std::string::npos);
  o.joblog = "log";
  EXPECT_TRUE(check_control(o));
}

}  // namespace
}  // namespace weir::jobs
