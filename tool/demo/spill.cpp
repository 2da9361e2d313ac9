// What does not fit waits on disk: a burst that comes back in order, what that costs, and a kitchen that is
// killed in the middle of it.
#include <tool/demo/child_process.hpp>
#include <tool/demo/scene.hpp>
#include <tool/demo/scratch_folder.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;
using weir::bench::readable;

constexpr std::size_t places = 16;
constexpr weir::duration service = 1ms;

struct order {
  std::uint32_t number;
};

// What the cook has done: one cook, so the order in which it was done is that of the list.
struct cooked_orders {
  std::vector<std::uint32_t> numbers;
  std::atomic<std::size_t> count{0};  // relaxed: for the eye; the list is read when the pool has ended

  void operator()(const order& o) {
    std::this_thread::sleep_for(service);
    numbers.push_back(o.number);
    count.store(numbers.size(), std::memory_order_relaxed);
  }
};

weir::pool_options one_cook(const std::filesystem::path& pantry) {
  return {.name = "kitchen",
          .min_workers = 1,
          .max_workers = 1,
          .queue_capacity = places,
          .on_full = weir::overflow::spill(),
          .spill = weir::spill_options{.directory = pantry}};
}

template <class Pool>
void serve(Pool& kitchen, std::uint32_t orders, weir::histogram& door) {
  for (std::uint32_t i = 0; i < orders; ++i) {
    const weir::time_point began = weir::clock::now();
    const auto taken = kitchen.submit(order{i});
    door.record(weir::clock::now() - began);
    if (!taken) throw std::runtime_error("an order was refused: " + std::string(message(taken.error())));
  }
}

std::string row(weir::duration at, const weir::pool_stats& s) {
  return fmt::format("{:>9}{:>11}{:>10}{:>10}\n", readable(at), s.queued, s.spilled, s.completed);
}

// A burst into one kitchen, looked at while it is worked off.
void show_burst(stage& on, const std::filesystem::path& pantry, std::uint32_t orders) {
  cooked_orders cook;
  cook.numbers.reserve(orders);
  weir::histogram door;
  weir::pool_stats at_the_end;
  const weir::time_point began = weir::clock::now();
  on.show("     time  in memory   on disk    cooked\n");
  {
    weir::worker_pool<order> kitchen([&](order& o) { cook(o); }, one_cook(pantry));
    serve(kitchen, orders, door);
    for (std::uint32_t part = 0; part < 4; ++part) {
      while (cook.count.load(std::memory_order_relaxed) < orders * part / 4) {
        std::this_thread::sleep_for(1ms);
        on.check();
      }
      on.show(row(weir::clock::now() - began, kitchen.stats()));
    }
    static_cast<void>(kitchen.drain());
    at_the_end = kitchen.stats();
    on.show(row(weir::clock::now() - began, at_the_end));
  }
  const bool in_order = cook.numbers.size() == orders && std::ranges::is_sorted(cook.numbers);
  on.say(fmt::format(
      "{} of {} cooked, {}. At the door an order took {} at the median, {} at the 99th percentile: it is on "
      "disk when submit returns. In memory there waited {} at the most.",
      cook.numbers.size(), orders, in_order ? "in the order in which they came" : "out of order",
      readable(door.snapshot().p(0.5)), readable(door.snapshot().p(0.99)), at_the_end.high_water));
}

struct level {
  weir::durability sync;
  std::string_view price;  // of a power cut
};
constexpr std::array<level, 3> levels = {{{weir::durability::none, "what the system had not written"},
                                          {weir::durability::batch, "the last 10 ms"},
                                          {weir::durability::each, "nothing"}}};

// How long one append of one order takes, by the median.
weir::duration append_time(const std::filesystem::path& folder, weir::durability sync, int times) {
  auto store = weir::spill_store::open({.directory = folder, .sync = sync});
  if (!store) throw std::runtime_error(store.error().detail);
  const order one{7};
  const weir::spill_store::record record{.payload = std::as_bytes(std::span(&one, 1))};
  weir::histogram times_taken;
  for (int i = 0; i < times; ++i) {
    const weir::time_point began = weir::clock::now();
    if (const auto in = store->append(std::span(&record, 1)); !in)
      throw std::runtime_error(in.error().detail);
    times_taken.record(weir::clock::now() - began);
  }
  return times_taken.snapshot().p(0.5);
}

void show_prices(stage& on, const std::filesystem::path& folder) {
  on.show(fmt::format("\n{:<12}{:>16}   {:<32}{}\n", "durability", "one order", "a power cut costs",
                      "kill -9 costs"));
  for (const level& l : levels) {
    on.show(fmt::format("{:<12}{:>16}   {:<32}{}\n", to_string(l.sync),
                        readable(append_time(folder / to_string(l.sync), l.sync, 200)), l.price, "nothing"));
  }
  on.say(fmt::format("Measured in {}; several at once share a commit.", folder.parent_path().string()));
}

constexpr std::uint32_t all_taken = UINT32_MAX;  // what a kitchen tells once every order is in

// A kitchen in a process of its own: tells each order that is cooked.
void cook_in(const std::filesystem::path& pantry, std::uint32_t orders, int pipe) {
  weir::worker_pool<order> kitchen(
      [pipe](order& o) {
        std::this_thread::sleep_for(service);
        child_process::tell(pipe, o.number);
      },
      one_cook(pantry));
  weir::histogram door;
  serve(kitchen, orders, door);
  child_process::tell(pipe, all_taken);
  static_cast<void>(kitchen.drain());
}

// What such a kitchen had cooked when it was killed, with all orders in and a third of them cooked.
std::vector<std::uint32_t> cook_until_killed(stage& on, const std::filesystem::path& pantry,
                                             std::uint32_t orders) {
  child_process evening([&](int pipe) { cook_in(pantry, orders, pipe); });
  std::vector<std::uint32_t> cooked;
  bool taken = false, killed = false;
  while (const auto number = evening.next()) {
    on.check();
    *number == all_taken ? void(taken = true) : cooked.push_back(*number);
    if (killed || !taken || cooked.size() < orders / 3) continue;
    evening.kill();
    killed = true;
  }
  if (!killed) throw std::runtime_error("the kitchen that was to be killed ended by itself");
  return cooked;
}

// In the morning another kitchen opens with the same pantry.
void show_kill(stage& on, const std::filesystem::path& pantry, std::uint32_t orders) {
  std::vector<std::uint32_t> all = cook_until_killed(on, pantry, orders);
  const std::size_t before = all.size();
  cooked_orders morning;
  std::uint64_t found = 0;
  {
    weir::worker_pool<order> kitchen([&](order& o) { morning(o); }, one_cook(pantry));
    found = kitchen.stats().resumed;
  }
  all.insert(all.end(), morning.numbers.begin(), morning.numbers.end());
  std::ranges::sort(all);
  const auto once = static_cast<std::size_t>(std::ranges::unique(all).begin() - all.begin());
  on.say(
      fmt::format("\nThe lights go out: a kitchen with {} orders is killed (kill -9) when {} are cooked. The "
                  "next one finds "
                  "{} in the folder and cooks them: {} lost, {} cooked twice, those that were done but not "
                  "yet struck off. "
                  "So give orders a number, if twice is worse than late.",
                  orders, before, found, orders - once, all.size() - once));
}

void play(stage& on) {
  const std::uint32_t orders = on.pace() == pace::fast ? 500 : 3000;
  const scratch_folder folder;
  on.title("spill", "what does not fit waits on disk, and comes back in order");
  on.say(fmt::format(
      "{} orders come at once, to one cook who takes {} for each; {} places. Blocking would hold the waiter, "
      "rejecting would lose most, a queue without a bound keeps them where a crash ends them. Look at what "
      "is "
      "in memory.\n",
      orders, readable(service), places));
  show_burst(on, folder.path() / "burst", orders);
  on.pause(3s);
  show_prices(on, folder.path());
  on.pause(2s);
  show_kill(on, folder.path() / "killed", orders / 5);
  on.pause(2s);
}

}  // namespace

extern const scene spill;
constinit const scene spill = {
    "spill", "A burst goes to disk and comes back in order; what that costs, and a kill -9.",
    place::on_request, play};

}  // namespace weir::tool::demo::scene_named
