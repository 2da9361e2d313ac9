#include <weir/base/option_error.hpp>
#include <weir/guard/detail/rate_line.hpp>

namespace weir::detail {

namespace {

control::uint128 price_of(const control::token_bucket& bucket, const line_waiter& w) noexcept {
  return static_cast<control::uint128>(bucket.cost(w.amount).count());
}

}  // namespace

rate_line::rate_line(double per_second, double burst)
    : rate_line(control::token_bucket(per_second, burst), time_point::min(), {}) {}

rate_line::rate_line(rate_line&& other) noexcept
    : rate_line(other.bucket_, time_point(duration(other.word_.load(std::memory_order_relaxed))),
                other.counts_) {}

rate_line::rate_line(const control::token_bucket& bucket, time_point arrival, const counts& before) noexcept
    : word_(arrival.time_since_epoch().count()),
      interval_(bucket.interval().count()),
      capacity_(bucket.capacity().count()),
      burst_(bucket.burst()),
      bucket_(bucket),
      counts_(before) {}

void rate_line::time_has_come(void* line) noexcept {
  auto* const l = static_cast<rate_line*>(line);
  section in(*l);
  l->look(in.told);
}

rate_line::~rate_line() { cancel(timer_); }

void rate_line::publish_rate() noexcept {
  interval_.store(bucket_.interval().count(), std::memory_order_release);
  capacity_.store(bucket_.capacity().count(), std::memory_order_release);
}

void rate_line::lock() noexcept {
  lock_.lock();
  const std::int64_t tat = word_.exchange(shut, std::memory_order_acq_rel);
  if (tat != shut) bucket_.set_arrival(time_point(duration(tat)));
}

void rate_line::unlock() noexcept {
  if (waiters_.empty()) {
    word_.store(bucket_.arrival().time_since_epoch().count(), std::memory_order_release);
  }
  lock_.unlock();
}

bool rate_line::try_slowly(double n) noexcept {
  section in(*this);
  const time_point at = now();
  let_in(at, in.told);
  return waiters_.empty() && bucket_.try_acquire(at, n);
}

void rate_line::let_in(time_point now, told_list& told) noexcept {
  bool moved = false;
  while (!waiters_.empty() && head_at_ <= now) {
    line_waiter& first = *waiters_.front();
    waiters_.remove(first);
    told.add(first, {});
    ++counts_.waited;
    plan_first(now, told);
    moved = true;
  }
  // Out of memory for the new time ends the program here: somebody would wait for ever.
  if (moved) arm_for_first();
}

/// Whoever is the first now gets its reservation, which takes it out of `behind_`.
void rate_line::plan_first(time_point now, told_list& told) noexcept {
  forget_head();
  while (line_waiter* const first = waiters_.front()) {
    behind_ -= price_of(bucket_, *first);
    head_ = bucket_.reserve(now, first->amount);
    if (head_) {
      head_at_ = after(now, head_->wait);
      if (head_at_ <= first->deadline) return;
      bucket_.cancel(now, *head_);
    }
    refuse(*first, told);
    forget_head();
  }
}

void rate_line::refuse(line_waiter& listed, told_list& told) noexcept {
  waiters_.remove(listed);
  told.add(listed, std::unexpected(errc::rate_limited));
  ++counts_.refused;
}

void rate_line::enter(line_waiter& w, told_list& told) {
  const time_point at = now();
  let_in(at, told);
  if (waiters_.empty()) {
    head_ = bucket_.reserve(at, w.amount);
    head_at_ = head_ ? after(at, head_->wait) : never;
    if (head_at_ == at) {
      forget_head();
      return w.decide({});
    }
    if (!head_ || head_at_ > w.deadline) {
      give_back(at);
      ++counts_.refused;
      return w.decide(std::unexpected(errc::rate_limited));
    }
    if (w.party->is_thread()) w.wakes_at = head_at_;
  } else {
    if (!can_be_had(w.amount) || !in_time(w, behind_)) {
      ++counts_.refused;
      return w.decide(std::unexpected(errc::rate_limited));
    }
    behind_ += price_of(bucket_, w);
  }
  waiters_.push_back(w);
  w.state = line_waiter::state::listed;
  if (w.wakes_at == never) arm_for(w);
}

/// Somebody else than itself has to let it in. Throws as the timers do, the waiter not listed then.
void rate_line::arm_for(line_waiter& w) {
  try {
    arm(head_at_);
  } catch (...) {
    const bool was_first = waiters_.front() == &w;
    waiters_.remove(w);
    w.state = line_waiter::state::unlisted;
    was_first ? give_back(now()) : void(behind_ -= price_of(bucket_, w));
    throw;
  }
}

void rate_line::forget_head() noexcept {
  head_.reset();
  head_at_ = never;
}

/// The first does not want its tokens.
void rate_line::give_back(time_point now) noexcept {
  if (head_) bucket_.cancel(now, *head_);
  forget_head();
}

/// Whether it may go before its deadline with so much to be served between the first and itself.
bool rate_line::in_time(const line_waiter& w, control::uint128 ahead) const noexcept {
  if (w.deadline == never) return true;
  using control::int128;
  const int128 when = int128{bucket_.arrival().time_since_epoch().count()} + static_cast<int128>(ahead) +
                      static_cast<int128>(price_of(bucket_, w)) - bucket_.capacity().count();
  return when <= w.deadline.time_since_epoch().count();
}

void rate_line::gone(const line_waiter& w, bool was_first, told_list& told) noexcept {
  if (!was_first) {
    behind_ -= price_of(bucket_, w);
    return;
  }
  const time_point at = now();
  give_back(at);
  plan_first(at, told);
  let_in(at, told);
  arm_for_first();
}

void rate_line::arm_for_first() {
  if (!waiters_.empty() && waiters_.front()->wakes_at > head_at_) arm(head_at_);
}

void rate_line::refuse_the_late(told_list& told) noexcept {
  control::uint128 ahead = 0;
  for (line_waiter* w = waiters_.front() ? waiters_.front()->behind : nullptr; w != nullptr;) {
    line_waiter* const next = w->behind;
    if (in_time(*w, ahead)) {
      ahead += price_of(bucket_, *w);
    } else {
      behind_ -= price_of(bucket_, *w);
      refuse(*w, told);
    }
    w = next;
  }
}

void rate_line::set_rate(double per_second) {
  require(control::check({.per_second = per_second, .burst = burst_}));
  section in(*this);
  const time_point at = now();
  let_in(at, in.told);
  give_back(at);
  bucket_.set_rate(at, per_second);
  publish_rate();
  behind_ = 0;
  for (line_waiter* w = waiters_.front(); w != nullptr; w = w->behind) behind_ += price_of(bucket_, *w);
  plan_first(at, in.told);
  let_in(at, in.told);
  refuse_the_late(in.told);
  arm_for_first();
}

double rate_line::per_second() noexcept {
  const section in(*this);
  return bucket_.per_second();
}

rate_line::counts rate_line::count() noexcept {
  const section in(*this);
  counts c = counts_;
  c.waiting = waiters_.size();
  return c;
}

double rate_line::tokens() noexcept {
  const section in(*this);
  return bucket_.tokens(now());
}

}  // namespace weir::detail
