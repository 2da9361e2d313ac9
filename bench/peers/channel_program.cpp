#include <bench/peers/channel_program.hpp>

#include <bench/peers/command_line.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>

namespace weir::bench {

namespace {

channel_cell cell_of(std::map<std::string, std::string> options) {
  const std::string topology = options["cell"];
  const std::size_t cross = topology.find('x');
  if (cross == std::string::npos)
    throw std::invalid_argument(fmt::format("--cell '{}' is not like 2x2", topology));
  options["producers"] = topology.substr(0, cross);
  options["consumers"] = topology.substr(cross + 1);
  const channel_cell cell{.producers = number(options, "producers"),
                          .consumers = number(options, "consumers"),
                          .capacity = number(options, "capacity"),
                          .bytes = number(options, "bytes"),
                          .items = number(options, "items"),
                          .ping_pong = options.contains("pingpong")};
  if (cell.producers == 0 || cell.consumers == 0)
    throw std::invalid_argument(fmt::format("--cell '{}': at least 1x1", topology));
  if (cell.bytes != 8 && cell.bytes != 64)
    throw std::invalid_argument(fmt::format("--bytes {} is neither 8 nor 64", cell.bytes));
  if (cell.items % cell.producers != 0 || cell.items % cell.consumers != 0)
    throw std::invalid_argument(fmt::format("--items {} cannot be shared by {}", cell.items, topology));
  return cell;
}

}  // namespace

int channel_program(int argc, char** argv, const std::function<channel_reading(const channel_cell&)>& run,
                    const std::function<spent(const channel_cell&, duration)>& parked) {
  try {
    const auto options = options_of(argc, argv, {"pingpong", "parked"});
    const channel_cell cell = cell_of(options);
    channel_reading reading;
    if (!options.contains("parked")) {
      reading = run(cell);
    } else if (parked) {
      reading = {parked(cell, std::chrono::milliseconds(cell.items)), cell.items};
    } else {
      throw std::invalid_argument("--parked: this contender does not tell");
    }
    fmt::print("{{{}, \"checksum\": {}}}\n", json_members(reading.cost), reading.checksum);
    return 0;
  } catch (const std::invalid_argument& wrong) {
    fmt::print(stderr, "{}: {}\n", argv[0], wrong.what());
    return 2;
  }
}

}  // namespace weir::bench
