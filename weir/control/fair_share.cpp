#include <weir/base/option_error.hpp>
#include <weir/control/fair_share.hpp>

#include <algorithm>
#include <cassert>

namespace weir::control {

namespace {

// Multiplicative hashing (Knuth, "The Art of Computer Programming", 6.4): the upper bits are the good ones.
constexpr std::uint64_t hash(std::uint64_t key) noexcept { return key * 0x9E3779B97F4A7C15; }

constexpr int first_bits = 3;  // of the number of buckets
constexpr std::int64_t most_queues = std::int64_t{1}
                                     << 30;  // what the indices hold, and more than memory does

}  // namespace

std::optional<option_error> check(const fair_share_options& o) {
  return first_error({check_range("quantum", o.quantum, 1), check_range("max_keys", o.max_keys, 1)});
}

fair_share::fair_share(const fair_share_options& options)
    : quantum_(static_cast<std::uint64_t>(checked(options).quantum)),
      max_keys_(static_cast<std::size_t>(std::min<std::int64_t>(options.max_keys, most_queues))),
      unused_bits_(64 - first_bits),
      buckets_(std::size_t{1} << first_bits, none) {}

void fair_share::push(key owner, std::uint64_t cost) {
  // What may fail comes first, so that a failed push leaves everything as it was.
  if (free_item_ == none) {
    assert(items_.size() < none);
    items_.push_back({.owner = 0, .cost = 0, .older = none, .newer = none});
    free_item_ = static_cast<index>(items_.size() - 1);
  }
  index q = own_queue(owner);
  if (q == none) q = host_queue(owner);
  if (q == none) {
    if (free_queue_ == none) add_free_queue();
    q = open_queue(owner);
  }

  queue& to = queues_[q];
  const index i = free_item_;
  free_item_ = items_[i].newer;
  items_[i] = {.owner = owner, .cost = std::max<std::uint64_t>(cost, 1), .older = to.newest, .newer = none};
  (to.newest == none ? to.oldest : items_[to.newest].newer) = i;
  to.newest = i;
  to.guests += to.owner != owner;
  ++size_;
}

std::optional<fair_share::key> fair_share::pick() noexcept {
  if (size_ == 0) return std::nullopt;
  for (std::size_t turned_down = 0;;) {
    queue& q = queues_[turn_];
    if (!turn_paid_) {
      q.deficit += std::min(quantum_, UINT64_MAX - q.deficit);
      turn_paid_ = true;
    }
    const item& next = items_[q.oldest];
    if (next.cost <= q.deficit) {
      q.deficit -= next.cost;
      const key owner = next.owner;
      take_out(turn_, q.oldest);
      return owner;
    }
    turn_ = q.behind;
    turn_paid_ = false;
    if (++turned_down == open_) skip_rounds_that_serve_none();
  }
}

// Everybody has just been turned down. Pays out, at once, the rounds in which that would happen again; so a
// quantum of one byte is no slower than one of a kilobyte.
void fair_share::skip_rounds_that_serve_none() noexcept {
  std::uint64_t rounds = UINT64_MAX;  // until the first can be served
  index q = turn_;
  do {
    const std::uint64_t missing = items_[queues_[q].oldest].cost - queues_[q].deficit;
    rounds = std::min(rounds, (missing - 1) / quantum_ + 1);
    q = queues_[q].behind;
  } while (q != turn_);
  do {
    queues_[q].deficit += (rounds - 1) * quantum_;  // stays below the cost of its item, so within 64 bits
    q = queues_[q].behind;
  } while (q != turn_);
}

bool fair_share::remove_newest(key owner) noexcept {
  index q = own_queue(owner);
  if (q == none) q = host_queue(owner);
  if (q == none) return false;
  index i = queues_[q].newest;
  while (i != none && items_[i].owner != owner) i = items_[i].older;
  if (i == none) return false;
  take_out(q, i);
  return true;
}

bool fair_share::remove_oldest(key owner) noexcept {
  index q = own_queue(owner);
  if (q == none) q = host_queue(owner);
  if (q == none) return false;
  index i = queues_[q].oldest;
  while (i != none && items_[i].owner != owner) i = items_[i].newer;
  if (i == none) return false;
  take_out(q, i);
  return true;
}

void fair_share::reserve(std::size_t items) {
  items_.reserve(items);
  while (queues_.size() < std::min(items, max_keys_)) add_free_queue();
}

fair_share::index& fair_share::bucket_of(key k) noexcept {
  return buckets_[static_cast<std::size_t>(hash(k) >> unused_bits_)];
}

// The queue that `k` opened; none when it has not got one.
fair_share::index fair_share::own_queue(key k) noexcept {
  index q = bucket_of(k);
  while (q != none && queues_[q].owner != k) q = queues_[q].chain;
  return q;
}

// The queue in which `k` is, or now has to be, a guest; none when it may open its own.
fair_share::index fair_share::host_queue(key k) const noexcept {
  const auto host = static_cast<index>((hash(k) >> 32) % max_keys_);
  if (open_ == max_keys_) return host;
  return host < queues_.size() && queues_[host].guests > 0 ? host : none;
}

void fair_share::add_free_queue() {
  if (queues_.size() == buckets_.size()) {
    std::vector<index> more(buckets_.size() * 2, none);
    buckets_.swap(more);
    --unused_bits_;
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      if (queues_[q].oldest == none) continue;
      index& bucket = bucket_of(queues_[q].owner);
      queues_[q].chain = bucket;
      bucket = static_cast<index>(q);
    }
  }
  queues_.emplace_back();
  queues_.back().behind = free_queue_;
  free_queue_ = static_cast<index>(queues_.size() - 1);
}

// Takes the free queue and lets it be the last whose turn comes.
fair_share::index fair_share::open_queue(key k) noexcept {
  const index q = free_queue_;
  queue& opened = queues_[q];
  free_queue_ = opened.behind;
  index& bucket = bucket_of(k);
  opened = {.owner = k, .chain = bucket};
  bucket = q;
  if (turn_ == none) {
    opened.before = opened.behind = turn_ = q;
    turn_paid_ = false;
  } else {
    opened.behind = turn_;
    opened.before = queues_[turn_].before;
    queues_[opened.before].behind = queues_[turn_].before = q;
  }
  ++open_;
  return q;
}

void fair_share::close_queue(index q) noexcept {
  queue& closed = queues_[q];
  index* link = &bucket_of(closed.owner);
  while (*link != q) link = &queues_[*link].chain;
  *link = closed.chain;
  if (turn_ == q) {
    turn_ = closed.behind == q ? none : closed.behind;
    turn_paid_ = false;
  }
  queues_[closed.before].behind = closed.behind;
  queues_[closed.behind].before = closed.before;
  closed.behind = free_queue_;
  free_queue_ = q;
  --open_;
}

void fair_share::take_out(index q, index i) noexcept {
  queue& from = queues_[q];
  item& taken = items_[i];
  (taken.older == none ? from.oldest : items_[taken.older].newer) = taken.newer;
  (taken.newer == none ? from.newest : items_[taken.newer].older) = taken.older;
  from.guests -= taken.owner != from.owner;
  taken.newer = free_item_;
  free_item_ = i;
  --size_;
  if (from.oldest == none) close_queue(q);
}

}  // namespace weir::control
