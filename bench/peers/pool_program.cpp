#include <bench/peers/pool_program.hpp>

#include <bench/peers/command_line.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <ranges>
#include <stdexcept>

namespace weir::bench {

namespace {

using options = std::map<std::string, std::string>;

const pool_contender& chosen(const options& given, const std::vector<pool_contender>& contenders) {
  const auto kind = given.find("with");
  if (kind == given.end()) return contenders.front();
  for (const pool_contender& c : contenders)
    if (c.kind == kind->second) return c;
  throw std::invalid_argument(
      fmt::format("--with '{}': there is {}", kind->second,
                  fmt::join(contenders | std::views::transform(&pool_contender::kind), ", ")));
}

pool_cell cell_of(const options& given) {
  const auto or_else = [&](const std::string& name, std::uint64_t usual) {
    return given.contains(name) ? number(given, name) : usual;
  };
  const pool_cell cell{.producers = or_else("producers", 1),
                       .workers = number(given, "workers"),
                       .items = number(given, "items"),
                       .spin = or_else("spin", 0)};
  if (cell.producers == 0 || cell.workers == 0 || cell.items == 0 || cell.items % cell.producers != 0)
    throw std::invalid_argument(fmt::format("--items {} cannot be shared by {} producers and {} workers",
                                            cell.items, cell.producers, cell.workers));
  return cell;
}

std::string answer(const options& given, const pool_contender& contender) {
  if (given.contains("calibrate")) return fmt::format("\"spin\": {}", spin_of(std::chrono::microseconds(1)));
  const pool_cell cell = cell_of(given);
  if (given.contains("parked")) {
    const spent cost = contender.parked(cell, std::chrono::milliseconds(cell.items));
    return fmt::format("{}, \"checksum\": {}", json_members(cost), cell.items);
  }
  if (given.contains("idle")) {
    const stopwatch watch;
    const std::vector<duration> found = contender.latencies(cell);
    return fmt::format("{}, \"latencies\": [{}], \"checksum\": {}", json_members(watch.read()),
                       fmt::join(found | std::views::transform(in_seconds), ", "), found.size());
  }
  const pool_reading reading = contender.jobs(cell);
  return fmt::format("{}, \"checksum\": {}", json_members(reading.cost), reading.ran);
}

}  // namespace

int pool_program(int argc, char** argv, const std::vector<pool_contender>& contenders) {
  try {
    const options given = options_of(argc, argv, {"idle", "parked", "calibrate"});
    fmt::print("{{{}}}\n", answer(given, chosen(given, contenders)));
    return 0;
  } catch (const std::invalid_argument& wrong) {
    fmt::print(stderr, "{}: {}\n", argv[0], wrong.what());
    return 2;
  }
}

}  // namespace weir::bench
