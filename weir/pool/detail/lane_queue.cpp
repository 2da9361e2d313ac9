#include <weir/pool/detail/lane_queue.hpp>

#include <algorithm>
#include <cassert>

namespace weir::detail {

lane_queue::lane_queue(const pool_options& options)
    : lanes_(options.lanes),
      lengths_(options.lanes),
      schedule_(schedule_of(options)),
      places_in_all_(waiting_capacity(options)),
      recent_(places_in_all_) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].capacity = waiting_capacity(options, i);
    if (options.fair_by_key) lanes_[i].shares.emplace();
  }
}

void lane_queue::reserve(std::size_t nodes) {
  if (nodes <= reserved_) return;
  nodes = std::max(nodes, 2 * reserved_);
  if (is_fair()) {
    keys_.reserve(nodes);
    for (lane_state& lane : lanes_) lane.shares->reserve(nodes);
  }
  while (places_.size() < nodes) places_.push_back(std::make_unique<lane_place>());
  reserved_ = nodes;
}

void lane_queue::adopt(job_node& node) noexcept {
  assert(adopted_ < places_.size());
  node.place = places_[adopted_++].get();
  node.place->job = &node;
  node.place->among_key.job = &node;
}

bool lane_queue::key_has_room(std::size_t lane, std::uint64_t key) const noexcept {
  if (!is_fair() || size_ < places_in_all_ - places_in_all_ / 8) return true;
  const std::size_t keys = recent_.count();
  return keys == 1 || keys_.length(lane, key) < places_in_all_ / keys;
}

void lane_queue::push(job_node& node) noexcept {
  lane_state& lane = lanes_[node.lane];
  lane.jobs.push_back(*node.place);
  lane.cost += node.cost;
  if (lane.shares) {
    lane.shares->push(node.key, node.cost);
    keys_.push(node.lane, node.key, node.place->among_key);
  }
  ++lengths_[node.lane];
  ++size_;
}

job_node& lane_queue::pop() noexcept {
  assert(!empty());
  const std::size_t lane = *schedule_.pick(lengths_);
  lane_state& from = lanes_[lane];
  if (!from.shares) return take(*from.jobs.front());
  return take(*keys_.oldest(lane, *from.shares->pick())->job->place);
}

job_node& lane_queue::pop_oldest(std::size_t lane) noexcept {
  lane_state& from = lanes_[lane];
  lane_place& oldest = *from.jobs.front();
  if (from.shares) from.shares->remove_oldest(oldest.job->key);
  return take(oldest);
}

job_node& lane_queue::pop_newest(std::size_t lane) noexcept {
  lane_state& from = lanes_[lane];
  lane_place& newest = *from.jobs.back();
  if (from.shares) from.shares->remove_newest(newest.job->key);
  return take(newest);
}

job_node& lane_queue::take(lane_place& place) noexcept {
  job_node& node = *place.job;
  lane_state& lane = lanes_[node.lane];
  lane.jobs.remove(place);
  if (lane.shares) keys_.remove(place.among_key);
  lane.cost -= node.cost;
  --lengths_[node.lane];
  --size_;
  return node;
}

std::size_t lane_queue::least_important() const noexcept {
  assert(!empty());
  std::size_t lane = lanes_.size() - 1;
  while (lengths_[lane] == 0) --lane;
  return lane;
}

}  // namespace weir::detail
