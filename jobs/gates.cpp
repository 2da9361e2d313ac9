#include <jobs/gates.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace weir::jobs {

namespace {

// A small file of /proc; empty when it cannot be read.
std::string text_of(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(4096, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

template <class Number>
std::optional<Number> leading(std::string_view text) {
  Number n{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc()) return std::nullopt;
  return n;
}

}  // namespace

std::optional<double> parse_loadavg(std::string_view text) { return leading<double>(text); }

std::optional<std::uint64_t> parse_meminfo(std::string_view text) {
  constexpr std::string_view name = "MemAvailable:";
  const auto at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + name.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto kib = leading<std::uint64_t>(text);
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

machine machine::real() {
  return {[] { return parse_loadavg(text_of("/proc/loadavg")); },
          [] { return parse_meminfo(text_of("/proc/meminfo")); }};
}

start_gate::start_gate(gate_options o, machine m)
    : options_(std::move(o)),
      machine_(std::move(m)),
      open_(options_.delay <= duration::zero() && !options_.load && options_.memfree == 0 && !options_.rate &&
            !options_.breaker) {
  if (options_.rate) bucket_.emplace(options_.rate->per_second, options_.rate->burst);
  if (options_.breaker) breaker_.emplace(*options_.breaker);
}

bool start_gate::machine_allows() const {
  if (options_.load) {
    const auto load = machine_.load();
    if (load && *load > *options_.load) return false;
  }
  if (options_.memfree > 0) {
    const auto memory = machine_.available_memory();
    if (memory && *memory < options_.memfree) return false;
  }
  return true;
}

start_gate::passage start_gate::pass(const std::stop_token& stop, time_point deadline) {
  if (open_ && !paused_.load(std::memory_order_relaxed))
    return {stop.stop_requested() ? gate_answer::stopped : gate_answer::start};
  std::unique_lock lock(mutex_);
  waiter me;
  line_.push_back(&me);
  const passage result = pass_in_turn(lock, me, stop, deadline);
  leave(me);
  tell(lock);
  return result;
}

start_gate::passage start_gate::pass_in_turn(std::unique_lock<std::mutex>& lock, waiter& me,
                                             const std::stop_token& stop, time_point deadline) {
  constexpr duration longest = std::chrono::hours(1);  // so that no sum of times overflows inside the wait
  for (;;) {
    if (stop.stop_requested()) return {gate_answer::stopped};
    const time_point now = clock::now();
    if (now >= deadline) return {gate_answer::expired};
    hold why{after(now, longest)};
    if (line_.front() == &me)
      if (const auto started = try_start(now, why)) return *started;
    me.told = false;
    me.changed.wait_until(lock, stop, std::min({why.until, deadline, after(now, longest)}),
                          [&me] { return me.told; });
    if (why.counted) *why.counted += clock::now() - now;
  }
}

// None: `why` says what holds the head. The token comes before the breaker's permit, for a permit is one of
// few probes and should not be held while waiting.
std::optional<start_gate::passage> start_gate::try_start(time_point now, hold& why) {
  if (paused_.load(std::memory_order_relaxed)) return std::nullopt;
  if (now < next_start_) return why = {next_start_}, std::nullopt;
  if (!machine_allows()) return why = {after(now, sample_every)}, std::nullopt;
  if (options_.shadow) return granted(now, breaker_ ? breaker_->allow(now) : std::nullopt);
  const auto held = [&](time_point until) {
    if (!std::exchange(head_was_held_, true)) ++seen_.held_by_breaker;
    why = {until, &seen_.breaker_time};
  };
  if (breaker_)
    if (const time_point until = breaker_->opens_up(now); until > now) return held(until), std::nullopt;
  if (bucket_)
    if (const time_point until = token_at(now); until > now)
      return why = {until, &seen_.rate_limited_time}, std::nullopt;
  if (!breaker_) return granted(now, std::nullopt);
  const auto permit = breaker_->allow(now);
  if (permit) return granted(now, permit);
  // Half open, and the probes are under way: their results wake us; one that never comes is given up by then.
  return held(after(now, options_.breaker->reset_timeout)), std::nullopt;
}

time_point start_gate::token_at(time_point now) {
  if (!token_) {
    token_ = bucket_->reserve(now);
    if (!token_) return never;
    token_at_ = after(now, token_->wait);
    if (token_at_ > now) ++seen_.rate_limited;
  }
  return token_at_;
}

start_gate::passage start_gate::granted(time_point now, std::optional<breaker_watch::permit> permit) {
  next_start_ = after(now, options_.delay);
  token_.reset();
  if (options_.shadow && bucket_ && !bucket_->try_acquire(now)) ++seen_.rate_limited;
  if (options_.shadow && breaker_ && !permit) ++seen_.held_by_breaker;
  return {gate_answer::start, permit};
}

void start_gate::leave(waiter& me) {
  if (line_.front() != &me) {
    std::erase(line_, &me);
    return;
  }
  if (token_) bucket_->cancel(clock::now(), *std::exchange(token_, std::nullopt));
  head_was_held_ = false;
  line_.pop_front();
  tell_head();
}

void start_gate::tell_head() {
  if (line_.empty()) return;
  line_.front()->told = true;
  line_.front()->changed.notify_one();
}

void start_gate::ended(const passage& through, attempt_end how, duration took) {
  if (!through.permit) return;
  std::unique_lock lock(mutex_);
  const time_point now = clock::now();
  if (how == attempt_end::not_made) {
    breaker_->released(now, *through.permit);
  } else {
    breaker_->ended(now, *through.permit, how == attempt_end::succeeded, took);
  }
  tell_head();
  tell(lock);
}

// Of a change of the breaker, without the lock: it may take as long as a terminal does.
void start_gate::tell(std::unique_lock<std::mutex>& lock) {
  const auto changed = breaker_ ? breaker_->changed() : std::nullopt;
  lock.unlock();
  if (changed && options_.on_breaker) options_.on_breaker(*changed);
}

void start_gate::pause() {
  const std::lock_guard lock(mutex_);
  paused_.store(true, std::memory_order_relaxed);
}

void start_gate::resume() {
  const std::lock_guard lock(mutex_);
  paused_.store(false, std::memory_order_relaxed);
  tell_head();
}

start_gate::figures start_gate::seen() const {
  const std::lock_guard lock(mutex_);
  figures f = seen_;
  if (breaker_) {
    f.breaker = breaker_->state();
    f.breaker_changes = breaker_->changes();
    f.breaker_opened = breaker_->times_opened();
  }
  return f;
}

}  // namespace weir::jobs
