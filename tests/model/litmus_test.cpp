// Does the model allow what C++ allows, and nothing else? The classic small programs, and every outcome each
// may have. A checker that has not seen these tells nothing about a channel.
#include "atomics.hpp"
#include "engine.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace {

using outcomes = std::set<std::string>;
constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

/// Without bounds that matter for programs this small.
model::limits everything() { return {.preemptions = 20, .odd_reads = 20, .random = 0}; }

/// What `program` may come to: it puts each outcome into the set it is given.
template <class Program>
outcomes all_of(Program program) {
  outcomes seen;
  const model::findings f = model::explore([&] { seen.insert(program()); }, everything());
  EXPECT_FALSE(f.failed) << f.what << '\n' << f.trace;
  EXPECT_TRUE(f.exhaustive);
  return seen;
}

std::string both(int a, int b) { return std::to_string(a) + std::to_string(b); }

std::string store_buffering(std::memory_order store, std::memory_order load) {
  model::atomic<int> x{0};
  model::atomic<int> y{0};
  int a = 0;
  int b = 0;
  model::threads(
      {[&] { x.store(1, store), a = y.load(load); }, [&] { y.store(1, store), b = x.load(load); }});
  return both(a, b);
}

TEST(litmus, store_buffering_shows_unless_all_of_it_is_sequentially_consistent) {
  EXPECT_EQ(all_of([] { return store_buffering(relaxed, relaxed); }), (outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(all_of([] { return store_buffering(release, acquire); }), (outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(all_of([] { return store_buffering(seq_cst, acquire); }), (outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(all_of([] { return store_buffering(seq_cst, seq_cst); }), (outcomes{"01", "10", "11"}));
}

std::string message_passing(std::memory_order store, std::memory_order load) {
  model::atomic<int> data{0};
  model::atomic<int> flag{0};
  int a = 0;
  int b = 0;
  model::threads({[&] { data.store(1, relaxed), flag.store(1, store); },
                  [&] { a = flag.load(load), b = data.load(relaxed); }});
  return both(a, b);
}

TEST(litmus, a_message_needs_a_release_and_an_acquire) {
  EXPECT_EQ(all_of([] { return message_passing(release, acquire); }), (outcomes{"00", "01", "11"}));
  EXPECT_TRUE(all_of([] { return message_passing(relaxed, acquire); }).contains("10"));
  EXPECT_TRUE(all_of([] { return message_passing(release, relaxed); }).contains("10"));
}

std::string through_a_third(std::memory_order middle) {
  model::atomic<int> data{0};
  model::atomic<int> flag{0};
  int a = 0;
  int b = 0;
  model::threads({[&] { data.store(1, relaxed), flag.store(1, release); }, [&] { flag.fetch_add(2, middle); },
                  [&] { a = flag.load(acquire), b = data.load(relaxed); }});
  return both(a, b);
}

TEST(litmus, a_read_modify_write_of_another_continues_a_release_sequence) {
  for (const std::memory_order o : {relaxed, acq_rel}) {
    const outcomes seen = all_of([o] { return through_a_third(o); });
    EXPECT_TRUE(seen.contains("31"));
    EXPECT_FALSE(seen.contains("30"));
  }
}

TEST(litmus, a_plain_store_ends_a_release_sequence) {
  const outcomes seen = all_of([] {
    model::atomic<int> data{0};
    model::atomic<int> flag{0};
    int a = 0;
    int b = 0;
    model::threads({[&] { data.store(1, relaxed), flag.store(1, release), flag.store(2, relaxed); },
                    [&] { a = flag.load(acquire), b = data.load(relaxed); }});
    return both(a, b);
  });
  EXPECT_TRUE(seen.contains("20"));
  EXPECT_FALSE(seen.contains("10"));
}

TEST(litmus, a_thread_never_reads_backwards) {
  const outcomes seen = all_of([] {
    model::atomic<int> x{0};
    int a = 0;
    int b = 0;
    model::threads({[&] { x.store(1, relaxed), x.store(2, relaxed); },
                    [&] { a = x.load(relaxed), b = x.load(relaxed); }});
    return both(a, b);
  });
  EXPECT_EQ(seen, (outcomes{"00", "01", "02", "11", "12", "22"}));
}

TEST(litmus, what_another_has_read_before_is_not_read_backwards_either) {
  const outcomes seen = all_of([] {
    model::atomic<int> x{0};
    model::atomic<int> y{0};
    int a = 0;
    int b = 0;
    model::threads({[&] { x.store(1, relaxed); }, [&] { a = x.load(relaxed), y.store(1, release); },
                    [&] {
                      if (y.load(acquire) == 1) b = x.load(relaxed) + 1;
                    }});
    return both(a, b);
  });
  EXPECT_TRUE(seen.contains("12"));
  EXPECT_FALSE(seen.contains("11"));
}

std::string independent_reads(std::memory_order store, std::memory_order load) {
  model::atomic<int> x{0};
  model::atomic<int> y{0};
  int a = 0, b = 0, c = 0, d = 0;
  model::threads({[&] { x.store(1, store); }, [&] { y.store(1, store); },
                  [&] { a = x.load(load), b = y.load(load); }, [&] { c = y.load(load), d = x.load(load); }});
  return both(a, b) + both(c, d);
}

TEST(litmus, two_readers_may_disagree_on_the_order_of_two_stores_unless_it_is_sequentially_consistent) {
  EXPECT_TRUE(all_of([] { return independent_reads(release, acquire); }).contains("1010"));
  EXPECT_FALSE(all_of([] { return independent_reads(seq_cst, seq_cst); }).contains("1010"));
}

TEST(litmus, read_modify_writes_lose_nothing) {
  const outcomes seen = all_of([] {
    model::atomic<int> x{0};
    model::threads(
        {[&] { x.fetch_add(1, relaxed), x.fetch_add(1, relaxed); }, [&] { x.fetch_add(1, relaxed); }});
    return std::to_string(x.load(relaxed));
  });
  EXPECT_EQ(seen, outcomes{"3"});
}

TEST(litmus, a_weak_compare_and_swap_may_fail_for_nothing_a_strong_one_may_not) {
  const auto alone = [](bool weak) {
    model::atomic<int> x{0};
    int seen = 0;
    const bool done = weak ? x.compare_exchange_weak(seen, 1) : x.compare_exchange_strong(seen, 1);
    return std::to_string(done);
  };
  EXPECT_EQ(all_of([&] { return alone(true); }), (outcomes{"0", "1"}));
  EXPECT_EQ(all_of([&] { return alone(false); }), outcomes{"1"});
}

model::findings look_for(const model::body& scenario) { return model::explore(scenario, everything()); }

TEST(litmus, a_race_on_plain_memory_is_found_and_one_that_is_ordered_is_none) {
  for (const std::memory_order o : {relaxed, release}) {
    const model::findings f = look_for([o] {
      int data = 0;
      model::atomic<int> flag{0};
      model::threads({[&] { model::plain_write(&data, "data"), flag.store(1, o); },
                      [&] {
                        if (flag.load(acquire) == 1) model::plain_read(&data, "data");
                      }});
    });
    EXPECT_EQ(f.failed, o == relaxed);
    EXPECT_EQ(f.what, o == relaxed ? "data race: data" : "");
  }
}

TEST(litmus, an_atomic_that_ends_while_another_may_use_it_is_found) {
  const model::findings f = look_for([] {
    auto* const x = new model::atomic<int>(0);
    model::atomic<int> flag{0};
    model::threads({[&] { x->store(1, relaxed), flag.store(1, relaxed); },
                    [&] {
                      while (flag.load(acquire) == 0) model::give_way();
                      delete x;
                    }});
  });
  EXPECT_TRUE(f.what.starts_with("data race: an atomic ends")) << f.what;
}

TEST(litmus, a_lost_wake_up_is_found_and_its_schedule_shows_it_again) {
  const model::body loses = [] {
    model::atomic<std::uint32_t> word{0};
    model::atomic<int> sleeping{0};
    model::threads({[&] {
                      if (word.load(seq_cst) == 1) return;
                      sleeping.store(1, seq_cst);  // too late: nobody looks at `word` after it
                      word.sleep_while(2, weir::never);
                      while (word.load(seq_cst) == 0) word.sleep_while(0, weir::never);
                    },
                    [&] {
                      word.store(1, seq_cst);
                      if (sleeping.load(seq_cst) == 1) model::wake_one(&word);
                    }});
  };
  EXPECT_FALSE(look_for(loses).failed);  // sleep_while looks again
  const model::body sleeps_blindly = [] {
    model::atomic<std::uint32_t> event{0};
    model::atomic<std::uint32_t> word{0};
    model::threads({[&] {
                      if (event.load(seq_cst) == 0) word.sleep_while(0, weir::never);
                    },
                    [&] { event.store(1, seq_cst), model::wake_one(&word); }});
  };
  const model::findings f = look_for(sleeps_blindly);
  ASSERT_TRUE(f.failed);
  EXPECT_EQ(f.what, "all threads are blocked: a wake-up was lost");
  const model::findings again = model::replay(sleeps_blindly, f.schedule);
  EXPECT_EQ(again.what, f.what);
  EXPECT_EQ(again.trace, f.trace);
  EXPECT_NE(f.trace.find("sleeps on #1"), std::string::npos) << f.trace;
}

TEST(litmus, a_livelock_is_found_and_a_loop_that_gives_way_is_none) {
  const auto loop = [](bool somebody_ends_it) {
    return [somebody_ends_it] {
      model::atomic<int> x{0};
      model::threads({[&] {
                        while (x.load(relaxed) == 0) model::give_way();
                      },
                      [&] { x.store(somebody_ends_it ? 1 : 0, relaxed); }});
    };
  };
  EXPECT_FALSE(look_for(loop(true)).failed);
  EXPECT_TRUE(look_for(loop(false)).what.starts_with("livelock"));
}

TEST(litmus, a_deadline_may_pass_before_a_wake_up_and_after_it) {
  outcomes seen = all_of([] {
    model::atomic<std::uint32_t> word{0};
    bool in_time = false;
    model::threads({[&] { in_time = word.sleep_while(0, model::now() + std::chrono::seconds(1)); },
                    [&] { word.store(1, release), model::wake_one(&word); }});
    return std::to_string(in_time);
  });
  EXPECT_EQ(seen, (outcomes{"0", "1"}));
}

TEST(litmus, a_schedule_that_is_none_is_refused_with_a_remedy) {
  EXPECT_THROW(model::replay([] {}, "p2o1,5"), std::invalid_argument);
}

}  // namespace
