// One contender's turn: so many records into a store in a new directory and out again; one line of JSON.
//
//   spill --store weir|plain --level none|batch|each|OFF|NORMAL|FULL --items N --batch B [--threads T]
//         [--size BYTES] [--drain-batch B] --directory DIR
#include <bench/harness/plain_sqlite.hpp>
#include <bench/harness/resident_memory.hpp>
#include <bench/peers/command_line.hpp>

#include <weir/spill/store.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weir::bench;
using options = std::map<std::string, std::string>;

/// What both stores can do here.
struct contender {
  std::function<void(std::uint64_t first, std::size_t count)> append;
  std::function<std::size_t(std::size_t max)> drain;
};

std::uint64_t number_or(const options& given, const std::string& name, std::uint64_t otherwise) {
  return given.contains(name) ? number(given, name) : otherwise;
}

contender plain(const options& given, std::span<const std::byte> payload) {
  auto store = std::make_shared<plain_sqlite>(given.at("directory"), given.at("level"));
  return {[store, payload](std::uint64_t, std::size_t count) {
            store->append(std::vector<std::span<const std::byte>>(count, payload));
          },
          [store](std::size_t max) { return store->drain(max); }};
}

void check(const weir::io_result<>& done) {
  if (!done) throw std::runtime_error(done.error().detail);
}

contender ours(const options& given, std::span<const std::byte> payload) {
  auto opened = weir::spill_store::open({.directory = given.at("directory"),
                                         .max_bytes = 1ULL << 40U,
                                         .sync = weir::parse_durability(given.at("level")).value()});
  if (!opened) throw std::runtime_error(opened.error().detail);
  auto store = std::make_shared<weir::spill_store>(std::move(*opened));
  return {[store, payload](std::uint64_t first, std::size_t count) {
            std::vector<weir::spill_store::record> records(count, {.payload = payload});
            for (auto& r : records) r.id = first++;
            check(store->append(records));
          },
          [store](std::size_t max) {
            const auto found = store->fetch(max);
            if (!found) throw std::runtime_error(found.error().detail);
            std::vector<weir::spill_store::position> positions;
            positions.reserve(found->records.size());
            for (const auto& r : found->records) positions.push_back(r.at);
            check(store->ack(positions));
            return positions.size();
          }};
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::uint64_t bytes_in(const std::filesystem::path& directory) {
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) sum += entry.file_size();
  return sum;
}

void turn(const options& given) {
  const std::uint64_t items = number(given, "items");
  const std::uint64_t batch = number(given, "batch");
  const std::uint64_t threads = number_or(given, "threads", 1);
  const std::vector<std::byte> payload(number_or(given, "size", 100), std::byte{'x'});
  const contender store = given.at("store") == "weir" ? ours(given, payload) : plain(given, payload);

  const double append = seconds_of([&] {
    std::vector<std::jthread> all;
    for (std::uint64_t t = 0; t < threads; ++t) {
      all.emplace_back([&, t] {
        for (std::uint64_t id = t * (items / threads); id < (t + 1) * (items / threads); id += batch) {
          store.append(id, batch);
        }
      });
    }
  });
  const std::uint64_t resident_full = resident_bytes().value_or(0);
  const std::uint64_t bytes_full = bytes_in(given.at("directory"));
  std::uint64_t drained = 0;
  const double drain = seconds_of([&] {
    while (const std::size_t found = store.drain(number_or(given, "drain-batch", 100))) drained += found;
  });
  fmt::print(R"({{"append_seconds": {:.6f}, "drain_seconds": {:.6f}, "drained": {}, "bytes_full": {}, )"
             R"("bytes_drained": {}, "resident_full": {}, "resident_drained": {}}})"
             "\n",
             append, drain, drained, bytes_full, bytes_in(given.at("directory")), resident_full,
             resident_bytes().value_or(0));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    turn(options_of(argc, argv, {}));
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "spill: %s\n", failure.what());
    return 2;
  }
}
