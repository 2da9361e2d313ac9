#include <jobs/item_codec.hpp>
#include <jobs/stored_jobs.hpp>
#include <weir/spill/store.hpp>

#include <algorithm>

namespace weir::jobs {

void number_set::add(std::uint64_t n) {
  if (!stretches_.empty() && n == stretches_.back().second + 1)
    stretches_.back().second = n;
  else
    stretches_.emplace_back(n, n);
}

void number_set::finish() {
  std::ranges::sort(stretches_);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> merged;
  for (const auto& [first, last] : stretches_) {
    if (!merged.empty() && (first <= merged.back().second || first - 1 == merged.back().second))
      merged.back().second = std::max(merged.back().second, last);
    else
      merged.emplace_back(first, last);
  }
  stretches_ = std::move(merged);
}

bool number_set::holds(std::uint64_t n) const noexcept {
  const auto behind =
      std::ranges::upper_bound(stretches_, n, {}, [](const auto& stretch) { return stretch.first; });
  return behind != stretches_.begin() && n <= std::prev(behind)->second;
}

void number_set::for_each_gap(std::uint64_t from, const std::function<void(std::uint64_t)>& tell) const {
  std::uint64_t next = from + 1;
  for (const auto& [first, last] : stretches_) {
    for (; next < first; ++next) tell(next);
    next = std::max(next, last + 1);
  }
}

io_result<stored_jobs> stored_jobs::read(const spill_options& options, const journal_index& log,
                                         bool again_failed) {
  constexpr std::size_t at_once = 1024;
  auto store = spill_store::open(options);
  if (!store) return std::unexpected(store.error());
  stored_jobs found;
  for (;;) {
    const auto batch = store->fetch(at_once);
    if (!batch) return std::unexpected(batch.error());
    if (batch->records.empty() && batch->damaged.empty()) break;
    for (const auto& record : batch->records) {
      const auto seq = encoded_seq(record.payload);
      if (!seq) continue;  // the pool moves it aside, and counts it
      found.waiting_.add(*seq);
      const journal_index::entry* end = log.find(*seq);
      if (end != nullptr && (end->succeeded() || !again_failed)) found.done_.add(*seq);
    }
  }
  found.waiting_.finish();
  found.done_.finish();
  const spill_store::statistics seen = store->stats();
  found.unreadable_ = seen.moved_aside;
  found.rebuilt_ = seen.rebuilds > 0;
  return found;
}

io_result<earlier_end> earlier_or_stored::look(const item_batch& batch) {
  auto end = before_.look(batch);
  if (end && *end != earlier_end::succeeded && stored_.waiting().holds(batch.seq)) return earlier_end::stored;
  return end;
}

}  // namespace weir::jobs
