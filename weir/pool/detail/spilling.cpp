#include <weir/pool/detail/spilling.hpp>

#include <fmt/format.h>

#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace weir::detail {

namespace {

/// Of submitters and of records that share a commit.
constexpr std::size_t most_together = 256;
constexpr std::size_t most_records = 1024;

spill_store open_store(const spill_options& options) {
  io_result<spill_store> store = spill_store::open(options);
  if (store) return std::move(*store);
  const error& why = store.error();
  if (why.code == std::errc::invalid_argument) throw std::invalid_argument("spill." + why.detail);
  throw std::system_error(why.code, why.detail);
}

/// Whether the open store is the one that the options name.
void check_same(const spill_store& opened, const pool_options& options) {
  if (options.spill && options.spill->directory == opened.directory()) return;
  throw std::invalid_argument(fmt::format("the open spill store is in {}; set pool_options::spill to it",
                                          opened.directory().string()));
}

void check_lanes(const spill_store::statistics& found, const pool_options& options) {
  if (found.unfetched_by_lane.empty()) return;
  const std::size_t highest = found.unfetched_by_lane.rbegin()->first;
  if (highest < options.lanes) return;
  throw std::invalid_argument(fmt::format(
      "lanes {} has no lane {}, of which the spill store in {} holds {} jobs; use {} or more", options.lanes,
      highest, options.spill->directory.string(), found.unfetched_by_lane.rbegin()->second, highest + 1));
}

}  // namespace

std::unique_ptr<spilling> spilling::open(const job_codec* codec, const pool_options& options,
                                         std::optional<spill_store>&& opened) {
  if (opened) check_same(*opened, options);
  if (!options.spill) return nullptr;
  if (!codec) {
    throw std::invalid_argument(
        "spill needs jobs that a weir::codec turns into bytes (strings and trivially copyable types have "
        "one, "
        "the tasks of a task_pool have none); specialise weir::codec for the type, or leave spill out");
  }
  if (!opened) opened = open_store(*options.spill);
  check_lanes(opened->stats(), options);
  return std::make_unique<spilling>(std::move(*opened), *codec, options);
}

spilling::spilling(spill_store opened, const job_codec& jobs, const pool_options& options)
    : store(std::move(opened)),
      codec(jobs),
      lanes(options.lanes),
      turns(options.lanes),
      lengths(options.lanes),
      schedule(schedule_of(options)) {
  group.reserve(most_together);
  records.reserve(most_records);
}

std::size_t spilling::append(std::span<const spill_store::record> some, errc& reason) noexcept {
  try {
    const io_result<> done = store.append(some);
    if (done) return some.size();
    reason = done.error().code == errc::full ? errc::full : errc::storage;
  } catch (const std::bad_alloc&) {
    reason = errc::storage;
  }
  if (reason != errc::full || some.size() == 1) return 0;
  const std::size_t half = some.size() / 2;
  const std::size_t accepted = append(some.first(half), reason);
  return accepted < half ? accepted : accepted + append(some.subspan(half), reason);
}

void spilling::take_group() noexcept {
  group.clear();
  std::size_t size = 0;
  while (!line.empty() && group.size() < most_together) {
    appender& next = *line.front();
    size += next.records.size();
    if (!group.empty() && size > most_records) return;
    line.remove(next);
    group.push_back(&next);
  }
}

void spilling::write_group() noexcept {
  if (group.size() > 1) {
    records.clear();
    for (const appender* one : group) records.insert(records.end(), one->records.begin(), one->records.end());
    try {
      if (store.append(records)) {
        for (appender* one : group) one->accepted = one->records.size();
        return;
      }
    } catch (const std::bad_alloc&) {  // one by one needs less
    }
  }
  // Alone, or the group does not fit as a whole: then some of it may.
  for (appender* one : group) one->accepted = append(one->records, one->reason);
}

}  // namespace weir::detail
