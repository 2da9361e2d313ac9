#include <bench/harness/contest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace weir::bench {

namespace {

constexpr std::uint64_t shared = 64;  // items come in multiples of it, so that all topologies can share them

std::uint64_t in_shares(double items) {
  return std::max<std::uint64_t>(shared, static_cast<std::uint64_t>(items) / shared * shared);
}

spent run_once(const contest& c, const contestant& who, std::uint64_t items) {
  const lap done = who.run(items);
  if (!done.right)
    throw std::runtime_error(fmt::format("{} in {}: items were lost, doubled or torn", who.name, c.cell));
  return done.cost;
}

// How many items take about a turn. Few items say little (what a start costs would be taken for the
// contestant's pace), so it goes on from what took longer.
std::uint64_t items_of_a_turn(const contest& c, const contestant& who, duration turn) {
  std::uint64_t items = 16 * shared;
  for (;;) {
    const double took = std::max(in_seconds(run_once(c, who, items).time), 1e-9);
    const double growth = in_seconds(turn) / took;
    if (growth < 3) return in_shares(static_cast<double>(items) * growth);
    items = in_shares(static_cast<double>(items) * std::min(growth, 30.0));
  }
}

// What a contestant took, round by round.
struct track {
  explicit track(std::uint64_t items_of_a_turn) : items(items_of_a_turn) {}

  std::uint64_t items;
  std::vector<double> rates, processor, sleeps;

  void note(const spent& cost) {
    const auto n = static_cast<double>(items);
    rates.push_back(n / std::max(in_seconds(cost.time), 1e-9));
    processor.push_back(in_seconds(cost.processor) / n);
    sleeps.push_back(static_cast<double>(cost.voluntary) / n);
  }
};

std::vector<standing> standings_of(const contest& c, const std::vector<track>& tracks) {
  std::vector<standing> found;
  const std::vector<double>& yardstick = tracks.back().rates;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const track& t = tracks[i];
    standing s{.cell = c.cell,
               .contestant = c.contestants[i].name,
               .rate = spread_of(t.rates),
               .processor = spread_of(t.processor),
               .sleeps = spread_of(t.sleeps),
               .ratio = {}};
    if (c.compared && i + 1 < tracks.size()) {
      std::vector<double> ratios(t.rates.size());
      std::ranges::transform(t.rates, yardstick, ratios.begin(), std::divides());
      s.ratio = spread_of(std::move(ratios));
    }
    found.push_back(std::move(s));
  }
  return found;
}

}  // namespace

spread spread_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

std::vector<standing> hold(std::span<const contest> contests, const contest_options& options) {
  std::vector<std::vector<track>> tracks;
  for (const contest& c : contests) {
    tracks.emplace_back();
    for (const contestant& who : c.contestants)
      tracks.back().emplace_back(items_of_a_turn(c, who, options.turn));
  }
  for (unsigned round = 0; round < options.rounds; ++round)
    for (std::size_t i = 0; i < contests.size(); ++i) {
      const std::vector<contestant>& field = contests[i].contestants;
      for (std::size_t turn = 0; turn < field.size(); ++turn) {
        const std::size_t who = (round + i + turn) % field.size();
        tracks[i][who].note(run_once(contests[i], field[who], tracks[i][who].items));
      }
    }
  std::vector<standing> found;
  for (std::size_t i = 0; i < contests.size(); ++i)
    std::ranges::move(standings_of(contests[i], tracks[i]), std::back_inserter(found));
  return found;
}

}  // namespace weir::bench
