#include <weir/pool/detail/lane_queue.hpp>

#include <cassert>

namespace weir::detail {

lane_queue::lane_queue(const pool_options& options)
    : lanes_(options.lanes), lengths_(options.lanes), schedule_(schedule_of(options)) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].capacity = waiting_capacity(options, i);
}

void lane_queue::reserve(std::size_t nodes) {
  while (places_.size() < nodes) places_.push_back(std::make_unique<lane_place>());
}

void lane_queue::adopt(job_node& node) noexcept {
  assert(adopted_ < places_.size());
  node.place = places_[adopted_++].get();
  node.place->job = &node;
}

void lane_queue::push(job_node& node) noexcept {
  lane_state& lane = lanes_[node.lane];
  lane.jobs.push_back(*node.place);
  lane.cost += node.cost;
  ++lengths_[node.lane];
  ++size_;
}

job_node& lane_queue::pop() noexcept {
  assert(!empty());
  return take(*lanes_[*schedule_.pick(lengths_)].jobs.front());
}

job_node& lane_queue::pop_oldest(std::size_t lane) noexcept { return take(*lanes_[lane].jobs.front()); }

job_node& lane_queue::pop_newest(std::size_t lane) noexcept { return take(*lanes_[lane].jobs.back()); }

job_node& lane_queue::take(lane_place& place) noexcept {
  job_node& node = *place.job;
  lane_state& lane = lanes_[node.lane];
  lane.jobs.remove(place);
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
