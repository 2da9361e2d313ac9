// What a channel does to its elements: none lost, none destroyed twice, no user code under the lock.
#include <weir/channel/select.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace weir {
namespace {

using testing::counted;
using testing::until;

TEST(element, each_value_is_destroyed_once_however_it_ends) {
  counted::reset();
  {
    channel<counted> ch(4);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(ch.send(counted(i)));
    ASSERT_TRUE(ch.receive());                           // received
    EXPECT_EQ(ch.force_send(counted(4)), std::nullopt);  // fits
    const auto evicted = ch.force_send(counted(5));      // pushes out
    EXPECT_EQ(evicted->value().value, 1);
    EXPECT_FALSE(ch.try_send(counted(6)));  // refused
    std::vector<counted> room;
    room.emplace_back(7);
    EXPECT_EQ(ch.receive_some(room), 1u);  // replaces
    EXPECT_EQ(counted::alive, 5);
  }  // and three are left inside
  EXPECT_EQ(counted::alive, 0);
  EXPECT_EQ(counted::destroyed, 8);
}

TEST(element, a_value_handed_to_a_waiting_receiver_is_destroyed_once) {
  for (const std::size_t capacity : {0u, 1u}) {
    counted::reset();
    {
      channel<counted> ch(capacity);
      std::jthread receiver([&] { EXPECT_EQ(ch.receive()->value, 3); });
      until([&] { return ch.stats().waiting_receivers == 1; });
      EXPECT_TRUE(ch.try_send(counted(3)));
      receiver.join();
      std::jthread selecting([&] { select(on_receive(ch, [](auto r) { EXPECT_EQ(r->value, 4); })); });
      until([&] { return ch.stats().waiting_receivers == 1; });
      EXPECT_TRUE(ch.try_send(counted(4)));
    }
    EXPECT_EQ(counted::alive, 0);
    EXPECT_EQ(counted::destroyed, 2);
  }
}

TEST(element, a_select_case_that_did_not_run_moves_and_destroys_nothing) {
  counted::reset();
  channel<counted> full(1);
  ASSERT_TRUE(full.send(counted(1)));
  counted mine(2);
  select(on_send(full, std::move(mine), [](auto) { FAIL(); }), otherwise([] {}));
  select(on_send(full, std::move(mine), [](auto) { FAIL(); }), on_timeout(duration(1000), [] {}));
  EXPECT_TRUE(mine.holds);
  EXPECT_EQ(counted::alive, 2);
}

/// Uses its channel whenever it ends, moved from or not.
struct talkative {
  channel<talkative>* ch;
  explicit talkative(channel<talkative>* c) noexcept : ch(c) {}
  talkative(const talkative& other) noexcept = default;
  ~talkative() {
    (void)ch->stats();
    (void)ch->try_receive();
  }
};

TEST(element, a_destructor_may_use_the_same_channel) {
  for (const std::size_t capacity : {0u, 1u, 3u}) {
    channel<talkative> ch(capacity);
    for (int i = 0; i < 5; ++i) (void)ch.try_send(talkative(&ch));
    (void)ch.try_receive();
    if (capacity > 0) (void)ch.force_send(talkative(&ch));
    std::vector<talkative> room(2, talkative(&ch));
    (void)ch.receive_some(room);
    (void)ch.send_some(room);
    ch.close();
    (void)ch.receive();
  }
}

struct closer {
  std::function<void()> at_end;
  explicit closer(std::function<void()> f) : at_end(std::move(f)) {}
  closer(closer&& other) noexcept : at_end(std::exchange(other.at_end, nullptr)) {}
  ~closer() {
    if (at_end) at_end();
  }
};

TEST(element, a_discarded_value_may_use_the_channel_that_discards_it) {
  auto [tx, rx] = make_channel<closer>(2);
  int ended = 0;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(tx.send(closer([&ended, &tx] {
      EXPECT_FALSE(tx.close());
      EXPECT_EQ(tx.try_send(closer(nullptr)).error(), errc::closed);
      ++ended;
    })));
  }
  {
    const auto gone = std::move(rx);
  }
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(tx.stats().discarded, 2u);
}

TEST(element, a_value_left_in_a_channel_may_use_it_while_it_is_destroyed) {
  int ended = 0;
  {
    channel<closer> ch(2);
    ASSERT_TRUE(ch.send(closer([&] {
      EXPECT_EQ(ch.try_send(closer(nullptr)).error(), errc::closed);
      EXPECT_EQ(ch.size(), 0u);
      ++ended;
    })));
  }
  EXPECT_EQ(ended, 1);
}

/// Moved-from ones block in their destructor until released.
struct reluctant {
  static inline std::atomic<int> blocked{0};
  static inline std::atomic<bool> release{false};
  bool moved_from = false;
  reluctant() = default;
  reluctant(reluctant&& other) noexcept { other.moved_from = true; }
  ~reluctant() {
    if (!moved_from || release) return;
    ++blocked;
    until([] { return release.load(); });
  }
};

TEST(element, a_destructor_that_blocks_holds_up_nobody_else) {
  reluctant::blocked = 0;
  reluctant::release = true;
  channel<reluctant> ch(1);
  ASSERT_TRUE(ch.send(reluctant()));
  reluctant::release = false;
  std::vector<std::jthread> receivers;
  std::vector<reluctant> values(40);
  // Each receiver hangs in the destructor of the value it moved out of the queue; more than the spare cells
  // cover.
  for (int i = 0; i < 40; ++i) {
    receivers.emplace_back([&] { EXPECT_TRUE(ch.receive()); });
    until([&] { return reluctant::blocked == i + 1; });
    EXPECT_TRUE(ch.try_send(std::move(values[static_cast<std::size_t>(i)])));
    EXPECT_EQ(ch.try_send(reluctant()).error(), errc::full) << "exact all the same";
  }
  EXPECT_EQ(ch.size(), 1u);
  EXPECT_FALSE(ch.is_closed());
  reluctant::release = true;
}

template <class T>
void passes(T value) {
  for (const std::size_t capacity : {0u, 1u, 3u}) {
    channel<T> ch(capacity);
    std::jthread sender([&] {
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(ch.send(T(value)));
      ch.close();
    });
    int n = 0;
    for (T& x : ch) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&x) % alignof(T), 0u);
      ++n;
    }
    EXPECT_EQ(n, 5);
  }
}

struct alignas(256) wide {
  char c = 1;
  // The over-aligned object must be where it says it is, wherever it is moved.
  wide() = default;
  wide(const wide& other) noexcept : c(other.c) { check(); }
  ~wide() { check(); }
  void check() const { EXPECT_EQ(reinterpret_cast<std::uintptr_t>(this) % 256, 0u); }
};
struct empty_type {};

TEST(element, of_any_shape_passes) {
  passes<int>(1);
  passes<empty_type>({});
  passes<std::monostate>({});
  passes<std::array<int, 0>>({});
  passes<std::string>("a string that is too long to be kept inside its object");
  passes<std::array<char, 32768>>({});
  passes<wide>({});
  passes<std::shared_ptr<int>>(std::make_shared<int>(1));
  passes<void*>(nullptr);
  passes<bool>(true);
}

TEST(element, of_32_kib_passes_through_a_full_queue) {
  using block = std::array<std::uint32_t, 8192>;
  channel<block> ch(2);
  std::jthread sender([&] {
    for (std::uint32_t i = 0; i < 200; ++i) {
      block b;
      b.fill(i);
      EXPECT_TRUE(ch.send(std::move(b)));
    }
    ch.close();
  });
  std::uint32_t i = 0;
  for (const block& b : ch) {
    EXPECT_EQ(b.front(), i);
    EXPECT_EQ(b.back(), i);
    ++i;
  }
  EXPECT_EQ(i, 200u);
}

struct not_assignable {
  const int id;
  explicit not_assignable(int i) : id(i) {}
};

TEST(element, needs_no_assignment) {
  channel<not_assignable> ch(3);
  for (int i : {1, 2, 3}) ASSERT_TRUE(ch.send(not_assignable(i)));
  EXPECT_EQ(ch.receive()->id, 1);
  std::vector<std::unique_ptr<not_assignable>> room;
  std::array two{not_assignable(8), not_assignable(9)};
  EXPECT_EQ(ch.receive_some(two), 2u);
  EXPECT_EQ(std::launder(&two[0])->id, 2);
}

TEST(element, an_element_is_what_the_static_assert_says) {
  struct throwing_end {
    ~throwing_end() noexcept(false) {}
  };
  struct throwing_move {
    throwing_move(throwing_move&&) {}
  };
  static_assert(!detail::channel_element<throwing_end>);
  static_assert(!detail::channel_element<throwing_move>);
  static_assert(!detail::channel_element<int&>);
  static_assert(!detail::channel_element<const int>);
  static_assert(!detail::channel_element<int[3]>);
  static_assert(!detail::channel_element<void>);
  static_assert(detail::channel_element<std::unique_ptr<int>>);
  // The messages themselves: refused_element.cpp.
}

TEST(element, close_against_send_against_receive_loses_and_doubles_nothing) {
  for (int round = 0; round < 150; ++round) {
    counted::reset();
    std::atomic<int> accepted{0};
    std::atomic<int> received{0};
    int left = 0;
    {
      channel<counted> ch(static_cast<std::size_t>(round % 4));
      {
        std::latch start(5);
        std::vector<std::jthread> threads;
        for (int t = 0; t < 2; ++t) {
          threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int i = 0; ch.send(counted(i)); ++i) ++accepted;
          });
          threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int i = 0; i < 50 && ch.receive(); ++i) ++received;
          });
        }
        threads.emplace_back([&] {
          start.arrive_and_wait();
          for (int i = 0; i < round; ++i) std::this_thread::yield();
          ch.close();
        });
      }
      left = static_cast<int>(ch.size());
    }
    EXPECT_EQ(accepted, received + left);
    EXPECT_EQ(counted::alive, 0);
  }
}

}  // namespace
}  // namespace weir
