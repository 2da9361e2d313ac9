// What the programs in Go's test/chan assert of select, asserted of weir's. Where Go has a nil channel, which
// is never ready, a case is left out of a set chosen at run time. select5.go and select8.go are about Go's
// grammar and have no counterpart; select2.go is in go_memory_test.cpp.
#include "suite.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace weir::suites {
namespace {

// Asserts what Go's test/chan/doubleselect.go asserts: of several sends in one select, exactly one happens.
TEST(go_doubleselect, no_value_leaves_a_select_through_two_channels) {
  const int count = rounds(100'000);
  std::array<channel_ends<int>, 4> lane{make_channel<int>(0), make_channel<int>(0), make_channel<int>(0),
                                        make_channel<int>(0)};
  auto [merged_in, merged] = make_channel<int>(0);
  std::vector<std::jthread> threads;
  for (auto& l : lane) {
    threads.emplace_back([in = std::move(l.rx), out = merged_in]() mutable {
      for (int value : in) ASSERT_TRUE(out.send(value));
    });
  }
  {
    auto dropped = std::move(merged_in);
  }
  threads.emplace_back([&] {
    for (int i = 0; i < count; ++i) {
      select(on_send(lane[0].tx, i, ignore), on_send(lane[1].tx, i, ignore), on_send(lane[2].tx, i, ignore),
             on_send(lane[3].tx, i, ignore));
    }
    for (auto& l : lane) l.tx.close();
  });

  std::vector<int> seen(static_cast<std::size_t>(count));
  for (int value : merged) ++seen[static_cast<std::size_t>(value)];
  EXPECT_EQ(std::ranges::count(seen, 1), count);
}

// Asserts what Go's test/chan/select.go asserts: a channel that has had its value takes no further part, and
// when none is left the otherwise case runs.
TEST(go_select, cases_leave_the_set_one_by_one_until_otherwise_runs) {
  const auto send_once_to_each = [](std::vector<channel<unsigned>*> channels) {
    unsigned shift = 0;
    for (bool done = false; !done;) {
      const unsigned value = 1u << shift;
      std::vector<any_case> cases;
      for (auto*& ch : channels) cases.emplace_back(on_send(*ch, value, [&ch](result<>) { ch = nullptr; }));
      cases.emplace_back(otherwise([&] { done = true; }));
      select(std::span(cases));
      std::erase(channels, nullptr);
      if (!done) ++shift;
    }
    return shift;
  };

  channel<unsigned> a(1), b(1);
  EXPECT_EQ(send_once_to_each({&a, &b}), 2u);
  EXPECT_EQ(a.receive().value() | b.receive().value(), 3u);
  EXPECT_EQ(send_once_to_each({&a}), 1u);
  EXPECT_EQ(a.receive(), 1u);
}

// What select3.go asks of each statement: does it block? One that should not is simply run. One that should
// must still be waiting when somebody asks it to stop; `waiting` says, from outside, that it waits.
TEST(go_select3, a_send_to_a_channel_with_room_does_not_block) {
  channel<int> ch(1);
  EXPECT_TRUE(ch.send(7));
}

TEST(go_select3, a_receive_from_a_closed_channel_never_blocks) {
  channel<int> ch(0);
  ch.close();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ch.receive(), std::unexpected(errc::closed));
    EXPECT_EQ(ch.receive_for(std::chrono::hours(1)), std::unexpected(errc::closed));
  }
}

TEST(go_select3, a_send_to_a_closed_channel_answers_closed) {
  channel<int> ch(0);
  ch.close();
  EXPECT_EQ(ch.send(7), std::unexpected(errc::closed));
}

TEST(go_select3, a_receive_from_a_channel_that_is_not_ready_blocks) {
  channel<int> ch(0);
  std::stop_source stop;
  std::jthread blocked([&] { EXPECT_EQ(ch.receive(stop.get_token()), std::unexpected(errc::cancelled)); });
  wait_until([&] { return ch.stats().waiting_receivers == 1; });
  stop.request_stop();
}

TEST(go_select3, a_select_on_a_channel_that_is_not_ready_blocks) {
  channel<int> ch(0);
  std::stop_source stop;
  std::jthread blocked(
      [&] { EXPECT_EQ(select(on_receive(ch, fail_if_run), on_stop(stop.get_token(), ignore)), 1u); });
  wait_until([&] { return ch.stats().waiting_receivers == 1; });
  stop.request_stop();
}

TEST(go_select3, a_select_with_otherwise_does_not_block) {
  channel<int> ch(0);
  EXPECT_EQ(select(otherwise(ignore)), 0u);
  EXPECT_EQ(select(on_receive(ch, fail_if_run), otherwise(ignore)), 1u);
  EXPECT_EQ(select(on_send(ch, 7, fail_if_run), otherwise(ignore)), 1u);
  EXPECT_EQ(select(otherwise(ignore), on_send(ch, 7, fail_if_run), on_receive(ch, fail_if_run)), 0u);
}

TEST(go_select3, a_select_whose_channel_is_ready_does_not_run_otherwise) {
  channel<int> ch(1);
  EXPECT_EQ(select(on_send(ch, 7, ignore), otherwise(fail_if_run)), 0u);
  EXPECT_EQ(select(on_receive(ch, [](result<int> v) { EXPECT_EQ(v, 7); }), otherwise(fail_if_run)), 0u);
}

TEST(go_select3, a_select_on_a_closed_channel_behaves_like_the_plain_operation) {
  channel<int> ch(0);
  ch.close();
  const auto expect_closed = [](auto got) { EXPECT_EQ(got, std::unexpected(errc::closed)); };
  EXPECT_EQ(select(on_receive(ch, expect_closed)), 0u);
  EXPECT_EQ(select(on_receive(ch, expect_closed), otherwise(fail_if_run)), 0u);
  EXPECT_EQ(select(on_send(ch, 7, expect_closed)), 0u);
  EXPECT_EQ(select(on_send(ch, 7, expect_closed), otherwise(fail_if_run)), 0u);
}

// Go's select without a case blocks for ever; ours does not compile, or throws when the set is chosen at run
// time.
TEST(go_select3, a_select_over_an_empty_set_is_a_programming_error) {
  std::vector<any_case> none;
  EXPECT_THROW(select(std::span(none)), std::invalid_argument);
}

TEST(go_select3, a_select_that_sends_and_receives_on_one_channel_does_not_meet_itself) {
  channel<int> ch(0);
  EXPECT_EQ(select(on_send(ch, 1, fail_if_run), on_receive(ch, fail_if_run), otherwise(ignore)), 2u);
  std::stop_source stop;
  std::jthread blocked([&] {
    EXPECT_EQ(
        select(on_send(ch, 1, fail_if_run), on_receive(ch, fail_if_run), on_stop(stop.get_token(), ignore)),
        2u);
  });
  wait_until([&] { return ch.stats().waiting_receivers == 1 && ch.stats().waiting_senders == 1; });
  stop.request_stop();
}

// Asserts what Go's test/chan/select4.go asserts.
TEST(go_select4, a_select_takes_the_channel_that_has_a_value) {
  channel<int> ready(1), empty(0);
  ASSERT_TRUE(ready.send(42));
  EXPECT_EQ(
      select(on_receive(empty, fail_if_run), on_receive(ready, [](result<int> v) { EXPECT_EQ(v, 42); })), 1u);
}

// Asserts what Go's test/chan/select6.go asserts, which was issue 2075 there: a case that did not run, last
// in its channel's line of waiters, must leave the line whole, so that those who come after it are still
// woken.
TEST(go_select6, the_case_that_did_not_run_leaves_its_channels_waiters_in_order) {
  for (int i = 0; i < rounds(500); ++i) {
    channel<bool> contested(0), chosen(0), done(0);
    std::jthread first([&] { EXPECT_TRUE(contested.receive()); });
    wait_until([&] { return contested.stats().waiting_receivers == 1; });
    std::jthread second([&] {
      select(on_receive(contested, fail_if_run), on_receive(chosen, ignore));
      EXPECT_TRUE(done.send(true));
      EXPECT_TRUE(contested.receive());
    });
    wait_until([&] { return contested.stats().waiting_receivers == 2; });
    EXPECT_TRUE(chosen.send(true));
    EXPECT_TRUE(done.receive());
    EXPECT_TRUE(contested.send(true));
    EXPECT_TRUE(contested.send(true));
  }
}

using receiving = void (*)(channel<int>&);
using sending = void (*)(channel<int>&);

constexpr std::array<receiving, 3> receivings{
    [](channel<int>& ch) { EXPECT_TRUE(ch.receive()); },
    [](channel<int>& ch) { EXPECT_EQ(select(on_receive(ch, ignore)), 0u); },
    [](channel<int>& ch) {
      channel<int> other(0);
      EXPECT_EQ(select(on_receive(ch, ignore), on_receive(other, fail_if_run)), 0u);
    },
};
constexpr std::array<sending, 3> sendings{
    [](channel<int>& ch) { EXPECT_TRUE(ch.send(1)); },
    [](channel<int>& ch) { EXPECT_EQ(select(on_send(ch, 1, ignore)), 0u); },
    [](channel<int>& ch) {
      channel<int> other(0);
      EXPECT_EQ(select(on_send(ch, 1, ignore), on_send(other, 1, fail_if_run)), 0u);
    },
};

// Asserts what Go's test/chan/select7.go asserts, whichever side comes first.
TEST(go_select7, every_way_to_send_meets_every_way_to_receive) {
  for (bool receiver_first : {true, false}) {
    for (auto receive : receivings) {
      for (auto send : sendings) {
        channel<int> ch(0);
        std::jthread partner([&] { receiver_first ? receive(ch) : send(ch); });
        wait_until([&] { return ch.stats().waiting_receivers + ch.stats().waiting_senders == 1; });
        receiver_first ? send(ch) : receive(ch);
      }
    }
  }
}

}  // namespace
}  // namespace weir::suites
