#include <tool/demo/modelled_pool.hpp>

#include <algorithm>
#include <numeric>

namespace weir::tool::demo {

double modelled_fate::within(weir::duration patience) const {
  if (came == 0) return 1;
  const auto early = std::ranges::count_if(waits, [&](weir::duration w) { return w <= patience; });
  return static_cast<double>(early) / static_cast<double>(came);
}

weir::duration modelled_fate::wait(double q) const {
  if (waits.empty()) return {};
  auto sorted = waits;
  const auto last = static_cast<double>(sorted.size() - 1);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(q * last);
  std::ranges::nth_element(sorted, at);
  return *at;
}

modelled_pool::modelled_pool(timeline& time, const modelled_pool_options& o, std::size_t kinds)
    : time_(time),
      workers_(o.workers),
      idle_(o.workers),
      places_(o.places),
      lanes_(o.places.size()),
      lengths_(o.places.size()),
      schedule_(
          {.lanes = static_cast<std::int64_t>(o.places.size()), .starvation_limit = o.starvation_limit}),
      fates_(kinds) {}

void modelled_pool::submit(std::size_t kind, std::size_t lane, weir::duration service) {
  const job next{kind, service, time_.now()};
  ++fates_[kind].came;
  if (idle_ > 0) return begin(next);
  if (lengths_[lane] == places_[lane]) {
    ++fates_[kind].refused;
    return;
  }
  lanes_[lane].push_back(next);
  ++lengths_[lane];
}

void modelled_pool::hire() {
  ++workers_;
  ++idle_;
  begin_next();
}

weir::pool_stats modelled_pool::stats() const {
  weir::pool_stats s;
  for (const modelled_fate& f : fates_) {
    s.submitted += f.came;
    s.rejected += f.refused;
    s.completed += f.waits.size();
  }
  s.workers = static_cast<std::uint64_t>(workers_);
  s.busy = s.running = static_cast<std::uint64_t>(workers_ - idle_);
  s.completed -= s.running;
  s.queued = std::accumulate(lengths_.begin(), lengths_.end(), std::uint64_t{0});
  return s;
}

void modelled_pool::begin(const job& j) {
  --idle_;
  fates_[j.kind].waits.push_back(time_.now() - j.came);
  time_.in(j.service, [this] {
    ++idle_;
    begin_next();
  });
}

void modelled_pool::begin_next() {
  const auto lane = schedule_.pick(lengths_);
  if (!lane) return;
  const job next = lanes_[*lane].front();
  lanes_[*lane].pop_front();
  --lengths_[*lane];
  begin(next);
}

}  // namespace weir::tool::demo
