#include <weir/guard/detail/wait_line.hpp>

#include <algorithm>

namespace weir::detail {

void told_list::add(line_waiter& w, result<> outcome) noexcept {
  w.decide(outcome);
  w.next_told = nullptr;
  (last_ ? last_->next_told : first_) = &w;
  last_ = &w;
}

void told_list::finish_all() noexcept {
  while (line_waiter* const w = first_) {
    first_ = w->next_told;
    w->party->finish();
  }
  last_ = nullptr;
}

bool wait_line::join(line_waiter& w) {
  section in(*this);
  enter(w, in.told);
  if (w.state == line_waiter::state::decided) return false;
  if (!w.early) return true;
  // Stopped, or out of time, before it was listed.
  const bool was_first = waiters_.front() == &w;
  waiters_.remove(w);
  w.decide(std::unexpected(*w.early));
  gone(w, was_first, in.told);
  return false;
}

void wait_line::leave(line_waiter& w, errc why) noexcept {
  section in(*this);
  if (w.state == line_waiter::state::unlisted) {
    w.early = why;
    return;
  }
  look(in.told);
  if (w.state != line_waiter::state::listed) return;
  const bool was_first = waiters_.front() == &w;
  waiters_.remove(w);
  in.told.add(w, std::unexpected(why));
  gone(w, was_first, in.told);
}

result<> wait_line::wait(double amount, time_point deadline, const std::stop_token& stop) {
  wait_party<native_atomics> party(wait_party<native_atomics>::shape::single);
  line_waiter w;
  w.party = &party;
  w.amount = amount;
  w.deadline = deadline;
  struct canceller {
    wait_line* line;
    line_waiter* waiter;
    void operator()() const noexcept { line->leave(*waiter, errc::cancelled); }
  };
  std::optional<std::stop_callback<canceller>> on_stop;
  if (stop.stop_possible()) on_stop.emplace(stop, canceller{this, &w});
  if (!join(w)) return w.outcome;
  time_point until = std::min(deadline, w.wakes_at);
  using reason = parker<native_atomics>::reason;
  while (party.parker.wait(until) == reason::timed_out) {
    if (clock::now() >= deadline) {
      leave(w, errc::timed_out);
      until = never;  // it is decided: the word is on its way
      continue;
    }
    section in(*this);
    look(in.told);
    w.wakes_at = w.state == line_waiter::state::listed ? due(w) : never;
    until = std::min(deadline, w.wakes_at);
    if (w.state == line_waiter::state::decided) until = never;
  }
  return w.outcome;
}

void line_operation::plan_timeout() {
  timer_.at = waiter_.deadline;
  timer_.fire = {[](void* operation) noexcept {
                   auto* const o = static_cast<line_operation*>(operation);
                   o->line_->leave(o->waiter_, errc::timed_out);
                 },
                 this};
  plan(timer_);
  planned_ = true;
}

}  // namespace weir::detail
