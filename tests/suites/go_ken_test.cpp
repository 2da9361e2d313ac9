// What Go's test/ken/chan.go and test/ken/chan1.go assert of sends, receives and selects in every mix,
// asserted of weir's channels.
#include "suite.hpp"

#include <array>
#include <atomic>
#include <memory>

namespace weir::suites {
namespace {

constexpr int values_each = 76;  // what passes through one channel in one test

// A channel of ascending numbers. `sent` belongs to the one thread that sends, `received` to the one that
// receives.
struct numbered {
  explicit numbered(std::size_t capacity) : ch(capacity) {}

  bool all_sent() const { return sent == values_each; }
  bool all_received() const { return received == values_each; }
  void expect_next(const result<int>& got) {
    EXPECT_EQ(got, received);
    ++received;
  }

  channel<int> ch;
  int sent = 0, received = 0;
};

// Lets others run, a few times, a different number of times each call.
void linger(unsigned& state, unsigned most) {
  state = (state + 10'007) % 1'000'000;
  for (unsigned i = state % most; i > 0; --i) std::this_thread::yield();
}

void send_all(numbered& c) {
  for (unsigned state = 0; !c.all_sent(); ++c.sent) {
    linger(state, 10);
    ASSERT_TRUE(c.ch.send(c.sent));
  }
}

void receive_all(numbered& c) {
  for (unsigned state = 1; !c.all_received();) {
    linger(state, 10);
    c.expect_next(c.ch.receive());
  }
}

// Moves everything through all of these channels by selects; what has moved all its values takes no further
// part.
void select_all(std::vector<numbered*> in, std::vector<numbered*> out) {
  for (unsigned state = 2;; linger(state, 5)) {
    std::erase_if(in, [](numbered* c) { return c->all_received(); });
    std::erase_if(out, [](numbered* c) { return c->all_sent(); });
    if (in.empty() && out.empty()) return;
    std::vector<any_case> cases;
    for (numbered* c : in)
      cases.emplace_back(on_receive(c->ch, [c](result<int> got) { c->expect_next(got); }));
    for (numbered* c : out) {
      cases.emplace_back(on_send(c->ch, std::as_const(c->sent), [c](result<> done) {
        EXPECT_TRUE(done);
        ++c->sent;
      }));
    }
    select(std::span(cases));
  }
}

class go_ken_chan : public testing::TestWithParam<std::size_t> {
 protected:
  // Each test says who moves what; when it is over, everything has moved.
  void TearDown() override {
    threads_.clear();
    for (auto& c : channels_) {
      EXPECT_EQ(c->sent, values_each);
      EXPECT_EQ(c->received, values_each);
      EXPECT_EQ(c->ch.size(), 0u);
    }
  }

  numbered* make() { return channels_.emplace_back(std::make_unique<numbered>(GetParam())).get(); }
  std::vector<numbered*> make_four() { return {make(), make(), make(), make()}; }
  void run_send(numbered* c) {
    threads_.emplace_back([c] { send_all(*c); });
  }
  void run_receive(numbered* c) {
    threads_.emplace_back([c] { receive_all(*c); });
  }
  void run_select(std::vector<numbered*> in, std::vector<numbered*> out) {
    threads_.emplace_back([in, out] { select_all(in, out); });
  }

 private:
  std::vector<std::unique_ptr<numbered>> channels_;
  std::vector<std::jthread> threads_;
};
INSTANTIATE_TEST_SUITE_P(capacities, go_ken_chan, testing::Values(0, 1, 10, 100));

TEST_P(go_ken_chan, plain_sends_meet_plain_receives) {
  for (numbered* c : make_four()) {
    run_send(c);
    run_receive(c);
  }
}

TEST_P(go_ken_chan, plain_sends_meet_a_select) {
  auto four = make_four();
  for (numbered* c : four) run_send(c);
  run_select(four, {});
}

TEST_P(go_ken_chan, a_select_meets_plain_receives) {
  auto four = make_four();
  for (numbered* c : four) run_receive(c);
  run_select({}, four);
}

TEST_P(go_ken_chan, a_select_that_sends_meets_a_select_that_receives) {
  auto four = make_four();
  run_select({}, four);
  run_select(four, {});
}

TEST_P(go_ken_chan, two_selects_that_send_and_receive_meet_each_other) {
  auto there = make_four(), back = make_four();
  run_select(back, there);
  run_select(there, back);
}

TEST_P(go_ken_chan, selects_between_plain_sends_and_plain_receives_meet_all_of_them) {
  auto between = make_four(), from = make_four(), to = make_four();
  for (numbered* c : from) run_send(c);
  for (numbered* c : to) run_receive(c);
  run_select(from, between);
  run_select(between, to);
}

// Asserts what Go's test/ken/chan1.go asserts: of a thousand values from one sender, ten receivers take each
// once, and each only after it was sent.
TEST(go_ken_chan1, many_receivers_share_the_values_of_one_sender) {
  constexpr std::size_t count = 1000;
  channel<std::size_t> ch(2);
  std::array<std::atomic<int>, count> mark{};  // 0: not sent, 1: sent, 2: received
  std::vector<std::jthread> receivers;
  for (int i = 0; i < 10; ++i) {
    receivers.emplace_back([&] {
      for (bool open = true; open;) {
        select(on_receive(ch, [&](result<std::size_t> got) {
          open = got.has_value();
          if (open) {
            EXPECT_EQ(mark[*got].exchange(2), 1) << "value " << *got;
          }
        }));
      }
    });
  }
  for (std::size_t value = 0; value < count; ++value) {
    EXPECT_EQ(mark[value].exchange(1), 0);
    ASSERT_TRUE(ch.send(value));
  }
  ch.close();
  receivers.clear();
  for (const auto& m : mark) EXPECT_EQ(m, 2);
}

}  // namespace
}  // namespace weir::suites
