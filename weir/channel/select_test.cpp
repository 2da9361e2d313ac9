// Selects that find something ready: which case runs, what its handler gets, and what the others feel
// (nothing).
#include <weir/channel/select.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto ignore = [](auto&&...) {};
constexpr auto never_runs = [](auto&&...) { ADD_FAILURE() << "this case must not run"; };

std::stop_token stopped() {
  std::stop_source s;
  s.request_stop();
  return s.get_token();
}

template <class... Cases>
concept selectable = requires(Cases... cases) { select(std::move(cases)...); };
template <class... Cases>
concept first_selectable = requires(Cases... cases) { select_first(std::move(cases)...); };
using nothing_ready = decltype(otherwise([] {}));
using time_passes = decltype(on_timeout(1s, [] {}));

static_assert(!selectable<> && !first_selectable<>, "a select without a case would wait for ever");
static_assert(selectable<nothing_ready> && selectable<nothing_ready, time_passes>);
static_assert(!selectable<nothing_ready, nothing_ready>, "two otherwise");
static_assert(!first_selectable<nothing_ready, time_passes, nothing_ready>);
static_assert(!selectable<int>);
static_assert(std::is_nothrow_move_constructible_v<any_case> && !std::is_copy_constructible_v<any_case>);

TEST(select, runs_the_only_ready_case_and_returns_its_index) {
  channel<int> empty(1);
  channel<int> one(1);
  ASSERT_TRUE(one.send(7));
  int got = 0;
  EXPECT_EQ(select(on_receive(empty, never_runs), on_receive(one, [&](result<int> r) { got = r.value(); })),
            1u);
  EXPECT_EQ(got, 7);
  EXPECT_EQ(one.size(), 0u);
}

TEST(select, sends_and_receives_mix) {
  channel<int> empty(1);
  channel<std::string> room(1);
  EXPECT_EQ(select(on_receive(empty, never_runs), on_send(room, "x", [](result<> r) { EXPECT_TRUE(r); })),
            1u);
  EXPECT_EQ(room.receive(), "x");
}

TEST(select, a_closed_channel_is_ready_with_closed) {
  channel<int> ch(1);
  ch.close();
  std::optional<errc> why;
  EXPECT_EQ(select(on_receive(ch, [&](result<int> r) { why = r.error(); }), otherwise(never_runs)), 0u);
  EXPECT_EQ(why, errc::closed);
  auto mine = std::make_unique<int>(1);
  channel<std::unique_ptr<int>> other(1);
  other.close();
  EXPECT_EQ(
      select(on_send(other, std::move(mine), [&](result<> r) { why = r.error(); }), otherwise(never_runs)),
      0u);
  EXPECT_TRUE(mine);
}

TEST(select, a_closed_channel_is_drained_before_it_tells) {
  channel<int> ch(2);
  ASSERT_TRUE(ch.send(1));
  ch.close();
  std::vector<bool> values;
  for (int i = 0; i < 2; ++i) select(on_receive(ch, [&](result<int> r) { values.push_back(r.has_value()); }));
  EXPECT_EQ(values, (std::vector{true, false}));
}

TEST(select, otherwise_runs_when_nothing_is_ready) {
  channel<int> empty(1);
  channel<int> rendezvous(0);
  EXPECT_EQ(select(on_receive(empty, never_runs), on_send(rendezvous, 1, never_runs), otherwise(ignore)), 2u);
  EXPECT_EQ(select(otherwise(ignore), on_receive(empty, never_runs)), 0u);
  EXPECT_EQ(select(otherwise(ignore)), 0u);
  EXPECT_EQ(empty.stats().waiting_receivers, 0u);
}

TEST(select, stop_and_timeout_count_only_when_no_channel_is_ready) {
  channel<int> ch(1);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(ch.send(1));
    EXPECT_EQ(select(on_stop(stopped(), never_runs), on_timeout(0s, never_runs), on_receive(ch, ignore)), 2u);
  }
}

TEST(select, stop_comes_before_timeout_before_otherwise) {
  channel<int> ch(1);
  EXPECT_EQ(select(otherwise(never_runs), on_timeout(0s, never_runs), on_stop(stopped(), ignore)), 2u);
  EXPECT_EQ(select(otherwise(never_runs), on_timeout(-1s, ignore), on_receive(ch, never_runs)), 1u);
  EXPECT_EQ(select(otherwise(ignore), on_timeout(1h, never_runs), on_stop({}, never_runs)), 0u);
  EXPECT_EQ(select_first(otherwise(never_runs), on_timeout(0s, never_runs), on_stop(stopped(), ignore)), 2u);
}

TEST(select, the_earliest_timeout_runs) {
  channel<int> ch(1);
  EXPECT_EQ(select(on_timeout(1h, never_runs), on_timeout(2ms, ignore), on_receive(ch, never_runs)), 1u);
  EXPECT_EQ(select(on_timeout(1ms, ignore), on_timeout(1ms, never_runs)), 0u);
  EXPECT_EQ(select(on_timeout(duration::max(), never_runs), on_timeout(duration::min(), ignore)), 1u);
}

TEST(select_first, takes_the_first_ready_case_in_the_order_written) {
  channel<int> a(1);
  channel<int> b(1);
  channel<int> c(1);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(b.try_send(1));
    ASSERT_TRUE(c.try_send(2));
    EXPECT_EQ(select_first(on_receive(a, never_runs), on_receive(b, ignore), on_receive(c, never_runs)), 1u);
    ASSERT_TRUE(c.try_receive());
  }
}

TEST(select_first, on_stop_stands_where_it_is_written) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(1));
  EXPECT_EQ(select_first(on_stop(stopped(), ignore), on_receive(ch, never_runs)), 0u);
  EXPECT_EQ(ch.size(), 1u);
  EXPECT_EQ(select_first(on_receive(ch, ignore), on_stop(stopped(), never_runs)), 0u);
  EXPECT_EQ(select_first(on_receive(ch, never_runs), on_stop(stopped(), ignore)), 1u);
  EXPECT_EQ(select_first(on_timeout(0s, never_runs), on_stop(stopped(), ignore), on_receive(ch, never_runs)),
            1u);
  ASSERT_TRUE(ch.send(1));
  EXPECT_EQ(select_first(on_timeout(0s, never_runs), on_receive(ch, ignore)), 1u)
      << "a timeout stands nowhere";
}

TEST(select, ready_cases_are_chosen_at_random) {
  channel<int> a(1);
  channel<int> b(1);
  channel<int> c(4000);
  std::map<std::size_t, int> runs;
  for (int i = 0; i < 3000; ++i) {
    (void)a.try_send(1);
    (void)b.try_send(1);
    ++runs[select(on_receive(a, ignore), on_receive(b, ignore), on_send(c, 1, ignore))];
  }
  for (const std::size_t i : {0u, 1u, 2u}) EXPECT_GT(runs[i], 800) << i;  // 1000 expected, deviation 26
}

TEST(select, twins_on_one_channel_are_each_chosen_in_the_end) {
  channel<int> ch(1);
  std::map<std::size_t, int> runs;
  for (int i = 0; i < 2500; ++i) {
    ASSERT_TRUE(ch.send(i));
    ++runs[select(on_receive(ch, ignore), on_receive(ch, ignore), on_receive(ch, ignore),
                  on_receive(ch, ignore), on_receive(ch, ignore))];
  }
  for (const std::size_t i : {0u, 1u, 2u, 3u, 4u})
    EXPECT_GT(runs[i], 350) << i;  // 500 expected, deviation 20
}

TEST(select, a_channel_with_room_and_values_is_ready_both_ways) {
  channel<int> ch(2);
  std::map<std::size_t, int> runs;
  ASSERT_TRUE(ch.send(0));
  for (int i = 0; i < 1000; ++i) {
    ++runs[select(on_send(ch, 1, ignore), on_receive(ch, ignore))];
    if (ch.size() == 0) {
      ASSERT_TRUE(ch.send(0));
    }
    if (ch.size() == 2) {
      ASSERT_TRUE(ch.receive());
    }
  }
  EXPECT_GT(runs[0], 300);
  EXPECT_GT(runs[1], 300);
}

TEST(select, never_pairs_with_itself) {
  channel<int> rendezvous(0);
  EXPECT_EQ(select(on_send(rendezvous, 1, never_runs), on_receive(rendezvous, never_runs), otherwise(ignore)),
            2u);
  EXPECT_EQ(
      select(on_send(rendezvous, 1, never_runs), on_receive(rendezvous, never_runs), on_timeout(2ms, ignore)),
      2u);
  EXPECT_EQ(select_first(on_receive(rendezvous, never_runs), on_send(rendezvous, 1, never_runs),
                         on_timeout(2ms, ignore)),
            2u);
}

TEST(select, a_handler_may_throw_and_its_operation_has_happened) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(1));
  EXPECT_THROW(select(on_receive(ch, [](auto) { throw std::runtime_error("no"); })), std::runtime_error);
  EXPECT_EQ(ch.size(), 0u);
  EXPECT_THROW(select(on_send(ch, 2, [](auto) { throw 1; })), int);
  EXPECT_EQ(ch.receive(), 2);
  EXPECT_THROW(select(on_timeout(1ms, [] { throw 1; }), on_receive(ch, never_runs)), int);
  EXPECT_EQ(ch.stats().waiting_receivers, 0u);
  EXPECT_THROW(select(otherwise([] { throw 1; })), int);
}

TEST(select, a_handler_may_select_on_the_same_channels) {
  channel<int> ch(2);
  ASSERT_TRUE(ch.send(1));
  int depth = 0;
  select(on_receive(ch, [&](auto) {
    select(on_send(ch, 5, [&](auto) { select(on_receive(ch, [&](result<int> r) { depth = r.value(); })); }));
  }));
  EXPECT_EQ(depth, 5);
}

TEST(select, a_lvalue_is_copied_and_an_rvalue_moved_only_if_its_case_ran) {
  channel<std::string> full(1);
  channel<std::string> room(1);
  ASSERT_TRUE(full.send("x"));
  const std::string kept = "a value that stays with the one who wrote it";
  std::string a = kept;
  std::string b = kept;
  select(on_send(full, std::move(a), never_runs), on_send(room, std::move(b), ignore));
  EXPECT_EQ(a, kept);
  EXPECT_NE(b, kept);
  EXPECT_EQ(room.receive(), kept);
  select(on_send(room, kept, ignore));
  EXPECT_EQ(room.receive(), kept);
}

TEST(select, takes_ends) {
  auto [tx, rx] = make_channel<int>(1);
  const int four = 4;
  EXPECT_EQ(select(on_receive(rx, never_runs), on_send(tx, 3, ignore)), 1u);
  EXPECT_EQ(select(on_receive(rx, [](result<int> r) { EXPECT_EQ(r, 3); })), 0u);
  EXPECT_EQ(select(on_send(tx, four, ignore), otherwise(never_runs)), 0u);
  {
    const auto gone = std::move(rx);
  }
  EXPECT_EQ(select(on_send(tx, 5, [](result<> r) { EXPECT_EQ(r.error(), errc::closed); })), 0u);
}

TEST(select, takes_cases_by_name) {
  channel<int> ch(1);
  auto receive = on_receive(ch, never_runs);
  auto give_up = otherwise(ignore);
  EXPECT_EQ(select(receive, give_up), 1u);
}

TEST(select, a_set_of_one_case_type_chosen_at_run_time) {
  std::vector<std::unique_ptr<channel<int>>> chs;
  for (int i = 0; i < 40; ++i) chs.push_back(std::make_unique<channel<int>>(1));
  int got = 0;
  const auto handler = [&](result<int> r) { got = r.value(); };
  for (const std::size_t set : {1u, 2u, 16u, 17u, 40u}) {  // on both sides of what fits the stack
    using one_case = decltype(on_receive(*chs[0], handler));
    std::vector<one_case> cases;
    for (std::size_t i = 0; i < set; ++i) cases.push_back(on_receive(*chs[i], handler));
    ASSERT_TRUE(chs[set - 1]->send(static_cast<int>(set)));
    EXPECT_EQ(select(std::span<one_case>(cases)), set - 1);
    EXPECT_EQ(got, static_cast<int>(set));
  }
}

TEST(select, a_set_of_mixed_cases_chosen_at_run_time) {
  channel<int> numbers(1);
  channel<std::string> words(1);
  std::string got;
  for (int round = 0; round < 3; ++round) {
    if (round == 1) {
      ASSERT_TRUE(words.send("hello"));
    }
    std::vector<any_case> cases;
    cases.push_back(on_receive(numbers, never_runs));
    cases.push_back(on_receive(words, [&](result<std::string> r) { got = r.value(); }));
    cases.push_back(round == 2 ? any_case(on_timeout(1ms, ignore)) : any_case(otherwise(ignore)));
    EXPECT_EQ(select(std::span(cases)), round == 1 ? 1u : 2u);
  }
  EXPECT_EQ(got, "hello");
}

TEST(select, arrays_and_vectors_are_sets_too) {
  channel<int> ch(1);
  std::array<any_case, 2> cases{on_receive(ch, never_runs), otherwise(ignore)};
  EXPECT_EQ(select(cases), 1u);
  std::vector<any_case> more;
  more.emplace_back(on_stop(stopped(), ignore));
  more.emplace_back(on_receive(ch, never_runs));
  EXPECT_EQ(select_first(more), 0u);
  EXPECT_EQ(select(any_case(on_receive(ch, never_runs)), otherwise(ignore)), 1u);
}

TEST(select, an_empty_set_is_refused) {
  std::vector<any_case> none;
  EXPECT_THROW(select(std::span(none)), std::invalid_argument);
  EXPECT_THROW(select_first(std::span(none)), std::invalid_argument);
}

TEST(select, two_otherwise_in_a_set_are_refused) {
  std::vector<any_case> two;
  two.emplace_back(otherwise(never_runs));
  two.emplace_back(otherwise(never_runs));
  EXPECT_THROW(select(std::span(two)), std::invalid_argument);
  EXPECT_THROW(select(two[0], two[1]), std::invalid_argument);
}

TEST(select, a_case_that_was_moved_from_is_refused) {
  any_case a = otherwise(ignore);
  any_case b = std::move(a);
  EXPECT_THROW(select(a), std::invalid_argument);
  EXPECT_EQ(select(b), 0u);
}

}  // namespace
}  // namespace weir
