#include <weir/guard/bulkhead.hpp>

#include <mutex>

namespace weir {

namespace detail {

void places::lock() noexcept {
  lock_.lock();
  word_.fetch_or(crowded, std::memory_order_acq_rel);
}

void places::unlock() noexcept {
  if (waiters_.empty()) word_.fetch_and(~crowded, std::memory_order_release);
  lock_.unlock();
}

void places::look(told_list& told) noexcept {
  while (!waiters_.empty() && has_room()) {
    line_waiter& first = *waiters_.front();
    waiters_.remove(first);
    word_.fetch_add(1, std::memory_order_relaxed);
    told.add(first, {});
  }
}

void places::enter(line_waiter& w, told_list&) {
  if (waiters_.empty() && has_room()) {
    word_.fetch_add(1, std::memory_order_relaxed);
    w.decide({});
  } else if (waiters_.size() >= max_waiting_) {
    w.decide(std::unexpected(errc::full));
  } else {
    waiters_.push_back(w);
    w.state = line_waiter::state::listed;
  }
}

bool places::try_take_slowly() noexcept {
  const section in(*this);
  if (!waiters_.empty() || !has_room()) return false;
  word_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void places::give_back_slowly() noexcept {
  section in(*this);
  word_.fetch_sub(1, std::memory_order_relaxed);
  look(in.told);
}

void places::serve() noexcept {
  if ((word_.load(std::memory_order_relaxed) & crowded) == 0) return;  // who comes now reads the new limit
  section in(*this);
  look(in.told);
}

}  // namespace detail

result<bulkhead::permit> bulkhead::refuse(errc why, detail::call_context&) {
  if (why != errc::cancelled) {
    if (passes_as_shadow()) return permit(nullptr, {}, 0);
    refused_.add();
  }
  return std::unexpected(why);
}

void bulkhead::learn(const permit& p, const failure* what, detail::call_context& context) {
  const bool dropped =
      what != nullptr &&
      (what->code == errc::overloaded || what->code == errc::full || what->code == errc::rate_limited ||
       what->code == errc::timed_out || what->code == std::errc::timed_out);
  if (what != nullptr && !dropped) return;  // it says nothing of how loaded the service is
  const time_point now = context.now();
  bool rose = false;
  {
    const std::lock_guard hold(algorithm_lock_);
    const std::int64_t limit = algorithm_.sample(now, now - p.began_, p.beside_, dropped);
    rose = limit > places_.limit();
    places_.set_limit(limit);
  }
  if (rose) places_.serve();
}

}  // namespace weir
