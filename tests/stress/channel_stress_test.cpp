// Sixteen threads on a few channels, with every operation there is. Whatever happens, each value meets
// exactly one fate: refused (and still the sender's), received, evicted, or discarded; and what one sender
// sent one receiver sees in order. WEIR_STRESS_SEED repeats a run's choices.
#include <weir/channel/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t threads_in_all = 16;
constexpr std::int64_t turns_each = 2000;

std::uint64_t seed_of_run() {
  static const std::uint64_t seed = [] {
    const char* const given = std::getenv("WEIR_STRESS_SEED");
    const std::uint64_t s = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
    std::cout << "WEIR_STRESS_SEED=" << s << std::endl;
    return s;
  }();
  return seed;
}

/// The fates of one run, each counted by itself.
struct ledger {
  std::atomic<std::int64_t> accepted{0};
  std::atomic<std::int64_t> received{0};
  std::atomic<std::int64_t> evicted{0};
  std::atomic<std::int64_t> alive{0};
};

/// A value that knows its sender and its turn, and owns memory, so that sanitizers see a lost or doubled one.
class token {
 public:
  token(ledger& l, std::size_t sender, std::int64_t turn) : book_(&l), body_(new body{sender, turn}) {
    ++book_->alive;
  }
  token(token&& other) noexcept : book_(other.book_), body_(std::move(other.body_)) {}
  token& operator=(token&& other) noexcept {
    end();
    book_ = other.book_;
    body_ = std::move(other.body_);
    return *this;
  }
  ~token() { end(); }

  bool whole() const { return body_ != nullptr; }
  std::size_t sender() const { return body_->sender; }
  std::int64_t turn() const { return body_->turn; }

 private:
  struct body {
    std::size_t sender;
    std::int64_t turn;
  };
  void end() noexcept {
    if (body_) --book_->alive;
    body_.reset();
  }
  ledger* book_;
  std::unique_ptr<body> body_;
};

using generator = std::mt19937_64;

/// One producer's life: values by every way of sending, until its channel closes or its turns are done.
void produce(ledger& book, sender<token> tx, std::size_t me, std::int64_t turns, generator random,
             bool evicts) {
  std::stop_source stopped;
  stopped.request_stop();
  const bool places = tx.capacity() > 0;
  for (std::int64_t turn = 0; turn < turns;) {
    token mine(book, me, turn);
    result<> sent;
    switch (random() % (places ? 9 : 5)) {
      case 0: sent = tx.try_send(std::move(mine)); break;
      case 1: sent = tx.send_for(std::move(mine), std::chrono::microseconds(random() % 50)); break;
      case 2: sent = tx.send(std::move(mine), random() % 2 ? stopped.get_token() : std::stop_token()); break;
      case 3:
        select(on_send(tx, std::move(mine), [&](result<> r) { sent = r; }),
               on_timeout(std::chrono::microseconds(random() % 80),
                          [&] { sent = std::unexpected(errc::timed_out); }));
        break;
      case 4: {
        std::array some{std::move(mine)};
        if (tx.send_some(some) == 0) sent = std::unexpected(errc::full);
        mine = std::move(some[0]);
        break;
      }
      case 5:
        if (!evicts) continue;
        if (auto out = tx.force_send(std::move(mine))) {
          book.evicted += out->has_value();
        } else {
          sent = std::unexpected(out.error());
        }
        break;
      case 6:
        if (auto p = tx.try_reserve()) {
          sent = p->send(std::move(mine));
        } else {
          sent = std::unexpected(p.error());
        }
        break;
      case 7:
        if (auto p = tx.reserve_for(20us); p && random() % 4 != 0) {
          sent = p->send(std::move(mine));
        } else {
          sent = std::unexpected(p ? errc::cancelled : p.error());  // dropped unused
        }
        break;
      default: sent = tx.send(std::move(mine)); break;
    }
    ASSERT_EQ(mine.whole(), !sent.has_value()) << "not accepted: still mine";
    if (sent) {
      ++book.accepted;
      ++turn;
    } else if (tx.is_closed()) {
      return;
    }
  }
}

/// What a consumer checks: of one sender, later values come later.
class order_book {
 public:
  void see(const token& t) {
    ASSERT_TRUE(t.whole());
    ASSERT_LT(last_[t.sender()], t.turn());
    last_[t.sender()] = t.turn();
  }

 private:
  std::array<std::int64_t, threads_in_all> last_ = [] {
    std::array<std::int64_t, threads_in_all> a{};
    a.fill(-1);
    return a;
  }();
};

void consume(ledger& book, receiver<token> rx, generator random, std::int64_t at_most) {
  order_book order;
  bool open = true;
  const auto take = [&](result<token> got) {
    if (got) {
      ++book.received;
      --at_most;
      order.see(*got);
    } else if (got.error() == errc::closed) {
      open = false;
    }
  };
  while (open && at_most > 0) {
    switch (random() % 6) {
      case 0: take(rx.try_receive()); break;
      case 1: take(rx.receive_for(std::chrono::microseconds(random() % 50))); break;
      case 2: take(rx.receive()); break;
      case 3:
        select(on_receive(rx, take), on_timeout(std::chrono::microseconds(random() % 80), [] {}));
        break;
      case 4: {
        std::vector<token> out;
        if (const auto n = rx.receive_up_to(std::back_inserter(out), 1 + random() % 5); !n)
          take(std::unexpected(n.error()));
        for (auto& t : out) take(std::move(t));
        break;
      }
      default: {
        std::vector<token> room;
        for (int i = 0; i < 3; ++i) room.emplace_back(book, 0, 0);
        const std::size_t n = rx.receive_some(room);
        for (std::size_t i = 0; i < n; ++i) take(std::move(room[i]));
      }
    }
  }
}

struct plan {
  std::size_t capacity;
  bool evicts;
};

class channel_stress : public ::testing::TestWithParam<plan> {};

TEST_P(channel_stress, every_value_has_one_fate_and_keeps_its_order) {
  ledger book;
  {
    auto [tx, rx] = make_channel<token>(GetParam().capacity);
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < threads_in_all / 2; ++t) {
      const generator random(seed_of_run() + t);
      threads.emplace_back(
          [&, tx, t, random] { produce(book, tx, t, turns_each, random, GetParam().evicts); });
      threads.emplace_back([&, rx, random] { consume(book, rx, random, INT64_MAX); });
    }
    const auto only_the_threads_keep_it = std::move(tx);
  }
  EXPECT_EQ(book.accepted, book.received + book.evicted);
  EXPECT_EQ(book.accepted, turns_each * static_cast<std::int64_t>(threads_in_all) / 2);
  EXPECT_EQ(book.alive, 0);
}

TEST_P(channel_stress, receivers_that_leave_discard_what_is_left_and_count_it) {
  for (std::uint64_t round = 0; round < 40; ++round) {
    ledger book;
    std::uint64_t discarded = 0;
    {
      auto [tx, rx] = make_channel<token>(GetParam().capacity);
      {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < threads_in_all / 2; ++t) {
          const generator random(seed_of_run() + round * 100 + t);
          threads.emplace_back(
              [&, tx, t, random] { produce(book, tx, t, INT64_MAX, random, GetParam().evicts); });
          threads.emplace_back([&, rx, random] { consume(book, rx, random, 30); });
        }
        const auto only_the_threads_keep_it = std::move(rx);
      }
      discarded = tx.stats().discarded;
      EXPECT_EQ(tx.size(), 0u);
    }
    EXPECT_EQ(book.accepted, book.received + book.evicted + static_cast<std::int64_t>(discarded));
    EXPECT_EQ(book.alive, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(capacities, channel_stress,
                         ::testing::Values(plan{0, false}, plan{1, false}, plan{1, true}, plan{3, true},
                                           plan{64, true}),
                         [](const auto& one) {
                           return "of_" + std::to_string(one.param.capacity) +
                                  (one.param.evicts ? "_evicting" : "");
                         });

// Sixteen threads select over sends and receives on channels of several capacities, each thread on both sides
// of each.
TEST(select_stress, sends_and_receives_balance_over_all_channels) {
  constexpr std::int64_t turns = 2000;
  std::list<channel<std::int64_t>> chs;
  for (const std::size_t capacity : {0u, 0u, 1u, 3u}) chs.emplace_back(capacity);
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> received{0};
  std::atomic<std::int64_t> sum{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < threads_in_all; ++t) {
      threads.emplace_back([&, t] {
        generator random(seed_of_run() + t);
        for (std::int64_t turn = 0; turn < turns; ++turn) {
          std::vector<any_case> cases;
          for (auto& ch : chs) {
            const auto v = static_cast<std::int64_t>(random() % 1000);
            cases.emplace_back(on_send(ch, v, [&, v](result<> r) {
              if (r) ++sent, sum += v;
            }));
            cases.emplace_back(on_receive(ch, [&](result<std::int64_t> r) {
              if (r) ++received, sum -= *r;
            }));
          }
          if (random() % 4 == 0)
            cases.emplace_back(on_timeout(std::chrono::microseconds(random() % 100), [] {}));
          if (random() % 8 == 0) cases.emplace_back(otherwise([] {}));
          random() % 2 ? select(std::span(cases)) : select_first(std::span(cases));
        }
      });
    }
    // The last threads may find nobody to pair with at capacity 0, and the others full or empty: never both.
    for (auto& th : threads) th.join();
  }
  for (auto& ch : chs) {
    EXPECT_EQ(ch.stats().waiting_senders + ch.stats().waiting_receivers, 0u);
    ch.close();
    for (const std::int64_t v : ch) ++received, sum -= v;
  }
  EXPECT_EQ(sent, received);
  EXPECT_EQ(sum, 0);
}

// After its own send a thread never finds the channel empty: others may have taken its value, but then theirs
// is there.
TEST(linearisable, after_my_own_send_a_receive_finds_something) {
  channel<int> ch(4);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 30000; ++i) {
        ASSERT_TRUE(ch.try_send(i));
        ASSERT_TRUE(ch.try_receive());
      }
    });
  }
}

// The same for rendezvous by select: what is cancelled at one end was not received at the other.
TEST(select_stress, stop_requests_and_partners_decide_each_select_once) {
  channel<int> ch(0);
  std::int64_t sent = 0;
  std::int64_t received = 0;
  generator random(seed_of_run());
  for (int round = 0; round < 1000; ++round) {
    std::stop_source stop;
    const auto delay = random() % 40;
    std::jthread stopper([&, delay] {
      for (std::uint64_t i = 0; i < delay; ++i) std::this_thread::yield();
      stop.request_stop();
    });
    std::jthread receiving([&] {
      select(on_receive(ch, [&](result<int> r) { received += r.has_value(); }),
             on_stop(stop.get_token(), [] {}));
    });
    select(on_send(ch, 1, [&](result<> r) { sent += r.has_value(); }), on_stop(stop.get_token(), [] {}));
    receiving.join();
    EXPECT_EQ(sent, received) << round;
  }
}

}  // namespace
}  // namespace weir
