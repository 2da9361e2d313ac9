// A checker that accepts everything proves nothing: histories made by hand, with the answer known.
#include "checker.hpp"

#include <gtest/gtest.h>

namespace weir::linear {
namespace {

step at(stamp invoked, stamp returned, step s) {
  s.invoked = invoked;
  s.returned = returned;
  s.call = "call";
  return s;
}
step push(value v) { return {.what = deed::push, .given = v}; }
step pop(value v) { return {.what = deed::pop, .taken = v}; }
step only(deed d) { return {.what = d}; }

answer judge(std::size_t capacity, std::vector<lane> lanes, contents before = {},
             std::optional<contents> after = {}) {
  const verdict v = check({capacity, std::move(before), std::move(lanes), std::move(after)});
  EXPECT_EQ(v.explanation.empty(), v.answer == answer::linearisable);
  return v.answer;
}

constexpr answer yes = answer::linearisable;
constexpr answer no = answer::not_linearisable;

TEST(checker, accepts_one_thread_that_sees_a_queue) {
  EXPECT_EQ(judge(2, {{at(1, 2, push(1)), at(3, 4, push(2)), at(5, 6, only(deed::refuse_full)),
                       at(7, 8, pop(1)), at(9, 10, pop(2)), at(11, 12, only(deed::find_empty))}}),
            yes);
}

TEST(checker, knows_what_a_window_begins_and_ends_with) {
  EXPECT_EQ(judge(3, {{at(1, 2, pop(7)), at(3, 4, push(9))}}, {{7, 8}}, contents{{8, 9}}), yes);
  EXPECT_EQ(judge(3, {{at(1, 2, pop(8))}}, {{7, 8}}), no) << "not the oldest";
  EXPECT_EQ(judge(3, {{at(1, 2, push(9))}}, {{7}}, contents{{9, 7}}), no) << "left in another order";
  EXPECT_EQ(judge(3, {{at(1, 2, push(9))}}, {}, contents{}), no) << "lost";
  EXPECT_EQ(judge(3, {{at(1, 2, push(9))}}, {}, contents{{9}, true}), no) << "closed by nobody";
}

TEST(checker, lets_overlapping_calls_take_effect_in_either_order) {
  const lane first{at(1, 10, push(1))};
  const lane second{at(2, 9, push(2))};
  EXPECT_EQ(judge(2, {first, second, {at(11, 12, pop(1)), at(13, 14, pop(2))}}), yes);
  EXPECT_EQ(judge(2, {first, second, {at(11, 12, pop(2)), at(13, 14, pop(1))}}), yes);
}

TEST(checker, finds_values_in_an_order_that_no_queue_gives) {
  EXPECT_EQ(judge(2, {{at(1, 2, push(1)), at(3, 4, push(2))}, {at(5, 6, pop(2)), at(7, 8, pop(1))}}), no);
  EXPECT_EQ(judge(2, {{at(1, 2, push(1)), at(3, 4, push(2))}, {at(5, 7, pop(2))}, {at(6, 8, pop(1))}}), yes)
      << "two receivers at once: who was first is open";
}

TEST(checker, finds_a_value_received_twice_and_one_received_before_it_was_sent) {
  EXPECT_EQ(judge(2, {{at(1, 2, push(1))}, {at(3, 4, pop(1)), at(5, 6, pop(1))}}), no);
  EXPECT_EQ(judge(2, {{at(3, 4, push(1))}, {at(1, 2, pop(1))}}), no);
  EXPECT_EQ(judge(2, {{at(1, 4, push(1))}, {at(2, 3, pop(1))}}), yes);
}

TEST(checker, finds_empty_while_a_value_was_there_all_along) {
  EXPECT_EQ(judge(2, {{at(1, 2, push(1))}, {at(3, 4, only(deed::find_empty))}}), no);
  EXPECT_EQ(judge(2, {{at(1, 3, push(1))}, {at(2, 4, only(deed::find_empty))}}), yes);
  // What a ring does whose receiver looks at the oldest slot alone, while that slot's sender is still at it.
  EXPECT_EQ(judge(2, {{at(1, 9, push(1))},
                      {at(2, 3, push(2))},
                      {at(4, 5, only(deed::find_empty)), at(10, 11, pop(1)), at(12, 13, pop(2))}}),
            no);
}

TEST(checker, finds_full_while_there_was_room_all_along) {
  EXPECT_EQ(judge(2, {{at(1, 2, push(1)), at(3, 4, only(deed::refuse_full))}}), no);
  EXPECT_EQ(judge(2, {{at(1, 2, push(1)), at(3, 6, only(deed::refuse_full))}, {at(4, 5, push(2))}}), yes);
}

TEST(checker, finds_more_values_than_fit) {
  EXPECT_EQ(judge(1, {{at(1, 2, push(1)), at(3, 4, push(2))}}), no);
  EXPECT_EQ(judge(1, {{at(1, 2, push(1))}, {at(3, 6, push(2))}, {at(4, 5, pop(1))}}), yes);
  EXPECT_EQ(judge(1, {{at(1, 2, push(1))}, {at(3, 4, push(2))}, {at(5, 6, pop(1))}}), no);
}

TEST(checker, holds_an_eviction_to_the_oldest_value_and_to_a_full_queue) {
  const step evicting{.what = deed::push_evicting, .given = 3, .taken = 1};
  EXPECT_EQ(judge(2, {{at(1, 2, evicting)}}, {{1, 2}}, contents{{2, 3}}), yes);
  EXPECT_EQ(judge(2, {{at(1, 2, evicting)}}, {{2, 1}}), no) << "not the oldest";
  EXPECT_EQ(judge(3, {{at(1, 2, evicting)}}, {{1, 2}}), no) << "there was room";
}

TEST(checker, counts_permits_as_places) {
  const lane reserving{at(1, 2, only(deed::reserve)), at(7, 8, {.what = deed::redeem, .given = 1})};
  EXPECT_EQ(judge(1, {reserving, {at(3, 4, only(deed::refuse_full))}}, {}, contents{{1}}), yes);
  EXPECT_EQ(judge(1, {reserving, {at(3, 4, only(deed::refuse_held))}}, {}, contents{{1}}), yes);
  EXPECT_EQ(judge(1, {reserving, {at(3, 4, push(2))}}), no);
  EXPECT_EQ(judge(1, {reserving, {at(3, 4, only(deed::find_empty))}}), yes);
  const lane dropping{at(1, 2, only(deed::reserve)), at(5, 6, only(deed::give_back))};
  EXPECT_EQ(judge(1, {dropping, {at(7, 8, push(2))}}), yes);
  EXPECT_EQ(judge(1, {{at(1, 2, only(deed::give_back))}}), no) << "nobody had one";
}

TEST(checker, holds_everybody_to_a_close) {
  const lane closing{at(3, 4, only(deed::close_first))};
  EXPECT_EQ(judge(2, {closing, {at(5, 6, push(1))}}), no) << "accepted after it";
  EXPECT_EQ(judge(2, {closing, {at(1, 5, push(1))}}), yes);
  EXPECT_EQ(judge(2, {closing, {at(1, 2, only(deed::refuse_closed))}}), no) << "refused before it";
  EXPECT_EQ(judge(2, {closing, {at(5, 6, only(deed::refuse_full))}}, {{1, 2}}), no)
      << "closed comes before full";
  EXPECT_EQ(judge(2, {closing, {at(5, 6, pop(1)), at(7, 8, only(deed::find_closed))}}, {{1}}), yes);
  EXPECT_EQ(judge(2, {closing, {at(5, 6, only(deed::find_closed))}}, {{1}}), no) << "not drained";
  EXPECT_EQ(judge(2, {closing, {at(5, 6, only(deed::find_empty))}}), no) << "closed comes before empty";
  EXPECT_EQ(judge(2, {closing, {at(5, 6, only(deed::close_first))}}), no) << "only one closes";
  EXPECT_EQ(judge(2, {closing, {at(5, 6, only(deed::close_again))}}), yes);
  EXPECT_EQ(judge(2, {closing,
                      {at(1, 2, only(deed::reserve)), at(5, 6, only(deed::find_empty)),
                       at(7, 8, {.what = deed::redeem, .given = 1})}}),
            yes)
      << "a permit got before is still used";
}

TEST(checker, lets_a_rendezvous_happen_only_while_both_are_there) {
  EXPECT_EQ(judge(0, {{at(1, 3, push(1))}, {at(2, 4, pop(1))}}), yes);
  EXPECT_EQ(judge(0, {{at(1, 2, push(1))}, {at(3, 4, pop(1))}}), no) << "the sender had gone";
  EXPECT_EQ(judge(0, {{at(1, 4, push(1))}, {at(2, 3, pop(2))}}), no);
  EXPECT_EQ(judge(0, {{at(1, 2, push(1))}}), no) << "with nobody";
  EXPECT_EQ(judge(0, {{at(1, 2, only(deed::refuse_full)), at(3, 4, only(deed::find_empty))}}), yes);
  EXPECT_EQ(judge(0, {{at(1, 6, push(1))}, {at(3, 5, pop(1))}, {at(2, 4, only(deed::close_first))}}), yes);
  EXPECT_EQ(judge(0, {{at(1, 6, push(1))}, {at(4, 5, pop(1))}, {at(2, 3, only(deed::close_first))}}), no);
}

TEST(checker, takes_the_values_of_one_call_one_by_one) {
  const lane two_at_once{at(1, 6, push(1)), at(1, 6, push(2)), at(1, 6, only(deed::refuse_rest))};
  EXPECT_EQ(judge(1, {two_at_once, {at(2, 3, pop(1)), at(7, 8, pop(2))}}), yes);
  EXPECT_EQ(judge(3, {two_at_once, {at(2, 3, pop(1)), at(7, 8, pop(2))}}), no) << "a third would have fitted";
  EXPECT_EQ(judge(0, {two_at_once, {at(2, 3, pop(2)), at(4, 5, pop(1))}}), no) << "not from the front";
}

TEST(checker, says_where_an_order_gets_stuck) {
  const verdict v =
      check({1, {}, {{at(1, 2, push(make_value(0, 5)))}, {at(3, 4, only(deed::find_empty))}}, {}});
  EXPECT_NE(v.explanation.find("an order of 1 of 2 steps leads to: [0.5], open"), std::string::npos)
      << v.explanation;
  EXPECT_NE(v.explanation.find("-> next  lane 1  [3, 4]  call() -> no value"), std::string::npos)
      << v.explanation;
}

TEST(checker, says_so_when_it_gives_up) {
  std::vector<lane> lanes;
  for (value v = 0; v < most_lanes; ++v) lanes.push_back({at(1 + v, 100 + v, push(v))});
  lanes.back().push_back(at(200, 201, pop(99)));
  EXPECT_EQ(check({8, {}, lanes, {}}, 1000).answer, answer::gave_up);
  EXPECT_EQ(check({8, {}, lanes, {}}).answer, no) << "all 8! orders were tried";
}

window simple(std::vector<lane> lanes) { return {4, {}, std::move(lanes), {}}; }

TEST(values, are_sent_once_received_once_and_none_is_lost) {
  const value a = make_value(0, 1);
  const value b = make_value(0, 2);
  const lane sends{push(a), push(b)};
  EXPECT_EQ(check_values({simple({sends, {pop(a), pop(b)}})}, {}), "");
  EXPECT_EQ(check_values({simple({sends}), simple({{}, {pop(a)}})}, {{b}}), "");
  EXPECT_EQ(check_values({simple({sends, {pop(a)}})}, {}), "0.2 was accepted, and is lost");
  EXPECT_EQ(check_values({simple({sends, {pop(a), pop(b)}, {pop(b)}})}, {}), "0.2 came out twice");
  EXPECT_EQ(check_values({simple({sends, {pop(a), pop(b)}})}, {{b}}), "0.2 came out twice");
  EXPECT_EQ(check_values({simple({sends, {pop(a), pop(b), pop(7)}})}, {}),
            "0.7 was never sent, and came out");
  EXPECT_EQ(check_values({simple({sends, sends})}, {}), "0.1 was sent twice");
}

TEST(values, of_one_sender_keep_their_order_at_one_receiver) {
  const value a = make_value(3, 1);
  const value b = make_value(3, 2);
  EXPECT_EQ(check_values({simple({{push(a), push(b)}, {pop(b), pop(a)}})}, {}),
            "lane 1 got 3.1 behind a later one of its sender");
  EXPECT_EQ(check_values({simple({{push(a), push(b)}, {pop(b)}, {pop(a)}})}, {}), "") << "two receivers";
}

}  // namespace
}  // namespace weir::linear
