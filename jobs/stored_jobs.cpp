#include <jobs/item_codec.hpp>
#include <jobs/stored_jobs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::string_view changed_input =
    ": the input has changed; go on with the one it was begun with, or with none (< /dev/null) to finish "
    "what waits, or give another --spill-dir and --joblog";

}  // namespace

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
                                         bool again_failed, std::size_t most_sums) {
  auto found = read_once(options, log, again_failed, most_sums);
  if (!found || found->store_->stats().rebuilds == 0) return found;
  // What a store has shown that was damaged is not what there is now: some of it twice, some is lost.
  const std::uint64_t lost = found->unreadable_;
  found->store_.reset();
  found = read_once(options, log, again_failed, most_sums);
  if (!found) return found;
  found->unreadable_ += lost;
  found->lost_ = lost;
  found->rebuilt_ = true;
  return found;
}

io_result<stored_jobs> stored_jobs::read_once(const spill_options& options, const journal_index& log,
                                              bool again_failed, std::size_t most_sums) {
  stored_jobs found;
  found.items_ = item_sums(most_sums);
  auto store = spill_store::open(
      options, [&](const spill_store::record& record) { found.see(record, log, again_failed); });
  if (!store) return std::unexpected(store.error());
  found.finish();
  found.unreadable_ = store->stats().moved_aside;
  found.store_ = std::move(*store);
  return found;
}

void stored_jobs::see(const spill_store::record& record, const journal_index& log, bool again_failed) {
  const auto seq = encoded_seq(record.payload);
  if (!seq) return;  // the pool moves it aside, and counts it
  waiting_.add(*seq);
  if (items_.keeps_any()) items_.add(*seq, item_sums::part_of(*seq, record.payload));
  const journal_index::entry* end = log.find(*seq);
  if (end != nullptr && (end->succeeded() || !again_failed)) done_.add(*seq);
}

void stored_jobs::finish() {
  waiting_.finish();
  items_.finish();
  done_.finish();
}

io_result<earlier_end> earlier_or_stored::look(const item_batch& batch) {
  auto end = before_.look(batch);
  if (!end) return end;
  if (!is_same(batch)) return std::unexpected(differs(batch));
  if (*end != earlier_end::succeeded && stored_.waiting().holds(batch.seq)) return earlier_end::stored;
  return end;
}

// Known at the end of a block: before that, all may be well yet.
bool earlier_or_stored::is_same(const item_batch& batch) {
  const item_sums& was = stored_.items();
  if (was.first_of_block(batch.seq) != was.first_of_block(last_)) sum_ = 0;
  last_ = batch.seq;
  if (batch.seq > stored_.waiting().largest()) return true;
  if (stored_.waiting().holds(batch.seq)) sum_ += item_sums::part_of(batch);
  const bool whole = batch.seq == was.last_of_block(batch.seq) || batch.seq == stored_.waiting().largest();
  return !whole || sum_ == was.of_block(batch.seq);
}

error earlier_or_stored::differs(const item_batch& batch) const {
  const std::uint64_t first = std::max<std::uint64_t>(1, stored_.items().first_of_block(batch.seq));
  const std::string now = printable(batch.joined());
  const std::string what =
      first == batch.seq
          ? fmt::format("job {} waits in '{}' with another item than `{}`, which it would now be of", first,
                        directory_, now)
          : fmt::format(
                "one at least of jobs {} to {} (the last would now be of `{}`) waits in '{}' with another "
                "item than it would now be of",
                first, batch.seq, now, directory_);
  return {std::errc::invalid_argument, what + std::string(changed_input)};
}

std::uint64_t earlier_or_stored::left() const noexcept {
  const std::uint64_t largest = stored_.waiting().largest();
  return before_.left() + (largest > last_ ? largest - last_ : 0);
}

io_result<> earlier_or_stored::check_end(std::uint64_t last) const {
  if (auto whole = before_.check_end(last); !whole) return whole;
  const std::uint64_t largest = stored_.waiting().largest();
  if (largest <= last) return {};
  return std::unexpected(error(std::errc::invalid_argument,
                               fmt::format("the input ends with job {}, and in '{}' wait jobs up to {}{}",
                                           last, directory_, largest, changed_input)));
}

}  // namespace weir::jobs
