// The parker and the short lock by themselves.
#include "atomics.hpp"
#include "scenario.hpp"
#include "value.hpp"

#include <weir/base/parker.hpp>
#include <weir/base/short_lock.hpp>

#include <chrono>
#include <mutex>
#include <optional>

namespace {

using model::check;
using parker = weir::detail::parker<model::atomics>;
using short_lock = weir::detail::short_lock<model::atomics>;
using std::chrono::seconds;

/// Plain memory whose every use is checked for races.
struct plain_number {
  int value = 0;
  int get() const {
    model::plain_read(this, "a number is read, and others write it");
    return value;
  }
  void set(int v) {
    model::plain_write(this, "a number is written, and others use it");
    value = v;
  }
};

SCENARIO(parker_hands_over_what_was_written_before, .odd_reads = 3) {
  plain_number number;
  parker p;
  model::threads({[&] {
                    check(p.wait(weir::never) == parker::reason::done, "done is what wait() returns");
                    check(number.get() == 1, "what was written before finish() is seen");
                  },
                  [&] {
                    number.set(1);
                    p.finish();
                  }});
}

SCENARIO(parker_polls_before_it_sleeps, .odd_reads = 1) {
  model::polling = true;
  plain_number number;
  parker p;
  model::threads({[&] {
                    check(p.wait(weir::never) == parker::reason::done, "done is what wait() returns");
                    check(number.get() == 1, "what was written before finish() is seen");
                  },
                  [&] {
                    number.set(1);
                    p.finish();
                  }});
}

SCENARIO(parker_may_end_as_soon_as_it_was_told, .odd_reads = 2) {
  std::optional<parker> p(std::in_place);
  model::threads({[&] {
                    p->wait(weir::never);
                    p.reset();
                  },
                  [&] { p->finish(); }});
}

SCENARIO(parker_prefers_done_to_an_interrupt_and_a_deadline, .odd_reads = 2) {
  parker p;
  bool finished = false;
  parker::reason why{};
  model::threads({[&] {
                    why = p.wait(model::now() + seconds(1));
                    if (why != parker::reason::done) p.wait_done();
                    check(finished, "wait_done() returns after finish() alone");
                  },
                  [&] { p.interrupt(); },
                  [&] {
                    finished = true;
                    p.finish();
                  }});
}

SCENARIO(parker_is_woken_by_an_interrupt_while_it_sleeps, .odd_reads = 2) {
  parker p;
  model::threads({[&] {
                    check(p.wait(weir::never) != parker::reason::timed_out, "no deadline, no timeout");
                    p.wait_done();
                  },
                  [&] {
                    p.interrupt();
                    p.interrupt();
                    p.finish();
                  }});
}

/// Each of `n` threads takes the lock twice.
void count_under_a_lock(bool three) {
  plain_number number;
  short_lock lock;
  const auto add_two = [&] {
    for (int i = 0; i < 2; ++i) {
      const std::lock_guard hold(lock);
      number.set(number.get() + 1);
    }
  };
  const auto add_one = [&] {
    const std::lock_guard hold(lock);
    number.set(number.get() + 1);
  };
  if (three) {
    model::threads({add_one, add_one, add_one});
  } else {
    model::threads({add_two, add_two});
  }
  check(number.get() == (three ? 3 : 4), "no turn under the lock is lost");
}

SCENARIO(short_lock_admits_one_of_two_at_a_time, .preemptions = 4, .odd_reads = 2) {
  count_under_a_lock(false);
}

SCENARIO(short_lock_admits_one_of_three_at_a_time, .preemptions = 3) { count_under_a_lock(true); }

SCENARIO(short_lock_polls_before_it_sleeps) {
  model::polling = true;
  count_under_a_lock(true);
}

SCENARIO(short_lock_try_lock_never_waits, .preemptions = 4, .odd_reads = 2) {
  plain_number number;
  short_lock lock;
  int taken = 0;
  const auto try_once = [&] {
    if (!lock.try_lock()) return;
    number.set(number.get() + 1);
    ++taken;
    lock.unlock();
  };
  model::threads({try_once, try_once, [&] {
                    lock.lock();
                    number.set(number.get() + 1);
                    ++taken;
                    lock.unlock();
                  }});
  check(number.get() == taken, "no turn under the lock is lost");
}

SCENARIO(short_lock_may_end_with_its_last_holder, .preemptions = 4, .odd_reads = 2) {
  std::optional<short_lock> lock(std::in_place);
  plain_number left;
  left.set(2);
  const auto leave = [&] {
    lock->lock();
    left.set(left.get() - 1);
    const bool last = left.get() == 0;
    lock->unlock();
    if (last) lock.reset();
  };
  model::threads({leave, leave});
}

}  // namespace
