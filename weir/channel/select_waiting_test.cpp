// Selects that wait: what wakes them, and that exactly one thing happens.
#include <weir/channel/select.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::until;

constexpr auto ignore = [](auto&&...) {};
constexpr auto never_runs = [](auto&&...) { ADD_FAILURE() << "this case must not run"; };

template <class C>
void until_receivers_wait(const C& ch, std::size_t n) {
  until([&] { return ch.stats().waiting_receivers == n; });
}
template <class C>
void until_senders_wait(const C& ch, std::size_t n) {
  until([&] { return ch.stats().waiting_senders == n; });
}

TEST(select_waiting, a_value_wakes_it_and_its_other_cases_leave) {
  channel<int> a(1);
  channel<int> b(0);
  channel<int> full(1);
  ASSERT_TRUE(full.send(0));
  std::jthread selecting([&] {
    EXPECT_EQ(select(on_receive(a, never_runs), on_receive(b, [](result<int> r) { EXPECT_EQ(r, 5); }),
                     on_send(full, 1, never_runs)),
              1u);
  });
  until_senders_wait(full, 1);
  EXPECT_TRUE(b.try_send(5));
  selecting.join();
  for (const auto* ch : {&a, &b, &full}) {
    EXPECT_EQ(ch->stats().waiting_senders + ch->stats().waiting_receivers, 0u);
  }
}

TEST(select_waiting, room_wakes_it) {
  channel<std::unique_ptr<int>> full(1);
  ASSERT_TRUE(full.send(nullptr));
  auto mine = std::make_unique<int>(3);
  std::jthread selecting([&] { EXPECT_EQ(select(on_send(full, std::move(mine), ignore)), 0u); });
  until_senders_wait(full, 1);
  ASSERT_TRUE(full.receive());
  EXPECT_EQ(**full.receive(), 3);
}

TEST(select_waiting, close_wakes_it_with_closed) {
  for (const bool sending : {true, false}) {
    channel<int> ch(0);
    channel<int> other(0);
    std::jthread selecting([&] {
      if (sending) {
        select(on_send(ch, 1, [](result<> r) { EXPECT_EQ(r.error(), errc::closed); }),
               on_receive(other, never_runs));
      } else {
        select(on_receive(other, never_runs),
               on_receive(ch, [](result<int> r) { EXPECT_EQ(r.error(), errc::closed); }));
      }
    });
    until_receivers_wait(other, 1);
    ch.close();
  }
}

TEST(select_waiting, a_stop_request_wakes_it) {
  channel<int> ch(0);
  std::stop_source stop;
  std::jthread selecting([&] {
    EXPECT_EQ(
        select(on_receive(ch, never_runs), on_timeout(1h, never_runs), on_stop(stop.get_token(), ignore)),
        2u);
  });
  until_receivers_wait(ch, 1);
  stop.request_stop();
  EXPECT_EQ(ch.try_send(1).error(), errc::full) << "the stop has decided it";
}

TEST(select_waiting, of_several_stops_the_requested_one_runs) {
  channel<int> ch(0);
  std::stop_source a;
  std::stop_source b;
  std::jthread selecting([&] {
    EXPECT_EQ(select(on_stop(a.get_token(), never_runs), on_receive(ch, never_runs),
                     on_stop(b.get_token(), ignore)),
              2u);
  });
  until_receivers_wait(ch, 1);
  b.request_stop();
}

TEST(select_waiting, its_time_runs_out) {
  channel<int> ch(0);
  const auto before = clock::now();
  EXPECT_EQ(select(on_receive(ch, never_runs), on_send(ch, 1, never_runs), on_timeout(20ms, ignore)), 2u);
  EXPECT_GE(clock::now() - before, 20ms);
  EXPECT_EQ(ch.stats().waiting_receivers + ch.stats().waiting_senders, 0u);
}

TEST(select_waiting, works_without_any_channel) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(select(on_stop(stop.get_token(), ignore)), 0u);
  EXPECT_EQ(select(on_timeout(1ms, ignore)), 0u);
}

TEST(select_waiting, two_selects_pair_with_each_other_not_with_themselves) {
  channel<int> ch(0);
  for (int i = 0; i < 300; ++i) {
    std::array<int, 2> sent{};
    std::array<int, 2> got{-1, -1};
    const auto both = [&](std::size_t me) {
      select(on_send(ch, static_cast<int>(me), [&](result<> r) { sent[me] += r.has_value(); }),
             on_receive(ch, [&](result<int> r) { got[me] = r.value(); }));
    };
    {
      std::jthread other([&] { both(1); });
      both(0);
    }
    EXPECT_EQ(sent[0] + sent[1], 1);
    EXPECT_EQ(got[sent[0] ? 1 : 0], sent[0] ? 0 : 1);
  }
}

TEST(select_waiting, among_many_on_one_channel_each_finds_another) {
  constexpr std::size_t threads = 16;
  channel<std::size_t> ch(0);
  std::atomic<int> sends{0};
  std::atomic<int> receives{0};
  {
    std::vector<std::jthread> all;
    for (std::size_t t = 0; t < threads; ++t) {
      all.emplace_back([&, t] {
        select(on_send(ch, std::size_t{t}, [&](result<>) { ++sends; }),
               on_receive(ch, [&, t](result<std::size_t> r) {
                 EXPECT_NE(r, t);
                 ++receives;
               }));
      });
    }
  }
  EXPECT_EQ(sends, 8);
  EXPECT_EQ(receives, 8);
}

TEST(select_waiting, pairs_with_a_plain_send_and_a_plain_receive) {
  channel<int> ch(0);
  std::jthread selecting([&] {
    select(on_receive(ch, [](result<int> r) { EXPECT_EQ(r, 1); }), on_send(ch, 9, never_runs));
    select(on_receive(ch, never_runs), on_send(ch, 2, ignore));
  });
  EXPECT_TRUE(ch.send(1));
  EXPECT_EQ(ch.receive(), 2);
}

TEST(select_waiting, a_dropped_permit_does_not_pair_it_with_itself) {
  channel<int> ch(1);
  std::optional p = std::move(*ch.reserve());
  std::jthread selecting([&] { EXPECT_EQ(select(on_receive(ch, never_runs), on_send(ch, 4, ignore)), 1u); });
  until([&] { return ch.stats().waiting_receivers == 1 && ch.stats().waiting_senders == 1; });
  p.reset();
  selecting.join();
  EXPECT_EQ(ch.receive(), 4);
}

TEST(select_waiting, among_twins_that_waited_each_is_chosen) {
  channel<int> ch(0);
  std::map<std::size_t, int> runs;
  std::jthread sender([&] {
    for (int i = 0; i < 600; ++i) {
      until_receivers_wait(ch, 4);
      EXPECT_TRUE(ch.try_send(i));
      until([&] { return ch.stats().waiting_receivers == 0 || ch.stats().waiting_receivers == 4; });
    }
  });
  for (int i = 0; i < 600; ++i) {
    ++runs[select(on_receive(ch, ignore), on_receive(ch, ignore), on_receive(ch, ignore),
                  on_receive(ch, ignore))];
  }
  for (const std::size_t i : {0u, 1u, 2u, 3u}) EXPECT_GT(runs[i], 80) << i;  // 150 expected, deviation 11
}

TEST(select_first, among_twins_that_waited_the_first_runs) {
  channel<int> ch(0);
  std::jthread sender([&] {
    for (int i = 0; i < 50; ++i) {
      until_receivers_wait(ch, 3);
      EXPECT_TRUE(ch.try_send(i));
      until([&] { return ch.stats().waiting_receivers != 2; });
    }
  });
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(select_first(on_receive(ch, ignore), on_receive(ch, never_runs), on_receive(ch, never_runs)),
              0u);
  }
}

TEST(select_waiting, failed_cases_leave_the_line_intact_for_those_behind) {
  channel<int> a(0);
  channel<int> b(0);
  std::jthread selecting([&] { select(on_receive(a, ignore), on_receive(b, never_runs)); });
  until_receivers_wait(b, 1);
  std::jthread behind([&] { EXPECT_EQ(b.receive(), 2); });
  until_receivers_wait(b, 2);
  EXPECT_TRUE(a.try_send(1));
  EXPECT_TRUE(b.send(2));
}

TEST(select_waiting, that_nothing_was_ready_is_true_of_one_moment) {
  // b is filled before a is emptied, so at every moment one of the two has a value.
  for (int i = 0; i < 2000; ++i) {
    channel<int> a(1);
    channel<int> b(1);
    ASSERT_TRUE(a.send(1));
    std::jthread juggler([&] {
      ASSERT_TRUE(b.try_send(2));
      (void)a.try_receive();
    });
    const auto chosen = select(on_receive(a, ignore), on_receive(b, ignore), otherwise(never_runs));
    EXPECT_LT(chosen, 2u);
  }
}

TEST(select_waiting, no_value_is_delivered_twice) {
  constexpr int n = 4000;
  std::list<channel<int>> chs;
  for (int i = 0; i < 4; ++i) chs.emplace_back(0);
  auto c = chs.begin();
  channel<int>& c0 = *c++;
  channel<int>& c1 = *c++;
  channel<int>& c2 = *c++;
  channel<int>& c3 = *c;
  std::jthread sender([&] {
    for (int i = 0; i < n; ++i) {
      select(on_send(c0, int{i}, ignore), on_send(c1, int{i}, ignore), on_send(c2, int{i}, ignore),
             on_send(c3, int{i}, ignore));
    }
    for (auto& ch : chs) ch.close();
  });
  channel<int> all(16);
  std::vector<std::jthread> forwarders;
  for (auto& ch : chs) {
    forwarders.emplace_back([&] {
      for (int x : ch) EXPECT_TRUE(all.send(x));
    });
  }
  std::set<int> seen;
  for (int i = 0; i < n; ++i) EXPECT_TRUE(seen.insert(all.receive().value()).second);
}

TEST(select_waiting, stop_timeout_and_values_that_cross_lose_nothing) {
  channel<int> a(0);
  channel<int> b(1);
  int sent = 0;
  int got = 0;
  for (int i = 0; i < 400; ++i) {
    std::stop_source stop;
    std::jthread sender([&] {
      sent += a.send_for(1, 100us).has_value();
      sent += b.send_for(1, 0us).has_value();
    });
    std::jthread stopper([&] {
      if (i % 2) stop.request_stop();
    });
    const auto count = [&](result<int> r) { got += r.has_value(); };
    for (int k = 0; k < 2; ++k) {
      select(on_receive(a, count), on_receive(b, count),
             on_timeout(std::chrono::microseconds(i % 120), ignore), on_stop(stop.get_token(), ignore));
    }
    sender.join();
    got += b.try_receive().has_value();
    EXPECT_EQ(sent, got) << i;
  }
}

TEST(select_waiting, a_handler_that_throws_after_a_wait_leaves_no_case_behind) {
  channel<int> a(0);
  channel<int> b(0);
  std::jthread sender([&] { EXPECT_TRUE(a.send(1)); });
  EXPECT_THROW(select(on_receive(b, never_runs), on_receive(a, [](auto) { throw 1; })), int);
  EXPECT_EQ(b.stats().waiting_receivers, 0u);
}

struct selects_at_thread_exit {
  channel<int>* ch = nullptr;
  ~selects_at_thread_exit() {
    if (ch != nullptr)
      select(on_receive(*ch, [](result<int> r) { EXPECT_EQ(r, 7); }), on_timeout(1h, never_runs));
  }
};

TEST(select_waiting, works_in_destructors_of_thread_locals) {
  channel<int> ch(0);
  std::jthread leaving([&] {
    thread_local selects_at_thread_exit last;
    last.ch = &ch;
  });
  EXPECT_TRUE(ch.send(7));
}

// A case that stays blocked may have claimed a partner on its first try, and is asked again on its second.
TEST(claimed_list, finishes_a_party_once_though_it_is_asked_again) {
  using native = detail::native_atomics;
  int told = 0;
  const auto count = [](void* context) noexcept { ++*static_cast<int*>(context); };
  for (const int parties : {1, 2}) {
    detail::claimed_list<native> claimed;
    {
      std::deque<detail::wait_party<native>> waiting;
      std::deque<detail::waiter<native>> waiters(static_cast<std::size_t>(parties));
      for (auto& w : waiters) {
        w.party = &waiting.emplace_back(detail::wait_party<native>::shape::single,
                                        detail::resumer{.function = count, .context = &told});
        claimed.add(w, detail::fate::done);
      }
      claimed.finish_all();
    }
    claimed.finish_all();  // those who waited have gone
    EXPECT_EQ(std::exchange(told, 0), parties);
    EXPECT_EQ(claimed.pop(), nullptr);
  }
}

}  // namespace
}  // namespace weir
