#include <weir/base/thread_random.hpp>
#include <weir/guard/throttle.hpp>

#include <mutex>
#include <utility>

namespace weir {

throttle::throttle(const control::adaptive_throttle_options& options, classifier turned_away)
    : turned_away_(std::move(turned_away)), core_(options) {}

throttle::throttle(throttle&& other) noexcept
    : shadowable(static_cast<shadowable&&>(other)),
      turned_away_(std::move(other.turned_away_)),
      core_(other.core_),
      refused_(std::move(other.refused_)) {}

result<throttle::permit> throttle::admit(detail::call_context& context) {
  const time_point now = context.now();
  const std::uint64_t draw = detail::thread_random();
  bool allowed;
  {
    const std::lock_guard hold(lock_);
    allowed = core_.allow(now, draw);
  }
  if (allowed || passes_as_shadow()) [[likely]]
    return permit(this);
  refused_.add();
  return std::unexpected(errc::overloaded);
}

void throttle::accepted(detail::call_context& context) {
  const time_point now = context.now();
  const std::lock_guard hold(lock_);
  core_.on_accept(now);
}

bool throttle::is_overload(const failure& what) {
  if (!what.code) return what.exception != nullptr;
  for (const errc e : {errc::overloaded, errc::rate_limited, errc::full, errc::circuit_open, errc::timed_out,
                       errc::dropped}) {
    if (what.code == e) return true;
  }
  return what.code == std::errc::timed_out || what.code == std::errc::resource_unavailable_try_again;
}

double throttle::probability() const {
  const time_point now = clock::now();
  const std::lock_guard hold(lock_);
  return core_.probability(now);
}

}  // namespace weir
