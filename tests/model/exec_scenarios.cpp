// The run queue of a scheduler's worker: its owner against thieves.
#include "atomics.hpp"
#include "channel_scenario.hpp"
#include "scenario.hpp"

#include <weir/exec/run_queue.hpp>

#include <array>
#include <memory>

namespace {

using namespace model;
template <std::size_t Places>
using queue_of = weir::detail::run_queue<atomics, Places>;
using queue = queue_of<2>;
constexpr auto shared = queue::sharing::with_others;

/// An item: plain memory that its taker must see as its maker left it.
struct item {
  int number = 0;
  void write(int n) {
    plain_write(this, "an item is written, and others use it");
    number = n;
  }
  int take() {
    plain_write(this, "an item is taken by two, or before it was written");
    return std::exchange(number, 0);
  }
};

int take(void* taken) { return taken == nullptr ? 0 : static_cast<item*>(taken)->take(); }

/// The owner puts in more than the ring holds, round and round, while a thief steals halves.
SCENARIO(run_queue_laps_while_a_thief_steals) {
  queue mine(shared);
  queue his(shared);
  std::array<item, 5> items;
  numbers in;
  numbers own;
  numbers stolen;
  threads({[&] {
             for (int i = 0; i < 5; ++i) {
               items[static_cast<std::size_t>(i)].write(i + 1);
               in.push_back(i + 1);
               while (!mine.push(&items[static_cast<std::size_t>(i)])) own.push_back(take(mine.pop()));
             }
           },
           [&] {
             for (int i = 0; i < 3; ++i) {
               stolen.push_back(take(his.steal_from(mine)));
               while (const int n = take(his.pop())) stolen.push_back(n);
             }
           }});
  while (const int n = take(mine.pop())) own.push_back(n);
  check_none_lost({in}, {own, stolen});
}

/// Half of four is two: one to run, one for the thief's own ring.
SCENARIO(run_queue_thief_takes_several) {
  constexpr auto with_others = queue_of<4>::sharing::with_others;
  queue_of<4> mine(with_others);
  queue_of<4> his(with_others);
  std::array<item, 5> items;
  numbers in;
  numbers own;
  numbers stolen;
  for (int i = 0; i < 3; ++i) {
    items[static_cast<std::size_t>(i)].write(i + 1);
    check(mine.push(&items[static_cast<std::size_t>(i)]), "there is room for four");
    in.push_back(i + 1);
  }
  threads({[&] {
             for (int i = 3; i < 5; ++i) {
               own.push_back(take(mine.pop()));
               items[static_cast<std::size_t>(i)].write(i + 1);
               check(mine.push(&items[static_cast<std::size_t>(i)]), "there is room for four");
               in.push_back(i + 1);
             }
           },
           [&] {
             stolen.push_back(take(his.steal_from(mine)));
             while (const int n = take(his.pop())) stolen.push_back(n);
           }});
  while (const int n = take(mine.pop())) own.push_back(n);
  check_none_lost({in}, {own, stolen});
}

SCENARIO(run_queue_two_thieves) {
  queue mine(shared);
  queue his(shared);
  queue hers(shared);
  std::array<item, 3> items;
  numbers own;
  numbers a;
  numbers b;
  const auto steal = [&](queue& into, numbers& got) {
    return [&] {
      for (int i = 0; i < 2; ++i) got.push_back(take(into.steal_from(mine)));
      while (const int n = take(into.pop())) got.push_back(n);
    };
  };
  threads({[&] {
             for (int i = 0; i < 3; ++i) {
               items[static_cast<std::size_t>(i)].write(i + 1);
               while (!mine.push(&items[static_cast<std::size_t>(i)])) own.push_back(take(mine.pop()));
             }
             own.push_back(take(mine.pop()));
           },
           steal(his, a), steal(hers, b)});
  while (const int n = take(mine.pop())) own.push_back(n);
  check_none_lost({{1, 2, 3}}, {own, a, b});
}

SCENARIO(run_queue_hands_over_while_a_thief_takes_the_next) {
  queue mine(shared);
  std::array<item, 3> items;
  numbers own;
  numbers stolen;
  threads({[&] {
             for (int i = 0; i < 3; ++i) {
               items[static_cast<std::size_t>(i)].write(i + 1);
               own.push_back(take(mine.hand_over(&items[static_cast<std::size_t>(i)])));
             }
             own.push_back(take(mine.pop()));
           },
           [&] {
             for (int i = 0; i < 2; ++i) stolen.push_back(take(mine.steal_next(mine.next())));
           },
           [&] {
             queue his(shared);
             stolen.push_back(take(his.steal_from(mine)));
           }});
  while (const int n = take(mine.pop())) own.push_back(n);
  check_none_lost({{1, 2, 3}}, {own, stolen});
}

}  // namespace
