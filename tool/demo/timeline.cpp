#include <tool/demo/timeline.hpp>

#include <cmath>
#include <memory>
#include <utility>

namespace weir::tool::demo {

void timeline::in(weir::duration wait, std::function<void()> what) {
  events_.push({after(now_, wait), asked_++, std::move(what)});
}

void timeline::run() {
  while (!events_.empty()) {
    const event next = events_.top();
    events_.pop();
    now_ = next.at;
    next.what();
  }
}

void evenly(timeline& time, double per_second, weir::duration length, std::function<void()> what) {
  const auto shared = std::make_shared<std::function<void()>>(std::move(what));
  for (std::int64_t i = 0;; ++i) {
    const weir::duration at(static_cast<std::int64_t>(static_cast<double>(i) * 1e9 / per_second));
    if (at >= length) return;
    time.in(at, [shared] { (*shared)(); });
  }
}

weir::duration exponential(weir::duration mean, control::splitmix64& random) {
  return weir::duration(
      static_cast<std::int64_t>(-std::log1p(-random.unit()) * static_cast<double>(mean.count())));
}

namespace {

// One source of random arrivals; its events share it, the last one ends it.
struct arrivals : std::enable_shared_from_this<arrivals> {
  timeline& time;
  std::function<double(weir::duration)> per_second;
  weir::time_point begin, end;
  control::splitmix64& random;
  std::function<void()> what;

  arrivals(timeline& t, std::function<double(weir::duration)> rate, weir::duration length,
           control::splitmix64& r, std::function<void()> w)
      : time(t),
        per_second(std::move(rate)),
        begin(t.now()),
        end(t.now() + length),
        random(r),
        what(std::move(w)) {}

  void next() {
    const double rate = per_second(time.now() - begin);
    const weir::duration mean(static_cast<std::int64_t>(1e9 / rate));
    time.in(exponential(mean, random), [self = shared_from_this()] {
      if (self->time.now() >= self->end) return;
      self->what();
      self->next();
    });
  }
};

}  // namespace

void at_random(timeline& time, std::function<double(weir::duration)> per_second, weir::duration length,
               control::splitmix64& random, std::function<void()> what) {
  std::make_shared<arrivals>(time, std::move(per_second), length, random, std::move(what))->next();
}

}  // namespace weir::tool::demo
