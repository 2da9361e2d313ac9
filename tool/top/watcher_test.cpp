#include <tool/top/watcher.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::tool::top {
namespace {

// A weir that answers what the test says, and remembers what it was asked.
class watching : public ::testing::Test {
 protected:
  watcher with_token() { return {"here:1", "Bearer t", ask()}; }
  watcher without_token() { return {"here:1", std::nullopt, ask()}; }

  exchange ask() {
    return [this](const http::request& r) -> io_result<http::response> {
      asked.push_back(r.method + " " + r.path + (r.query.empty() ? "" : "?" + r.query) + " " +
                      r.authorization);
      if (gone) return std::unexpected(error(std::errc::connection_refused, "Connection refused"));
      return answer;
    };
  }

  http::response answer{.body = R"({"submitted":10,"completed":4,"seconds":1,"pid":7,"state":"running"})"};
  bool gone = false;
  std::vector<std::string> asked;
};

TEST_F(watching, shows_what_it_hears) {
  watcher w = without_token();
  EXPECT_TRUE(w.look());
  ASSERT_TRUE(w.shown().now);
  EXPECT_EQ(w.shown().now->jobs.submitted, 10u);
  EXPECT_FALSE(w.shown().speed);
  EXPECT_EQ(w.shown().trouble, "");
  EXPECT_EQ(asked, std::vector<std::string>{"GET /stats.json "});
}

TEST_F(watching, knows_rates_from_the_second_look_on) {
  watcher w = without_token();
  w.look();
  answer.body = R"({"submitted":10,"completed":8,"seconds":3,"pid":7})";
  w.look();
  ASSERT_TRUE(w.shown().speed);
  EXPECT_EQ(w.shown().speed->completed, 2);
}

TEST_F(watching, says_that_it_lost_the_run_and_finds_it_again) {
  watcher w = without_token();
  w.look();
  gone = true;
  EXPECT_FALSE(w.look());
  EXPECT_EQ(w.shown().trouble, "cannot watch here:1: Connection refused; trying again");
  EXPECT_TRUE(w.shown().now) << "what was known last is still shown";
  EXPECT_FALSE(w.shown().speed);
  gone = false;
  EXPECT_TRUE(w.look());
  EXPECT_EQ(w.shown().trouble, "");
}

TEST_F(watching, says_that_somebody_else_answers) {
  watcher w = without_token();
  answer.body = "<html>";
  EXPECT_FALSE(w.look());
  EXPECT_TRUE(w.shown().trouble.contains("not that of weir's"));
  answer.status = 404;
  EXPECT_FALSE(w.look());
  EXPECT_TRUE(w.shown().trouble.contains("it answers 404"));
}

TEST_F(watching, asks_for_a_change_with_the_token) {
  watcher w = with_token();
  answer.body = R"({"submitted":1,"state":"running"})";
  w.look();
  w.key('p');
  EXPECT_EQ(asked.back(), "POST /pause Bearer t");
  EXPECT_EQ(w.shown().note, "paused");
  w.key('+');
  EXPECT_EQ(asked.back(), "POST /workers?n=+1 Bearer t");
  w.key('-');
  EXPECT_EQ(asked.back(), "POST /workers?n=-1 Bearer t");
  answer.body = R"({"submitted":1,"state":"paused"})";
  w.look();
  w.key('p');
  EXPECT_EQ(asked.back(), "POST /resume Bearer t");
  EXPECT_EQ(w.shown().note, "resumed");
}

TEST_F(watching, without_a_token_says_what_keys_need_and_asks_nothing) {
  watcher w = without_token();
  w.key('p');
  EXPECT_TRUE(w.shown().note.contains("--admin-token-file")) << w.shown().note;
  EXPECT_TRUE(asked.empty());
  EXPECT_FALSE(w.shown().may_change);
}

TEST_F(watching, says_why_a_change_was_refused) {
  watcher w = with_token();
  answer = {.status = 401, .body = "no\n"};
  w.key('p');
  EXPECT_EQ(w.shown().note, "refused: the run has another token");
  answer = {.status = 404, .body = "no\n"};
  w.key('p');
  EXPECT_EQ(w.shown().note, "refused: the run has no --admin-token-file");
  answer = {.status = 409, .body = "the run drains\nand more\n"};
  w.key('+');
  EXPECT_EQ(w.shown().note, "the run drains");
  gone = true;
  w.key('-');
  EXPECT_EQ(w.shown().note, "Connection refused");
}

TEST_F(watching, knows_no_other_keys) {
  watcher w = with_token();
  for (const int key : {int{'x'}, int{' '}, int{'P'}, 0, -1, 0x1b, 1000}) w.key(key);
  EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace weir::tool::top
