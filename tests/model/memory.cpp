#include "memory.hpp"

#include "engine.hpp"

#include <algorithm>
#include <string>

namespace model {
namespace {

constexpr std::size_t plain_slots = 1024;  // a power of two
constexpr int most_stale_repeats = 2;

[[noreturn]] void out_of_room(const char* what) {
  fail(std::string("more than ") + what + " in one execution: a livelock, or too large a scenario");
}

}  // namespace

void view::join(const view& other, std::size_t locations) noexcept {
  for (std::size_t i = 0; i < max_threads; ++i) seen[i] = std::max(seen[i], other.seen[i]);
  const std::size_t theirs = std::min(locations, other.known);
  const std::size_t both = std::min(known, theirs);
  for (std::size_t i = 0; i < both; ++i) oldest[i] = std::max(oldest[i], other.oldest[i]);
  for (std::size_t i = both; i < theirs; ++i) oldest[i] = other.oldest[i];
  known = std::max(known, theirs);
}

void view::copy(const view& other, std::size_t locations) noexcept {
  seen = other.seen;
  known = std::min(locations, other.known);
  std::copy_n(other.oldest.begin(), known, oldest.begin());
}

memory::memory() : locations_(max_locations), plain_(plain_slots) {}

void memory::reset() {
  for (view& v : views_) {
    v.seen = {};
    std::fill_n(v.oldest.begin(), used_, std::uint16_t{0});
  }
  for (std::size_t i = 0; i < used_; ++i) {
    locations_[i].alive = false;
    locations_[i].count = 0;
  }
  used_ = 0;
  ++execution_;
}

std::size_t memory::make(const void* address, std::uint64_t value, thread_index by) {
  if (used_ == max_locations) out_of_room("160 atomics");
  location& l = locations_[used_];
  l.address = address;
  l.alive = true;
  l.maker = by;
  l.made_at = views_[by].seen[by];
  l.count = 1;
  l.seq_cst_oldest = 0;
  l.last_access = {};
  l.stale = {};
  if (l.stores.empty()) l.stores.emplace_back();
  l.stores[0].value = value;
  l.stores[0].synchronises = false;
  return used_++;
}

void memory::end(std::size_t index) noexcept {
  location& l = locations_[index];
  l.alive = false;
  ticks of_others = l.last_access;
  of_others[l.maker] = 0;
  if (index + 1 == used_ && l.count == 1 && of_others == ticks{}) --used_;  // no view knows of it
}

std::size_t memory::oldest_readable(const location& l, std::size_t index, thread_index t,
                                    std::memory_order order) const noexcept {
  std::size_t oldest = views_[t].oldest[index];
  if (order == std::memory_order_seq_cst) oldest = std::max(oldest, l.seq_cst_oldest);
  const location::repeat& r = l.stale[t];
  if (r.times >= most_stale_repeats && r.index == oldest && oldest != l.newest()) ++oldest;
  return oldest;
}

void memory::read(std::size_t index, std::size_t which, thread_index t, std::memory_order order) {
  location& l = locations_[index];
  location::repeat& r = l.stale[t];
  r.times = which == l.newest() ? 0 : which == r.index ? r.times + 1 : 1;
  r.index = which;
  view& v = views_[t];
  v.oldest[index] = std::max(v.oldest[index], static_cast<std::uint16_t>(which));
  if (order == std::memory_order_seq_cst) l.seq_cst_oldest = std::max(l.seq_cst_oldest, which);
  if (acquires(order) && l.stores[which].synchronises) v.join(l.stores[which].carried, used_);
}

void memory::write(std::size_t index, std::uint64_t value, thread_index t, std::memory_order order,
                   bool continues) {
  location& l = locations_[index];
  if (l.count == UINT16_MAX) out_of_room("65535 values of one atomic");
  if (l.count == l.stores.size()) l.stores.emplace_back();
  view& v = views_[t];
  v.oldest[index] = static_cast<std::uint16_t>(l.count);
  store& s = l.stores[l.count];
  const bool from_before = continues && l.stores[l.count - 1].synchronises;
  s.value = value;
  s.synchronises = from_before || releases(order);
  if (from_before) {
    s.carried.copy(l.stores[l.count - 1].carried, used_);
    if (releases(order)) s.carried.join(v, used_);
  } else if (s.synchronises) {
    s.carried.copy(v, used_);
  }
  if (order == std::memory_order_seq_cst) l.seq_cst_oldest = l.count;
  ++l.count;
}

plain_history& memory::history_of(const void* address) {
  std::size_t i = (reinterpret_cast<std::uintptr_t>(address) >> 2) * 0x9e3779b97f4a7c15 >> 54;
  for (std::size_t tried = 0; tried < plain_slots; ++tried, i = (i + 1) % plain_slots) {
    plain_history& h = plain_[i];
    if (h.execution != execution_) {
      h = {.address = address, .execution = execution_, .read_at = {}};
      return h;
    }
    if (h.address == address) return h;
  }
  out_of_room("1024 plain objects");
}

bool memory::plain_read(const void* address, thread_index t) {
  advance(t);
  plain_history& h = history_of(address);
  h.read_at[t] = views_[t].seen[t];
  return has_happened(h.writer, h.written_at, t);
}

bool memory::plain_write(const void* address, thread_index t) {
  advance(t);
  plain_history& h = history_of(address);
  bool ordered = has_happened(h.writer, h.written_at, t);
  for (thread_index u = 0; u < max_threads; ++u) {
    ordered = ordered && (u == t || has_happened(u, h.read_at[u], t));
  }
  h.writer = t;
  h.written_at = views_[t].seen[t];
  return ordered;
}

}  // namespace model
