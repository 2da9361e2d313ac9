#include <jobs/alert_log.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace weir::jobs {

alert_log::alert_log(std::function<void(const std::string&)> say, alert_reader reader, bool blocks,
                     const alert_options& o)
    : say_(std::move(say)), reader_(reader), blocks_(blocks), watch_(o) {
  watch_.on_change([this](const alert_event& e) { changed(e); });
}

bool alert_log::is_due(time_point now) noexcept {
  if (now < next_) return false;
  next_ = after(now, every);
  return true;
}

void alert_log::look(const pool_snapshot& pool, std::optional<control::breaker_state> breaker,
                     time_point now) {
  watch_.feed(pool, breaker, now);
}

bool alert_log::is_said(alert_kind kind) const noexcept {
  if (reader_ == alert_reader::operator_watching) return true;
  if (kind == alert_kind::utilization) return !blocks_;
  return kind == alert_kind::unexpected_loss || kind == alert_kind::spill;
}

void alert_log::changed(const alert_event& e) {
  const bool started = e.change == alert_change::started;
  {
    const std::lock_guard lock(mutex_);
    auto& place = on_[static_cast<std::size_t>(e.kind)];
    if (started) {
      place = e;
    } else {
      place.reset();
    }
  }
  if (is_said(e.kind)) say_(fmt::format("alert {}{}: {}", name(e.kind), started ? "" : " over", e.text));
}

std::vector<active_alert> alert_log::active(time_point now) const {
  const std::lock_guard lock(mutex_);
  std::vector<active_alert> list;
  for (const auto& e : on_)
    if (e)
      list.push_back(
          {.name = std::string(name(e->kind)), .value = e->value, .active = now - e->at, .text = e->text});
  return list;
}

}  // namespace weir::jobs
