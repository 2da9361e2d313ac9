#include <weir/guard/circuit_breaker.hpp>

namespace weir {

using control::breaker_state;

struct circuit_breaker::change {
  std::uint64_t from;
  std::uint64_t to;
};

circuit_breaker::circuit_breaker(const control::circuit_breaker_options& options, classifier counts)
    : options_(options), counts_(std::move(counts)), timed_(options.slow_call.has_value()), core_(options) {
  change none;
  note(time_point::min(), false, none);
}

circuit_breaker::circuit_breaker(circuit_breaker&& other) noexcept
    : shadowable(static_cast<shadowable&&>(other)),
      options_(other.options_),
      counts_(std::move(other.counts_)),
      timed_(other.timed_),
      word_(other.word_.load(std::memory_order_relaxed)),
      open_until_(other.open_until_.load(std::memory_order_relaxed)),
      succeeded_(std::move(other.succeeded_)),
      failed_(std::move(other.failed_)),
      refused_(std::move(other.refused_)),
      opened_(std::move(other.opened_)),
      core_(std::move(other.core_)),
      listeners_(std::move(other.listeners_)) {}

breaker_state circuit_breaker::state_of(std::uint64_t word) noexcept {
  switch (word & 3) {
    case open: return breaker_state::open;
    case half_open: return breaker_state::half_open;
    default: return breaker_state::closed;
  }
}

/// Under the lock, after whatever may have changed the core's state at `now`, but for an open one that
/// waited.
void circuit_breaker::note(time_point now, bool failures_counted, change& changed) {
  std::uint64_t word = word_.load(std::memory_order_relaxed);
  changed.from = word;
  switch (core_.state_at(now)) {
    case breaker_state::closed: {
      // A closed breaker lets every call through, and changes nothing by it: this asks for the generation.
      const std::uint64_t generation = core_.allow(now)->generation;
      const bool quiet = options_.mode == control::breaker_mode::consecutive && !failures_counted;
      word = generation << mark_bits | (quiet ? closed_quiet : closed);
      break;
    }
    case breaker_state::open:
      word = (word & ~std::uint64_t{3}) | open;
      open_until_.store(after(now, options_.reset_timeout).time_since_epoch().count(),
                        std::memory_order_relaxed);
      break;
    case breaker_state::half_open: word = (word & ~std::uint64_t{3}) | half_open; break;
  }
  if (state_of(word) == breaker_state::open && state_of(changed.from) != breaker_state::open) {
    opened_.add();
  }
  changed.to = word;
  word_.store(word, std::memory_order_release);
}

result<circuit_breaker::permit> circuit_breaker::admit_unless_open(std::uint64_t word,
                                                                   detail::call_context& context) {
  const time_point now = context.now();
  const bool waits =
      (word & 3) == open && now.time_since_epoch().count() < open_until_.load(std::memory_order_relaxed);
  change changed{word, word};
  std::optional<control::circuit_breaker::permit> leave;
  if (!waits) {
    const std::lock_guard hold(lock_);
    leave = core_.allow(now);
    if (leave) {
      note(now, (word_.load(std::memory_order_relaxed) & 3) == closed, changed);
      if (!is_closed(changed.to)) {
        changed.to = leave->generation << mark_bits | half_open;
        word_.store(changed.to, std::memory_order_release);
      }
    }
  }
  if (leave) {
    tell(changed);
    return permit(this, *leave, now);
  }
  if (passes_as_shadow()) return permit(nullptr, {}, now);
  refused_.add();
  return std::unexpected(errc::circuit_open);
}

void circuit_breaker::settle(const permit& p, bool well, detail::call_context& context) {
  const time_point now = context.now();
  change changed;
  {
    const std::lock_guard hold(lock_);
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    // Of an earlier generation: changes nothing. An open breaker has given no permit.
    if (p.leave_.generation != word >> mark_bits || (word & 3) == open) return;
    const duration took = timed_ ? now - p.began_ : duration::zero();
    if (well) {
      core_.on_success(now, p.leave_, took);
    } else {
      core_.on_failure(now, p.leave_, took);
    }
    note(now, !well && is_closed(word), changed);
  }
  tell(changed);
}

void circuit_breaker::release(control::circuit_breaker::permit leave) {
  if (is_closed(word_.load(std::memory_order_acquire))) return;
  const time_point now = clock::now();
  const std::lock_guard hold(lock_);
  core_.release(now, leave);
}

breaker_state circuit_breaker::state() const {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if ((word & 3) != open) return state_of(word);
  return clock::now().time_since_epoch().count() < open_until_.load(std::memory_order_relaxed)
             ? breaker_state::open
             : breaker_state::half_open;
}

void circuit_breaker::trip() { by_hand(&control::circuit_breaker::trip); }

void circuit_breaker::reset() { by_hand(&control::circuit_breaker::reset); }

void circuit_breaker::by_hand(hand_operation operation) {
  const time_point now = clock::now();
  change changed;
  {
    const std::lock_guard hold(lock_);
    (core_.*operation)(now);
    note(now, false, changed);
  }
  tell(changed);
}

void circuit_breaker::tell(const change& changed) const {
  if (state_of(changed.from) == state_of(changed.to)) return;
  std::shared_ptr<const std::vector<listener>> listeners;
  {
    const std::lock_guard hold(listeners_lock_);
    listeners = listeners_;
  }
  if (!listeners) return;
  for (const listener& l : *listeners) l(state_of(changed.from), state_of(changed.to));
}

void circuit_breaker::add_listener(listener l) {
  const std::lock_guard hold(listeners_lock_);
  auto more = listeners_ ? std::make_shared<std::vector<listener>>(*listeners_)
                         : std::make_shared<std::vector<listener>>();
  more->push_back(std::move(l));
  listeners_ = std::move(more);
}

breaker_stats circuit_breaker::stats() const {
  return {.state = state(),
          .succeeded = succeeded_.value(),
          .failed = failed_.value(),
          .refused = refused_.value(),
          .opened = opened_.value()};
}

}  // namespace weir
