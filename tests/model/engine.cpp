#include "engine.hpp"

#include "choices.hpp"
#include "fiber.hpp"
#include "scheduler.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace model {
namespace {

enum class state : std::uint8_t { unused, ready, blocked, joining, ended };

struct thread {
  model::fiber fiber{model::fiber::kind::own_stack};
  model::body body;
  model::state state = state::unused;
  unsigned lets_pass = 0;  // has yielded: the threads, as bits, that go before it
  bool timed_out = false;
  int ordered_elsewhere = 0;
  const void* word = nullptr;  // blocked: on this
  weir::time_point deadline{};
};

/// All of one exploration; the execution that runs is in it.
class explorer {
 public:
  explorer(const body& scenario, const limits& bounds) : scenario_(scenario), bounds_(bounds) {
    std::thread([] {}).join();  // the standard library leaves out what a process of one thread can do without
  }

  findings explore();
  findings replay(std::string_view schedule);

  // For the functions of scheduler.hpp and engine.hpp.
  void start_threads(std::initializer_list<body> bodies);
  [[noreturn]] void fail(std::string what);
  void step();
  bool block(const void* word, weir::time_point deadline);
  void wake_one(const void* word);
  void give_way();
  location& use(std::size_t index, const void* address);
  void end_location(std::size_t index, const void* address);
  template <class... Parts>
  void note(const Parts&... parts);

  thread_index self = 0;
  model::memory memory;
  model::chooser chooser;
  weir::time_point now{};
  std::array<std::unique_ptr<thread>, max_threads> threads;

 private:
  struct set {
    std::array<thread_index, max_threads> members{};
    unsigned count = 0;
    void add(thread_index t) noexcept { members[count++] = t; }
  };

  static void thread_main();
  void run_once();
  void explain(findings& found);
  void run_until_failure(findings& found, std::uint64_t& counter, std::uint64_t most, bool turning);
  set others(bool may_time_out);
  void go_on_elsewhere();
  void has_had_its_turn();
  void switch_to(thread_index t);
  void resume_as(thread_index t);
  void end_thread();

  const body& scenario_;
  const limits bounds_;
  fiber outside_{fiber::kind::the_stack_we_are_on};
  std::uint64_t steps_ = 0;
  std::uint64_t states_ = 0;
  unsigned left_ = 0;  // threads that have not ended
  bool failed_ = false;
  std::string what_;
  bool tracing_ = false;
  std::string trace_;
};

explorer* current = nullptr;

std::string text(std::string_view s) { return std::string(s); }
std::string text(std::uint64_t n) {
  if (n < 100'000) return std::to_string(n);
  std::array<char, 24> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%llx", static_cast<unsigned long long>(n));
  return hex.data();
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

const char* name_of(std::memory_order o) {
  switch (o) {
    case std::memory_order_relaxed: return " relaxed";
    case std::memory_order_consume: return " consume";
    case std::memory_order_acquire: return " acquire";
    case std::memory_order_release: return " release";
    case std::memory_order_acq_rel: return " acq_rel";
    case std::memory_order_seq_cst: break;
  }
  return " seq_cst";
}

template <class... Parts>
void explorer::note(const Parts&... parts) {
  if (!tracing_) return;
  trace_ += "  T" + std::to_string(self) + " ";
  ((trace_ += text(parts)), ...);
  trace_ += '\n';
}

findings explorer::explore() {
  const double began = processor_seconds();
  findings found;
  chooser.explore_depth_first(bounds_.preemptions, bounds_.odd_reads);
  run_until_failure(found, found.executions, bounds_.executions, true);
  if (!failed_ && bounds_.random != 0) {
    chooser.explore_at_random(bounds_.seed);
    run_until_failure(found, found.at_random, bounds_.random, false);
  }
  found.states = states_;
  if (failed_) explain(found);
  found.seconds = processor_seconds() - began;
  return found;
}

void explorer::run_until_failure(findings& found, std::uint64_t& counter, std::uint64_t most, bool turning) {
  while (counter < most) {
    run_once();
    ++counter;
    if (failed_) return;
    if (turning && !chooser.turn()) {
      found.exhaustive = true;
      return;
    }
  }
}

/// Runs the failed execution again, noting every step.
void explorer::explain(findings& found) {
  found.schedule = chooser.schedule();
  const std::string first = what_;
  chooser.follow(found.schedule);
  tracing_ = true;
  run_once();
  found.failed = true;
  found.what =
      failed_ && what_ == first ? what_ : first + " (but not when run again: the scenario depends on chance)";
  found.trace = trace_;
}

findings explorer::replay(std::string_view schedule) {
  if (!chooser.follow(schedule))
    throw std::invalid_argument("schedule \"" + std::string(schedule) + "\" is none; copy it from a failure");
  tracing_ = true;
  run_once();
  findings found;
  found.failed = failed_;
  found.what = what_;
  found.schedule = schedule;
  found.trace = trace_;
  found.executions = 1;
  return found;
}

void explorer::run_once() {
  memory.reset();
  chooser.begin_execution();
  now = {};
  steps_ = 0;
  failed_ = false;
  for (auto& t : threads) {
    if (t == nullptr) t = std::make_unique<thread>();
    t->state = state::unused;
    t->lets_pass = 0;
    t->timed_out = false;
    t->ordered_elsewhere = 0;
  }
  trace_.clear();
  threads[0]->body = scenario_;
  threads[0]->state = state::ready;
  threads[0]->fiber.prepare(&thread_main);
  left_ = 1;
  self = 0;
  current = this;
  outside_.switch_to(threads[0]->fiber);
  current = nullptr;
}

void explorer::thread_main() {
  try {
    current->threads[current->self]->body();
  } catch (const std::exception& e) {
    current->fail(std::string("an exception left a thread: ") + e.what());
  }
  current->end_thread();
  std::terminate();
}

void explorer::end_thread() {
  threads[self]->state = state::ended;
  if (--left_ == 0) threads[self]->fiber.leave_for(outside_);
  if (left_ == 1 && threads[0]->state == state::joining) {
    threads[0]->state = state::ready;
    for (thread_index t = 1; t < max_threads; ++t) {
      if (threads[t]->state == state::ended) memory.of(0).join(memory.of(t), memory.locations());
    }
  }
  note("ends");
  go_on_elsewhere();
}

void explorer::start_threads(std::initializer_list<body> bodies) {
  if (bodies.size() >= max_threads) fail("more threads than model::max_threads - 1");
  memory.advance(0);
  thread_index t = 1;
  for (const body& b : bodies) {
    threads[t]->body = b;
    threads[t]->state = state::ready;
    threads[t]->fiber.prepare(&thread_main);
    memory.of(t).join(memory.of(0), memory.locations());
    ++t;
    ++left_;
  }
  threads[0]->state = state::joining;
  go_on_elsewhere();
}

void explorer::fail(std::string what) {
  failed_ = true;
  what_ = std::move(what);
  note(what_);
  threads[self]->fiber.leave_for(outside_);
}

/// Who else could run; `may_time_out`: those blocked until a deadline among them.
explorer::set explorer::others(bool may_time_out) {
  set found;
  for (thread_index i = 1; i < max_threads; ++i) {
    const auto t = static_cast<thread_index>((self + i) % max_threads);
    const thread& other = *threads[t];
    if (other.state == state::ready && other.lets_pass == 0) found.add(t);
  }
  if (!may_time_out) return found;
  for (thread_index i = 0; i < max_threads; ++i) {
    const auto t = static_cast<thread_index>((self + i) % max_threads);
    if (threads[t]->state == state::blocked && threads[t]->deadline != weir::never) found.add(t);
  }
  return found;
}

/// Before each operation on an atomic.
void explorer::step() {
  if (left_ != 1) {
    const bool free = !chooser.may_preempt();
    if (!free) {
      const set who = others(true);
      if (const unsigned chosen = chooser.choose(who.count + 1, chooser::about::thread); chosen != 0) {
        chooser.count_preemption();
        switch_to(who.members[chosen - 1]);
      }
    }
    has_had_its_turn();
  }
  if (++steps_ >= bounds_.steps) fail("livelock: no end after " + std::to_string(steps_) + " steps");
  if (chooser.on_new_ground()) ++states_;
  memory.advance(self);
}

/// Those who yielded to the thread that runs need not wait for it any longer.
void explorer::has_had_its_turn() {
  for (const auto& t : threads) t->lets_pass &= ~(1U << self);
}

/// The thread that runs cannot go on, or would rather not.
void explorer::go_on_elsewhere() {
  has_had_its_turn();
  const bool can_go_on = threads[self]->state == state::ready;
  set who = others(false);
  if (who.count != 0 && chooser.may_preempt()) {
    const set all = others(true);
    const unsigned chosen = chooser.choose(all.count, chooser::about::thread);
    if (chosen >= who.count) chooser.count_preemption();
    switch_to(all.members[chosen]);
    return;
  }
  if (who.count == 0) {  // all who could go on have yielded, or are blocked until a deadline
    for (thread_index i = 1; i < max_threads && who.count == 0; ++i) {
      const auto t = static_cast<thread_index>((self + i) % max_threads);
      if (threads[t]->state == state::ready) who.add(t);
    }
    if (who.count == 0 && can_go_on) who.add(self);
    const set all = others(true);
    for (unsigned i = 0; i < all.count; ++i) who.add(all.members[i]);
  }
  if (who.count == 0) fail("all threads are blocked: a wake-up was lost");
  switch_to(who.members[chooser.choose(who.count, chooser::about::thread)]);
}

void explorer::switch_to(thread_index t) {
  thread& there = *threads[t];
  if (there.state == state::blocked) {
    there.state = state::ready;
    there.timed_out = true;
    now = std::max(now, there.deadline);
  }
  if (t == self) return;
  thread& here = *threads[self];
  self = t;
  if (here.state == state::ended) here.fiber.leave_for(there.fiber);
  here.fiber.switch_to(there.fiber);
}

void explorer::give_way() {
  if (++steps_ >= bounds_.steps) fail("livelock: no end after " + std::to_string(steps_) + " steps");
  if (left_ == 1) return;
  unsigned ready = 0;
  for (thread_index t = 0; t < max_threads; ++t) {
    if (t != self && threads[t]->state == state::ready) ready |= 1U << t;
  }
  threads[self]->lets_pass = ready;
  go_on_elsewhere();
  threads[self]->lets_pass = 0;
}

bool explorer::block(const void* word, weir::time_point deadline) {
  thread& me = *threads[self];
  me.word = word;
  me.deadline = deadline;
  me.state = state::blocked;
  me.timed_out = false;
  go_on_elsewhere();
  return !me.timed_out;
}

void explorer::wake_one(const void* word) {
  set sleepers;
  for (thread_index t = 0; t < max_threads; ++t) {
    if (threads[t]->state == state::blocked && threads[t]->word == word) sleepers.add(t);
  }
  if (sleepers.count == 0) return;
  const thread_index woken = sleepers.members[chooser.choose(sleepers.count, chooser::about::thread)];
  threads[woken]->state = state::ready;
  note("wakes T", std::uint64_t{woken});
}

location& explorer::use(std::size_t index, const void* address) {
  if (!memory.is_alive(index, address)) fail("an atomic is used before it was made or after its end");
  location& l = memory.at(index);
  if (threads[self]->ordered_elsewhere != 0) return l;
  if (!memory.has_happened(l.maker, l.made_at, self))
    fail("data race: an atomic is used, and its construction is not ordered before that");
  l.last_access[self] = memory.of(self).seen[self];
  return l;
}

void explorer::end_location(std::size_t index, const void* address) {
  memory.advance(self);
  location& l = use(index, address);
  for (thread_index t = 0; t < max_threads; ++t) {
    if (!memory.has_happened(t, l.last_access[t], self))
      fail("data race: an atomic ends, and its use by T" + std::to_string(t) + " is not ordered before that");
  }
  memory.end(index);
}

std::string label(std::size_t index) { return "#" + std::to_string(index); }

}  // namespace

findings explore(const body& scenario, const limits& bounds) { return explorer(scenario, bounds).explore(); }

findings replay(const body& scenario, std::string_view schedule) {
  return explorer(scenario, {}).replay(schedule);
}

void threads(std::initializer_list<body> bodies) { current->start_threads(bodies); }

void fail(std::string what) { current->fail(std::move(what)); }

unsigned choose(unsigned count) { return current->chooser.choose(count, chooser::about::value); }

bool running() noexcept { return current != nullptr; }

thread_index self() noexcept { return current->self; }

std::size_t atomic_made(const void* address, std::uint64_t value) {
  if (current == nullptr) std::terminate();  // the model's atomics live inside scenarios
  current->memory.advance(current->self);
  return current->memory.make(address, value, current->self);
}

void atomic_gone(std::size_t index, const void* address) { current->end_location(index, address); }

std::uint64_t atomic_load(std::size_t index, const void* address, std::memory_order order) {
  explorer& e = *current;
  e.step();
  const location& l = e.use(index, address);
  const std::size_t oldest = e.memory.oldest_readable(l, index, e.self, order);
  std::size_t which = l.newest();
  if (oldest != which && e.chooser.may_be_odd()) {
    const unsigned back = e.chooser.choose(static_cast<unsigned>(which - oldest + 1), chooser::about::value);
    if (back != 0) e.chooser.count_odd_read();
    which -= back;
  }
  e.memory.read(index, which, e.self, order);
  e.note("load", std::string_view(name_of(order)), " ", label(index), " -> ", l.stores[which].value,
         std::string_view(which == l.newest() ? "" : " (not the newest)"));
  return l.stores[which].value;
}

void atomic_store(std::size_t index, const void* address, std::uint64_t value, std::memory_order order) {
  explorer& e = *current;
  e.step();
  e.use(index, address);
  e.memory.write(index, value, e.self, order, false);
  e.note("store", std::string_view(name_of(order)), " ", label(index), " = ", value);
}

std::uint64_t atomic_update(std::size_t index, const void* address, const char* name, update how,
                            std::uint64_t operand, std::memory_order order) {
  explorer& e = *current;
  e.step();
  const location& l = e.use(index, address);
  const std::uint64_t before = l.stores[l.newest()].value;
  const std::uint64_t after = how(before, operand);
  e.memory.read(index, l.newest(), e.self, order);
  e.memory.write(index, after, e.self, order, true);
  e.note(std::string_view(name), std::string_view(name_of(order)), " ", label(index), " ", before, " => ",
         after);
  return before;
}

// What a compare-and-swap may come to: the newest value decides; or, for nothing, a weak one fails; or it
// fails by reading a value that is not the newest, as a load may.
bool atomic_compare_exchange(std::size_t index, const void* address, std::uint64_t& expected,
                             std::uint64_t desired, strength how, std::memory_order success,
                             std::memory_order failure) {
  explorer& e = *current;
  e.step();
  const location& l = e.use(index, address);
  const std::size_t newest = l.newest();
  std::vector<std::size_t> outcomes{newest};
  const bool equal = l.stores[newest].value == expected;
  if (e.chooser.may_be_odd()) {
    if (equal && how == strength::weak) outcomes.push_back(newest);
    for (std::size_t i = newest; i-- > e.memory.oldest_readable(l, index, e.self, failure);) {
      if (l.stores[i].value != expected) outcomes.push_back(i);
    }
  }
  const unsigned chosen = e.chooser.choose(static_cast<unsigned>(outcomes.size()), chooser::about::value);
  if (chosen != 0) e.chooser.count_odd_read();
  if (chosen == 0 && equal) {
    e.memory.read(index, newest, e.self, success);
    e.memory.write(index, desired, e.self, success, true);
    e.note("compare_exchange", std::string_view(name_of(success)), " ", label(index), " ", expected, " => ",
           desired);
    return true;
  }
  e.memory.read(index, outcomes[chosen], e.self, failure);
  expected = l.stores[outcomes[chosen]].value;
  e.note("compare_exchange fails", std::string_view(name_of(failure)), " ", label(index), " -> ", expected);
  return false;
}

bool wait_on(std::size_t index, const void* address, std::uint32_t expected, weir::time_point deadline) {
  explorer& e = *current;
  e.step();
  const location& l = e.use(index, address);
  if (l.stores[l.newest()].value != expected) {
    e.note("does not sleep on ", label(index), ": it is ", l.stores[l.newest()].value);
    return true;
  }
  if (e.chooser.may_be_odd() && e.chooser.choose(2, chooser::about::value) != 0) {
    e.chooser.count_odd_read();
    e.note("does not sleep on ", label(index), ": a signal");
    return true;
  }
  e.note("sleeps on ", label(index));
  const bool woken = e.block(address, deadline);
  e.note(std::string_view(woken ? "is awake" : "is awake: its time is up"));
  return woken;
}

void wake_one(const void* address) {
  current->step();
  current->wake_one(address);
}

weir::time_point now() { return current->now; }

void give_way() { current->give_way(); }

void plain_read(const void* address, const char* what) {
  if (!current->memory.plain_read(address, current->self)) fail(std::string("data race: ") + what);
}

void plain_write(const void* address, const char* what) {
  if (!current->memory.plain_write(address, current->self)) fail(std::string("data race: ") + what);
}

ordered_elsewhere::ordered_elsewhere() noexcept { ++current->threads[current->self]->ordered_elsewhere; }
ordered_elsewhere::~ordered_elsewhere() { --current->threads[current->self]->ordered_elsewhere; }

}  // namespace model
