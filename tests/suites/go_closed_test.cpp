// What Go's test/closedchan.go asserts of channels that are closed, through each way there is to operate on
// them: the plain operations, a select of one case, and a select with a second case that is never ready.
// Where Go panics (a send on a closed channel, a second close), weir answers with a value.
#include "suite.hpp"

namespace weir::suites {
namespace {

// One way to operate on a channel.
struct way {
  const char* name;
  result<> (*send)(channel<int>&, int);
  result<> (*try_send)(channel<int>&, int);
  result<int> (*receive)(channel<int>&);
  result<int> (*try_receive)(channel<int>&);
};

constexpr auto keep_in = [](auto& answer) { return [&answer](auto got) { answer = std::move(got); }; };

const way plain{
    "plain operations",
    [](channel<int>& ch, int v) { return ch.send(v); },
    [](channel<int>& ch, int v) { return ch.try_send(v); },
    [](channel<int>& ch) { return ch.receive(); },
    [](channel<int>& ch) { return ch.try_receive(); },
};

const way by_select{
    "a select of one case",
    [](channel<int>& ch, int v) {
      result<> answer;
      select(on_send(ch, v, keep_in(answer)));
      return answer;
    },
    [](channel<int>& ch, int v) {
      result<> answer;
      select(on_send(ch, v, keep_in(answer)), otherwise([&] { answer = std::unexpected(errc::full); }));
      return answer;
    },
    [](channel<int>& ch) {
      result<int> answer;
      select(on_receive(ch, keep_in(answer)));
      return answer;
    },
    [](channel<int>& ch) {
      result<int> answer;
      select(otherwise([&] { answer = std::unexpected(errc::empty); }), on_receive(ch, keep_in(answer)));
      return answer;
    },
};

channel<int> never_ready(0);

const way by_select_of_two{
    "a select with a case that is never ready",
    [](channel<int>& ch, int v) {
      result<> answer;
      select(on_send(ch, v, keep_in(answer)), on_receive(never_ready, fail_if_run));
      return answer;
    },
    [](channel<int>& ch, int v) {
      result<> answer;
      select(otherwise([&] { answer = std::unexpected(errc::full); }), on_receive(never_ready, fail_if_run),
             on_send(ch, v, keep_in(answer)));
      return answer;
    },
    [](channel<int>& ch) {
      result<int> answer;
      select(on_receive(never_ready, fail_if_run), on_receive(ch, keep_in(answer)));
      return answer;
    },
    [](channel<int>& ch) {
      result<int> answer;
      select(on_receive(never_ready, fail_if_run), otherwise([&] { answer = std::unexpected(errc::empty); }),
             on_receive(ch, keep_in(answer)));
      return answer;
    },
};

void expect_closed_and_drained(channel<int>& ch, const way& w) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(w.receive(ch), std::unexpected(errc::closed)) << w.name;
    EXPECT_EQ(w.try_receive(ch), std::unexpected(errc::closed)) << w.name;
  }
  EXPECT_EQ(w.try_send(ch, 1), std::unexpected(errc::closed)) << w.name;
  EXPECT_EQ(w.receive(ch), std::unexpected(errc::closed)) << w.name << ": the refused value must not appear";
  EXPECT_EQ(w.send(ch, 2), std::unexpected(errc::closed)) << w.name;
  EXPECT_EQ(w.receive(ch), std::unexpected(errc::closed)) << w.name << ": the refused value must not appear";
}

class go_closedchan : public testing::TestWithParam<const way*> {};
INSTANTIATE_TEST_SUITE_P(ways, go_closedchan, testing::Values(&plain, &by_select, &by_select_of_two));

TEST_P(go_closedchan, an_unbuffered_channel_that_is_closed_answers_closed_to_everything_at_once) {
  channel<int> ch(0);
  ch.close();
  expect_closed_and_drained(ch, *GetParam());
}

TEST_P(go_closedchan, the_last_value_of_a_closed_channel_is_still_received) {
  channel<int> ch(2);
  ASSERT_TRUE(GetParam()->send(ch, 1));
  ch.close();
  EXPECT_EQ(GetParam()->receive(ch), 1);
  expect_closed_and_drained(ch, *GetParam());
}

TEST_P(go_closedchan, the_last_value_of_a_closed_channel_is_still_received_by_a_try) {
  channel<int> ch(2);
  ASSERT_TRUE(GetParam()->try_send(ch, 1));
  ch.close();
  EXPECT_EQ(GetParam()->try_receive(ch), 1);
  expect_closed_and_drained(ch, *GetParam());
}

TEST_P(go_closedchan, every_way_of_trying_answers_without_waiting_while_the_channel_is_open) {
  channel<int> ch(1);
  EXPECT_EQ(GetParam()->try_receive(ch), std::unexpected(errc::empty));
  EXPECT_TRUE(GetParam()->try_send(ch, 1));
  EXPECT_EQ(GetParam()->try_send(ch, 2), std::unexpected(errc::full));
  EXPECT_EQ(GetParam()->try_receive(ch), 1);
}

TEST(go_closedchan_twice, a_second_close_is_harmless_and_says_that_it_did_nothing) {
  channel<int> ch(0);
  EXPECT_TRUE(ch.close());
  EXPECT_FALSE(ch.close());
  EXPECT_TRUE(ch.is_closed());
}

}  // namespace
}  // namespace weir::suites
