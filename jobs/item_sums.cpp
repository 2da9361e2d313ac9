#include <jobs/item_codec.hpp>
#include <jobs/item_sums.hpp>
#include <weir/control/splitmix64.hpp>

#include <algorithm>
#include <functional>
#include <string_view>

namespace weir::jobs {

std::uint64_t item_sums::part_of(std::uint64_t seq, std::span<const std::byte> encoded) {
  const auto items = encoded_items(encoded);
  const std::string_view bytes(reinterpret_cast<const char*>(items.data()), items.size());
  return control::splitmix64(control::splitmix64(seq)() ^ std::hash<std::string_view>()(bytes))();
}

std::uint64_t item_sums::part_of(const item_batch& batch) {
  std::vector<std::byte> encoded;
  codec<item_batch>::encode(batch, encoded);
  return part_of(batch.seq, encoded);
}

void item_sums::add(std::uint64_t seq, std::uint64_t part) {
  const std::uint64_t block = seq >> shift_;
  if (!sums_.empty() && sums_.back().first == block) {
    sums_.back().second += part;
    return;
  }
  sums_.emplace_back(block, part);
  if (sums_.size() < most_) return;
  merge();
  while (sums_.size() > most_ / 2) {  // room for as many again, so this is seldom
    for (auto& [number, sum] : sums_) number >>= 1U;
    ++shift_;
    merge();
  }
}

void item_sums::merge() {
  std::ranges::sort(sums_, {}, [](const auto& s) { return s.first; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < sums_.size(); ++i) {
    if (sums_[i].first == sums_[kept].first)
      sums_[kept].second += sums_[i].second;
    else
      sums_[++kept] = sums_[i];
  }
  if (!sums_.empty()) sums_.resize(kept + 1);
}

void item_sums::finish() { merge(); }

std::uint64_t item_sums::of_block(std::uint64_t seq) const noexcept {
  const auto found =
      std::ranges::lower_bound(sums_, seq >> shift_, {}, [](const auto& s) { return s.first; });
  return found != sums_.end() && found->first == seq >> shift_ ? found->second : 0;
}

}  // namespace weir::jobs
