// What crossbeam-channel's tests/select.rs and select_macro.rs assert of what a select does, asserted of
// weir's. Their default is our otherwise, default(d) our on_timeout, select_biased our select_first. Left
// out: what is about the grammar of their macro, and about operations that a selector has begun and somebody
// has to complete: ours have happened when select returns. Loads and fairness are in
// crossbeam_select_stress_test.cpp.
#include "suite.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

constexpr auto expect_value = [](auto value) { return [value](auto got) { EXPECT_EQ(got, value); }; };
constexpr auto expect_closed = [](auto got) { EXPECT_EQ(got, std::unexpected(errc::closed)); };
constexpr auto expect_done = [](result<> done) { EXPECT_TRUE(done); };

// smoke1, smoke2
TEST(crossbeam_select, the_one_channel_that_has_a_value_is_taken) {
  channel<int> a(8), b(8), c(8), d(8), e(8);
  ASSERT_TRUE(a.send(1));
  EXPECT_EQ(select(on_receive(a, expect_value(1)), on_receive(b, fail_if_run)), 0u);
  ASSERT_TRUE(b.send(2));
  EXPECT_EQ(select(on_receive(a, fail_if_run), on_receive(b, expect_value(2))), 1u);
  ASSERT_TRUE(e.send(5));
  EXPECT_EQ(select(on_receive(a, fail_if_run), on_receive(b, fail_if_run), on_receive(c, fail_if_run),
                   on_receive(d, fail_if_run), on_receive(e, expect_value(5))),
            4u);
}

// disconnected
TEST(crossbeam_select, a_channel_that_closes_is_ready_before_one_that_has_nothing) {
  auto [tx1, rx1] = make_channel<int>(8);
  auto [tx2, rx2] = make_channel<int>(8);
  {
    auto gone = std::move(tx1);
  }
  EXPECT_EQ(select(on_receive(rx1, expect_closed), on_receive(rx2, fail_if_run), on_timeout(1h, fail_if_run)),
            0u);
  ASSERT_TRUE(tx2.send(5));
  EXPECT_EQ(rx2.receive(), 5);
  EXPECT_EQ(select(on_receive(rx1, expect_closed), on_receive(rx2, fail_if_run), on_timeout(1h, fail_if_run)),
            0u);

  std::jthread closing([&, my_tx = std::move(tx2)]() mutable {
    wait_until([&] { return rx2.stats().waiting_receivers == 1; });
    auto gone = std::move(tx2);
  });
  EXPECT_EQ(select(on_receive(rx2, expect_closed), on_timeout(1h, fail_if_run)), 0u);
}

// default
TEST(crossbeam_select, otherwise_runs_when_no_channel_is_ready_and_only_then) {
  auto [tx1, rx1] = make_channel<int>(8);
  auto [tx2, rx2] = make_channel<int>(8);
  EXPECT_EQ(select(on_receive(rx1, fail_if_run), on_receive(rx2, fail_if_run), otherwise(ignore)), 2u);
  {
    auto gone = std::move(tx1);
  }
  EXPECT_EQ(select(on_receive(rx1, expect_closed), on_receive(rx2, fail_if_run), otherwise(fail_if_run)), 0u);
  ASSERT_TRUE(tx2.send(2));
  EXPECT_EQ(select(on_receive(rx2, expect_value(2)), otherwise(fail_if_run)), 0u);
  EXPECT_EQ(select(on_receive(rx2, fail_if_run), otherwise(ignore)), 1u);
  EXPECT_EQ(select(otherwise(ignore)), 0u);
}

// timeout
TEST(crossbeam_select, a_timeout_runs_when_nothing_becomes_ready_in_time) {
  channel<int> quiet(8), later(8);
  EXPECT_EQ(select(on_receive(quiet, fail_if_run), on_receive(later, fail_if_run), on_timeout(1ms, ignore)),
            2u);
  std::jthread sending([&] {
    wait_until([&] { return later.stats().waiting_receivers == 1; });
    EXPECT_TRUE(later.send(2));
  });
  EXPECT_EQ(
      select(on_receive(quiet, fail_if_run), on_receive(later, expect_value(2)), on_timeout(1h, fail_if_run)),
      1u);
}

// default_when_disconnected
TEST(crossbeam_select, closed_goes_before_otherwise_and_before_a_timeout) {
  channel<int> ch(0);
  ch.close();
  EXPECT_EQ(select(on_receive(ch, expect_closed), otherwise(fail_if_run)), 0u);
  EXPECT_EQ(select(on_receive(ch, expect_closed), on_timeout(0s, fail_if_run)), 0u);
  EXPECT_EQ(select(on_send(ch, 0, expect_closed), otherwise(fail_if_run)), 0u);
  EXPECT_EQ(select(on_send(ch, 0, expect_closed), on_timeout(0s, fail_if_run)), 0u);
}

// default_only
TEST(crossbeam_select, a_select_of_nothing_but_a_timeout_takes_that_long) {
  EXPECT_EQ(select(otherwise(ignore)), 0u);
  const auto start = clock::now();
  EXPECT_EQ(select(on_timeout(5ms, ignore)), 0u);
  EXPECT_GE(clock::now() - start, 5ms);
}

// unblocks
TEST(crossbeam_select, a_waiting_select_is_woken_by_whichever_partner_comes) {
  channel<int> a(0), b(0);
  std::jthread sending([&] {
    wait_until([&] { return b.stats().waiting_receivers == 1; });
    EXPECT_TRUE(b.send(2));
  });
  EXPECT_EQ(select(on_receive(a, fail_if_run), on_receive(b, expect_value(2)), on_timeout(1h, fail_if_run)),
            1u);
  std::jthread receiving([&] {
    wait_until([&] { return a.stats().waiting_senders == 1; });
    EXPECT_EQ(a.receive(), 1);
  });
  EXPECT_EQ(select(on_send(a, 1, expect_done), on_send(b, 2, fail_if_run), on_timeout(1h, fail_if_run)), 0u);
}

// both_ready
TEST(crossbeam_select, a_send_and_a_receive_take_place_in_the_order_the_partner_wants) {
  channel<int> a(0), b(0);
  std::jthread partner([&] {
    EXPECT_TRUE(a.send(1));
    EXPECT_EQ(b.receive(), 2);
  });
  for (std::size_t expected : {0u, 1u}) {
    EXPECT_EQ(select(on_receive(a, expect_value(1)), on_send(b, 2, expect_done)), expected);
  }
}

// loop_try
TEST(crossbeam_select, a_waiting_select_meets_one_of_two_partners_who_only_try) {
  for (int i = 0; i < rounds(200); ++i) {
    channel<int> a(0), b(0);
    channel<unit> end(0);
    const auto ended = [&] { return select(on_receive(end, ignore), otherwise(ignore)) == 0; };
    std::atomic<int> met = 0;
    together(
        [&] {
          wait_until([&] {
            const bool sent = select(on_send(a, 1, expect_done), otherwise(ignore)) == 0;
            met += sent;
            return sent || ended();
          });
        },
        [&] {
          wait_until([&] {
            auto got = b.try_receive();
            if (got) {
              EXPECT_EQ(got, 2);
            }
            met += got.has_value();
            return got || ended();
          });
        },
        [&] {
          select(on_receive(a, expect_value(1)), on_send(b, 2, expect_done));
          end.close();
        });
    EXPECT_EQ(met, 1);
  }
}

// cloning1, cloning2
TEST(crossbeam_select, an_end_that_is_copied_and_dropped_wakes_nobody) {
  auto [tx1, rx1] = make_channel<int>(8);
  auto [tx2, rx2] = make_channel<int>(8);
  std::jthread waiting(
      [&] { EXPECT_EQ(select(on_receive(rx1, fail_if_run), on_receive(rx2, expect_value(2))), 1u); });
  wait_until([&] { return rx1.stats().waiting_receivers == 1 && rx2.stats().waiting_receivers == 1; });
  {
    auto copy = tx1;
  }
  EXPECT_EQ(rx1.stats().waiting_receivers, 1u);
  EXPECT_TRUE(tx2.send(2));
}

// preflight1, preflight2, preflight3
TEST(crossbeam_select, what_is_ready_beforehand_is_taken_without_waiting) {
  auto [tx, rx] = make_channel<int>(8);
  ASSERT_TRUE(tx.send(1));
  EXPECT_EQ(select(on_receive(rx, expect_value(1))), 0u);
  {
    auto copy = tx;
  }
  ASSERT_TRUE(tx.send(2));
  {
    auto gone = std::move(tx);
  }
  EXPECT_EQ(select(on_receive(rx, expect_value(2))), 0u);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
  EXPECT_EQ(select(on_receive(rx, expect_closed)), 0u);
}

// nesting
TEST(crossbeam_select, a_handler_may_select_on_the_same_channel) {
  channel<int> ch(8);
  int depth = 0;
  select(on_send(ch, 0, [&](result<>) {
    ++depth;
    select(on_receive(ch, [&](result<int> got) {
      EXPECT_EQ(got, 0);
      ++depth;
      select(on_send(ch, 1, [&](result<>) {
        ++depth;
        EXPECT_EQ(select(on_receive(ch, expect_value(1))), 0u);
      }));
    }));
  }));
  EXPECT_EQ(depth, 3);
  EXPECT_EQ(ch.size(), 0u);
}

// panic_sender, panic_receiver, as far as they apply: what throws while a case is built leaves the channels
// alone, and what a handler throws comes out after its operation.
TEST(crossbeam_select, an_exception_before_the_select_leaves_the_channels_as_they_were) {
  channel<int> ch(1);
  const auto make_value = []() -> int { throw std::runtime_error("no value"); };
  EXPECT_THROW(select(on_send(ch, make_value(), fail_if_run)), std::runtime_error);
  EXPECT_EQ(ch.size(), 0u);
}

TEST(crossbeam_select, an_exception_of_a_handler_leaves_the_select_with_its_operation_done) {
  channel<int> ch(1);
  const auto complain = [](auto) { throw std::runtime_error("handler"); };
  EXPECT_THROW(select(on_send(ch, 1, complain)), std::runtime_error);
  EXPECT_EQ(ch.size(), 1u);
  EXPECT_THROW(select(on_receive(ch, complain)), std::runtime_error);
  EXPECT_EQ(ch.size(), 0u);
}

// send_recv_same_channel
TEST(crossbeam_select, a_send_and_a_receive_on_one_rendezvous_channel_do_not_pair) {
  channel<int> rendezvous(0), buffered(1);
  EXPECT_EQ(select(on_send(rendezvous, 1, fail_if_run), on_receive(rendezvous, fail_if_run),
                   on_timeout(1ms, ignore)),
            2u);
  EXPECT_EQ(select(on_send(buffered, 1, expect_done), on_receive(buffered, fail_if_run),
                   on_timeout(1h, fail_if_run)),
            0u);
  EXPECT_EQ(select(on_send(buffered, 1, fail_if_run), on_receive(buffered, expect_value(1))), 1u);
}

// references, handles_on_heap, move_handles: whatever names the ends, the same channel is meant.
TEST(crossbeam_select, cases_take_channels_and_ends_wherever_they_live) {
  auto heap = std::make_unique<channel<std::string>>(1);
  auto ends = std::make_unique<channel_ends<std::string>>(make_channel<std::string>(1));
  std::string first = "a string too long for the small buffer of std::string";
  EXPECT_EQ(select(on_send(*heap, std::move(first), expect_done)), 0u);
  EXPECT_EQ(select(on_receive(ends->rx, fail_if_run),
                   on_receive(*heap,
                              [&](result<std::string> got) {
                                ASSERT_TRUE(got);
                                EXPECT_EQ(select(on_send(ends->tx, *got, expect_done)), 0u);
                              })),
            1u);
  auto moved = std::move(*ends);
  EXPECT_EQ(moved.rx.receive(), "a string too long for the small buffer of std::string");
}

// A value whose case did not run is still the caller's; theirs was never given away.
TEST(crossbeam_select, a_value_whose_case_did_not_run_is_still_the_callers) {
  channel<std::unique_ptr<int>> full(1), open(1);
  ASSERT_TRUE(full.send(std::make_unique<int>(0)));
  auto kept = std::make_unique<int>(1), given = std::make_unique<int>(2);
  EXPECT_EQ(select(on_send(full, std::move(kept), fail_if_run), on_send(open, std::move(given), expect_done)),
            1u);
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, 1);
  EXPECT_FALSE(given);
}

// optional_receiver, never: a case that may be absent is left out of a set chosen at run time.
TEST(crossbeam_select, an_absent_case_is_left_out_of_the_set) {
  channel<int> present(1);
  ASSERT_TRUE(present.send(7));
  for (channel<int>* maybe : {static_cast<channel<int>*>(nullptr), &present}) {
    std::vector<any_case> cases;
    if (maybe != nullptr) cases.emplace_back(on_receive(*maybe, expect_value(7)));
    cases.emplace_back(otherwise([&] { EXPECT_EQ(maybe, nullptr); }));
    EXPECT_EQ(select(std::span(cases)), 0u);
  }
}

// disconnect_wakes_sender, disconnect_wakes_receiver
TEST(crossbeam_select, close_wakes_selects_that_send_and_selects_that_receive) {
  for (std::size_t capacity : {0u, 1u}) {
    channel<int> full(capacity), empty(capacity);
    if (capacity != 0) {
      ASSERT_TRUE(full.send(0));
    }
    std::jthread sending([&] { EXPECT_EQ(select(on_send(full, 1, expect_closed)), 0u); });
    std::jthread receiving([&] { EXPECT_EQ(select(on_receive(empty, expect_closed)), 0u); });
    wait_until([&] { return full.stats().waiting_senders == 1 && empty.stats().waiting_receivers == 1; });
    full.close();
    empty.close();
  }
}

// unfairness, unfairness_try, unfairness_timeout
TEST(crossbeam_select_biased, the_first_ready_case_in_the_order_written_is_chosen_each_time) {
  channel<unit> first(100), second(100), third(100);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(first.send(unit{}));
    ASSERT_TRUE(second.send(unit{}));
  }
  const auto choose = [&](auto last) {
    return select_first(on_receive(first, ignore), on_receive(second, ignore), on_receive(third, fail_if_run),
                        std::move(last));
  };
  for (int i = 0; i < 50; ++i) EXPECT_EQ(choose(otherwise(fail_if_run)), 0u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(choose(on_timeout(0s, fail_if_run)), 0u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(choose(otherwise(fail_if_run)), 1u);
  EXPECT_EQ(choose(otherwise(ignore)), 3u);
}

// unfairness_fails_with_once_per_duplicates and its like: of twins, the biased form takes the first.
TEST(crossbeam_select_biased, of_twin_cases_the_first_is_chosen_each_time) {
  channel<int> ch(100);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(select_first(on_send(ch, 0, ignore), on_send(ch, 1, fail_if_run)), 0u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(select_first(on_receive(ch, ignore), on_receive(ch, fail_if_run)), 0u);
}

}  // namespace
}  // namespace weir::suites
