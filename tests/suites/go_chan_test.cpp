// What the programs in Go's test/chan assert of plain sends and receives, asserted of weir's channels. The
// programs on select are in go_select_test.cpp, the power series in go_power_series_test.cpp; select5.go,
// select8.go and sendstmt.go are about Go's grammar and have no counterpart.
#include "suite.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace weir::suites {
namespace {

// Asserts what Go's test/chan/fifo.go asserts of buffered channels.
TEST(go_fifo, a_buffered_channel_keeps_the_order_of_its_values) {
  constexpr int count = 10;
  channel<int> ch(count);
  for (int i = 0; i < count; ++i) ASSERT_TRUE(ch.send(i));
  for (int i = 0; i < count; ++i) EXPECT_EQ(ch.receive(), i);
}

// Asserts what Go's test/chan/fifo.go asserts of unbuffered channels: each thread of a chain waits for the
// one before it, then takes the next value.
TEST(go_fifo, threads_that_take_turns_on_a_rendezvous_get_the_values_in_order) {
  constexpr std::size_t count = 10;
  channel<std::size_t> values(0);
  std::vector<std::unique_ptr<channel<unit>>> turn;
  for (std::size_t i = 0; i <= count; ++i) turn.push_back(std::make_unique<channel<unit>>(0));

  std::vector<std::jthread> chain;
  for (std::size_t i = 0; i < count; ++i) {
    chain.emplace_back([&, i] {
      ASSERT_TRUE(turn[i]->receive());
      EXPECT_EQ(values.receive(), i);
      ASSERT_TRUE(turn[i + 1]->send(unit{}));
    });
  }
  ASSERT_TRUE(turn.front()->send(unit{}));
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(values.send(i));
  ASSERT_TRUE(turn.back()->receive());
}

// Asserts what Go's test/chan/goroutines.go asserts, with 200 threads for its 10,000 goroutines.
TEST(go_goroutines, a_value_passes_through_a_long_chain_of_threads) {
  constexpr std::size_t links = 200;
  std::vector<std::unique_ptr<channel<int>>> link;
  for (std::size_t i = 0; i <= links; ++i) link.push_back(std::make_unique<channel<int>>(0));

  std::vector<std::jthread> chain;
  for (std::size_t i = 0; i < links; ++i) {
    chain.emplace_back([&, i] {
      auto value = link[i + 1]->receive();
      ASSERT_TRUE(value);
      EXPECT_TRUE(link[i]->send(*value));
    });
  }
  ASSERT_TRUE(link.back()->send(1));
  EXPECT_EQ(link.front()->receive(), 1);
}

template <class T>
struct pair_of_values;
template <>
struct pair_of_values<std::int32_t> {
  static constexpr std::int32_t there = 123, back = 234;
};
template <>
struct pair_of_values<std::int64_t> {
  static constexpr std::int64_t there = 123456789012, back = 234567890123;
};
template <>
struct pair_of_values<bool> {
  static constexpr bool there = true, back = true;
};
template <>
struct pair_of_values<std::string> {
  static inline const std::string there = "there and then some, beyond the small string", back = "back";
};

template <class T>
class go_nonblock : public testing::Test {};
using nonblock_types = testing::Types<std::int32_t, std::int64_t, bool, std::string>;
TYPED_TEST_SUITE(go_nonblock, nonblock_types);

// Asserts what Go's test/chan/nonblock.go asserts, for each of its four types.
TYPED_TEST(go_nonblock, a_try_fails_when_nobody_waits_and_succeeds_when_somebody_does) {
  using values = pair_of_values<TypeParam>;
  for (std::size_t capacity : {0u, 1u}) {
    channel<TypeParam> ch(capacity);
    EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty));

    std::jthread receiving([&] { EXPECT_EQ(ch.receive(), values::there); });
    if (capacity == 0) wait_until([&] { return ch.stats().waiting_receivers == 1; });
    EXPECT_TRUE(ch.try_send(TypeParam(values::there)));
    receiving.join();

    std::jthread sending([&] { EXPECT_TRUE(ch.send(TypeParam(values::back))); });
    wait_until([&] { return ch.stats().waiting_senders == 1 || ch.size() == 1; });
    EXPECT_EQ(ch.try_receive(), values::back);
    sending.join();

    EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty));
  }
}

// Asserts what Go's test/chan/nonblock.go asserts of a try that is repeated until the other side comes.
TYPED_TEST(go_nonblock, a_try_that_is_repeated_meets_the_other_side_in_the_end) {
  using values = pair_of_values<TypeParam>;
  for (std::size_t capacity : {0u, 1u}) {
    channel<TypeParam> ch(capacity);
    channel<unit> arrived(1);
    std::jthread partner([&] {
      EXPECT_EQ(ch.receive(), values::there);
      EXPECT_TRUE(arrived.send(unit{}));
      EXPECT_TRUE(ch.send(TypeParam(values::back)));
    });
    TypeParam value = values::there;
    wait_until([&] { return ch.try_send(std::move(value)).has_value(); });
    EXPECT_TRUE(arrived.receive());
    auto answer = ch.try_receive();
    wait_until([&] {
      if (!answer) answer = ch.try_receive();
      return answer.has_value();
    });
    EXPECT_EQ(answer, values::back);
  }
}

// Asserts what Go's test/chan/perm.go asserts at compile time: a sending end cannot receive, a receiving end
// cannot send, neither becomes the other, and what is no channel can do neither. Unlike Go's, our receiving
// end can close.
template <class C>
concept can_send = requires(C& c) { c.send(1); };
template <class C>
concept can_try_send = requires(C& c) { c.try_send(1); };
template <class C>
concept can_receive = requires(C& c) { c.receive(); };
template <class C>
concept can_try_receive = requires(C& c) { c.try_receive(); };
template <class C>
concept can_iterate = requires(C& c) { c.begin() == c.end(); };
template <class C>
concept can_close = requires(C& c) { c.close(); };
template <class C>
concept can_be_selected_to_send = requires(C& c, int v) { on_send(c, v, ignore); };
template <class C>
concept can_be_selected_to_receive = requires(C& c) { on_receive(c, ignore); };

static_assert(can_send<channel<int>> && can_try_send<channel<int>> && can_receive<channel<int>>);
static_assert(can_try_receive<channel<int>> && can_iterate<channel<int>> && can_close<channel<int>>);
static_assert(can_be_selected_to_send<channel<int>> && can_be_selected_to_receive<channel<int>>);
static_assert(can_send<sender<int>> && can_try_send<sender<int>> && can_be_selected_to_send<sender<int>>);
static_assert(!can_receive<sender<int>> && !can_try_receive<sender<int>> && !can_iterate<sender<int>>);
static_assert(!can_be_selected_to_receive<sender<int>>);
static_assert(can_receive<receiver<int>> && can_try_receive<receiver<int>> && can_iterate<receiver<int>>);
static_assert(can_be_selected_to_receive<receiver<int>>);
static_assert(!can_send<receiver<int>> && !can_try_send<receiver<int>> &&
              !can_be_selected_to_send<receiver<int>>);
static_assert(can_close<sender<int>> && can_close<receiver<int>>);
static_assert(!std::convertible_to<sender<int>, receiver<int>> &&
              !std::convertible_to<receiver<int>, sender<int>>);
static_assert(!std::convertible_to<sender<int>, channel<int>> &&
              !std::convertible_to<receiver<int>, channel<int>>);
static_assert(!can_send<int> && !can_receive<int> && !can_close<int> && !can_be_selected_to_receive<int>);

constexpr std::array first_primes{2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                                  43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};

// A stage of the sieve: passes on what `prime` does not divide. It ends when the stage after it has gone, and
// by going ends the stage before it.
void pass_on_what_is_not_divided(receiver<int> in, sender<int> out, int prime) {
  for (int candidate : in) {
    if (candidate % prime != 0 && !out.send(candidate)) return;
  }
}

// Asserts what Go's test/chan/sieve1.go asserts: a daisy chain of filters over unbuffered channels yields the
// primes.
TEST(go_sieve, a_chain_of_filters_over_rendezvous_channels_yields_the_primes) {
  std::vector<std::jthread> stages;
  auto [naturals_in, numbers] = make_channel<int>(0);
  stages.emplace_back([out = std::move(naturals_in)]() mutable {
    for (int i = 2; out.send(i);) ++i;
  });
  for (int expected : first_primes) {
    auto prime = numbers.receive();
    ASSERT_EQ(prime, expected);
    auto [filtered_in, filtered] = make_channel<int>(0);
    stages.emplace_back(pass_on_what_is_not_divided, std::move(numbers), std::move(filtered_in), *prime);
    numbers = std::move(filtered);
  }
  numbers.close();
}

// The composites of the odd numbers, merged in order from one producer a prime, as in Go's
// test/chan/sieve2.go.
class merged_multiples {
 public:
  void add(int prime) {
    auto [in, out] = make_channel<int>(10);
    producers_.emplace_back([my_in = std::move(in), prime]() mutable {
      for (int n = prime * prime; my_in.send(n);) n += 2 * prime;
    });
    int first = out.receive().value();
    heads_.emplace(first, std::move(out));
  }

  // Removes the least composite, and all its duplicates.
  int next() {
    int least = heads_.begin()->first;
    while (heads_.begin()->first == least) {
      auto node = heads_.extract(heads_.begin());
      node.key() = node.mapped().receive().value();
      heads_.insert(std::move(node));
    }
    return least;
  }

  bool any_below(int limit) const { return !heads_.empty() && heads_.begin()->first < limit; }

 private:
  std::vector<std::jthread>
      producers_;  // joined last: each ends when its channel's receiver, a head, has gone
  std::multimap<int, receiver<int>> heads_;
};

// Takes what comes from `in` at once and holds it until `out` has room: an unbounded buffer made of a select
// in which the sending case takes part only while there is something to send.
void buffer_without_bound(receiver<int> in, sender<int> out) {
  std::vector<int> held;
  bool open = true;
  while (open || !held.empty()) {
    std::vector<any_case> cases;
    if (open) {
      cases.emplace_back(on_receive(in, [&](result<int> value) {
        open = value.has_value();
        if (value) held.push_back(*value);
      }));
    }
    bool sent = false, refused = false;
    int oldest = held.empty() ? 0 : held.front();
    if (!held.empty()) {
      cases.emplace_back(on_send(out, oldest, [&](result<> done) { (done ? sent : refused) = true; }));
    }
    select(std::span(cases));
    if (refused) return;
    if (sent) held.erase(held.begin());
  }
}

// Asserts what Go's test/chan/sieve2.go asserts: the primes come out right when the multiples of each are
// produced by a thread of its own, and a feedback loop that would deadlock with a bounded channel runs
// through a select.
TEST(go_sieve, a_feedback_loop_through_a_buffering_select_yields_the_primes) {
  auto [primes_in, buffered] = make_channel<int>(10);
  auto [buffer_out, primes] = make_channel<int>(10);
  auto [composites_in, composites] = make_channel<int>(50);
  std::jthread buffering(buffer_without_bound, std::move(buffered), std::move(buffer_out));
  std::jthread merging([in = std::move(composites_in), known = std::move(primes)]() mutable {
    merged_multiples multiples;
    for (int prime : known) {
      while (multiples.any_below(prime * prime)) {
        if (!in.send(multiples.next())) return;
      }
      // Its square is the least now, and must be out before the next prime can come in.
      multiples.add(prime);
      if (!in.send(multiples.next())) return;
    }
  });

  std::vector<int> found{2, 3};
  int candidate = 5;
  ASSERT_TRUE(primes_in.send(3));
  while (found.size() < first_primes.size()) {
    auto composite = composites.receive();
    ASSERT_TRUE(composite);
    for (; candidate < *composite; candidate += 2) {
      ASSERT_TRUE(primes_in.send(candidate));
      found.push_back(candidate);
    }
    if (candidate == *composite) candidate += 2;
  }
  found.resize(first_primes.size());
  EXPECT_TRUE(std::ranges::equal(found, first_primes));
  composites.close();
  primes_in.close();
}

struct nothing_at_all {};

template <class T>
class go_zerosize : public testing::Test {};
using empty_types = testing::Types<nothing_at_all, std::array<int, 0>, unit>;
TYPED_TEST_SUITE(go_zerosize, empty_types);

// Asserts what Go's test/chan/zerosize.go asserts, and that such channels carry their elements.
TYPED_TEST(go_zerosize, channels_of_empty_elements_can_be_made_and_used) {
  channel<TypeParam> rendezvous(0), buffered(1);
  EXPECT_EQ(rendezvous.capacity(), 0u);
  EXPECT_TRUE(buffered.try_send(TypeParam{}));
  EXPECT_EQ(buffered.try_send(TypeParam{}).error(), errc::full);
  EXPECT_TRUE(buffered.try_receive());
  together([&] { EXPECT_TRUE(rendezvous.send(TypeParam{})); }, [&] { EXPECT_TRUE(rendezvous.receive()); });
}

}  // namespace
}  // namespace weir::suites
