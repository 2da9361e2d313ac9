#include <weir/guard/figures.hpp>

#include <string_view>
#include <utility>

namespace weir {

namespace {

void show_shadow(readings& to, std::string_view name, std::string_view reason, const shadowable& guard) {
  to.add(figure::shadow_refused, {name, reason}, guard.would_have_refused());
}

}  // namespace

figure_source add_figures(figure_sources& to, std::string name, const circuit_breaker& guard) {
  return to.add(std::move(name), [&guard](readings& all, std::string_view as) {
    all.add(as, guard.state());
    show_shadow(all, as, "breaker", guard);
  });
}

figure_source add_figures(figure_sources& to, std::string name, const rate_limiter& guard) {
  return to.add(std::move(name), [&guard](readings& all, std::string_view as) {
    all.add(figure::rate_limited, {as}, guard.stats().refused);
    show_shadow(all, as, "rate", guard);
  });
}

figure_source add_figures(figure_sources& to, std::string name, const bulkhead& guard) {
  return to.add(std::move(name), [&guard](readings& all, std::string_view as) {
    const bulkhead_stats now = guard.stats();
    all.add(figure::concurrency_limit, {as}, static_cast<double>(now.limit));
    all.add(figure::in_flight, {as}, static_cast<double>(now.in_flight));
    show_shadow(all, as, "limit", guard);
  });
}

figure_source add_figures(figure_sources& to, std::string name, const retry& guard) {
  return to.add(std::move(name), [&guard](readings& all, std::string_view as) {
    all.add(figure::jobs_retried, {as}, guard.stats().retries);
    show_shadow(all, as, "retry", guard);
  });
}

figure_source add_figures(figure_sources& to, std::string name, const throttle& guard) {
  return to.add(std::move(name),
                [&guard](readings& all, std::string_view as) { show_shadow(all, as, "throttle", guard); });
}

}  // namespace weir
