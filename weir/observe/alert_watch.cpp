#include <weir/base/option_error.hpp>
#include <weir/observe/alert_watch.hpp>

namespace weir {

void alert_watch::on_change(callback call) {
  auto shared = std::make_shared<const callback>(std::move(call));
  const std::lock_guard lock(mutex_);
  callbacks_.push_back(std::move(shared));
}

void alert_watch::feed(const pool_snapshot& pool, std::optional<control::breaker_state> breaker,
                       time_point now) {
  std::vector<alert_event> events;
  {
    const std::lock_guard lock(mutex_);
    events = rules_.observe(now, pool, breaker);
  }
  tell(events);
}

void alert_watch::finish(time_point now) {
  std::vector<alert_event> events;
  {
    const std::lock_guard lock(mutex_);
    events = rules_.finish(now);
  }
  tell(events);
}

void alert_watch::tell(const std::vector<alert_event>& events) const {
  if (events.empty()) return;
  std::vector<std::shared_ptr<const callback>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks = callbacks_;
  }
  for (const alert_event& event : events)
    for (const auto& call : callbacks) (*call)(event);
}

bool alert_watch::is_on(alert_kind kind) const {
  const std::lock_guard lock(mutex_);
  return rules_.is_on(kind);
}

void alert_watch::show(readings& to, std::string_view pool) const {
  for (const alert_kind kind : all_alerts) to.add(figure::alert, {pool, name(kind)}, is_on(kind) ? 1.0 : 0.0);
}

alert_timer::alert_timer(std::function<void()> look, std::function<void()> finish, duration every)
    : look_(std::move(look)), finish_(std::move(finish)), every_(every) {
  require(check_range("every", every, std::chrono::milliseconds(1), std::chrono::hours(1)));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

alert_timer::~alert_timer() {
  thread_.request_stop();
  thread_.join();
  finish_();
}

void alert_timer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    look_();
    lock.lock();
    stopped_.wait_for(lock, stop, every_, [] { return false; });
  }
}

}  // namespace weir
