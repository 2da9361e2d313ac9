#include <jobs/run_tally.hpp>

namespace weir::jobs {

std::vector<lane_figures> run_tally::lanes() const {
  std::vector<lane_figures> figures;
  figures.reserve(lanes_.size());
  for (const lane_watch& lane : lanes_)
    figures.push_back({.submitted = lane.submitted.load(std::memory_order_relaxed),
                       .started = lane.started.load(std::memory_order_relaxed),
                       .lost = lane.lost.load(std::memory_order_relaxed),
                       .wait = lane.wait.snapshot()});
  return figures;
}

pool_stats run_tally::applied(pool_stats s) const noexcept {
  const std::uint64_t before = part(done_before_, std::min(s.completed, s.resumed));
  s.submitted -= before;
  s.completed -= before;
  s.resumed -= before;
  const std::uint64_t idle = part(not_started_, s.failed);
  s.failed -= idle;
  s.cancelled += idle;
  const std::uint64_t left = part(left_in_store_, s.failed);
  s.failed -= left;
  s.spilled += left;
  const std::uint64_t late = part(expired_late_, s.failed);
  s.failed -= late;
  s.expired += late;
  const std::uint64_t hopeless = part(expired_door_, s.rejected);
  s.rejected -= hopeless;
  s.expired += hopeless;
  const std::uint64_t closed = part(not_submitted_, s.rejected);
  s.rejected -= closed;
  s.submitted -= closed + s.withdrawn;
  s.withdrawn = 0;
  return s;
}

}  // namespace weir::jobs
