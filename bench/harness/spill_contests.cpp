#include <bench/harness/spill_contests.hpp>

#include <bench/harness/plain_sqlite.hpp>
#include <bench/harness/race.hpp>
#include <weir/spill/store.hpp>

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weir::bench {

namespace {

constexpr std::size_t record_bytes = 100;
constexpr std::array<std::byte, record_bytes> payload{};
constexpr std::uint64_t drained_at_once = 100;

// weir's durability, and what costs as much at a power cut in SQLite.
struct level {
  durability ours;
  const char* name;
  const char* plain;
};

constexpr level none{durability::none, "none", "OFF"};
constexpr level batch{durability::batch, "batch", "NORMAL"};
constexpr level each{durability::each, "each", "FULL"};

struct cell {
  level at;
  std::uint64_t appended_at_once;
  std::size_t threads;  // of weir's; plain SQLite, one connection, has one
};

// Gone with all that is in it.
class new_folder {
 public:
  new_folder() : path_(std::filesystem::temp_directory_path() / "weir-bench-XXXXXX") {
    std::string name = path_;
    if (::mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), "cannot make a folder such as " + name);
    path_ = name;
  }
  new_folder(const new_folder&) = delete;
  new_folder& operator=(const new_folder&) = delete;
  ~new_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

template <class T>
T taken(io_result<T> made) {
  if (!made) throw std::runtime_error(made.error().detail);
  if constexpr (!std::is_void_v<T>) return std::move(*made);
}

class weir_store {
 public:
  weir_store(const std::filesystem::path& folder, const level& at)
      : store_(taken(spill_store::open({.directory = folder, .max_bytes = 1ULL << 40U, .sync = at.ours}))) {}

  void append(std::uint64_t first, std::uint64_t count) {
    std::vector<spill_store::record> records(count, {.payload = payload});
    for (auto& r : records) r.id = first++;
    taken(store_.append(records));
  }
  std::size_t drain(std::size_t max) {
    const auto found = taken(store_.fetch(max));
    std::vector<spill_store::position> positions;
    positions.reserve(found.records.size());
    for (const auto& r : found.records) positions.push_back(r.at);
    taken(store_.ack(positions));
    return positions.size();
  }

 private:
  spill_store store_;
};

class plain_store {
 public:
  plain_store(const std::filesystem::path& folder, const level& at) : store_(folder, at.plain) {}

  void append(std::uint64_t, std::uint64_t count) {
    store_.append(std::vector<std::span<const std::byte>>(count, payload));
  }
  std::size_t drain(std::size_t max) { return store_.drain(max); }

 private:
  plain_sqlite store_;
};

// In by all threads, out again by one.
template <class Store>
lap filled_and_drained(const cell& c, std::size_t threads, std::uint64_t items) {
  const new_folder folder;
  Store store(folder.path(), c.at);
  store.append(0, 1);  // what only the first one takes is not measured: our reserve of 8 MiB
  std::atomic<std::uint64_t> taken_so_far = 0;
  std::atomic<bool> failed = false;
  const stopwatch watch;
  const auto fill = [&](std::size_t) {
    try {
      for (;;) {
        const std::uint64_t first = taken_so_far.fetch_add(c.appended_at_once, std::memory_order_relaxed);
        if (first >= items) return;
        store.append(first + 1, std::min(c.appended_at_once, items - first));
      }
    } catch (const std::exception&) {
      failed.store(true, std::memory_order_relaxed);  // read when the threads have been joined
    }
  };
  start_together(threads, [] {}, fill);
  std::uint64_t drained = 0;
  while (const std::size_t found = store.drain(drained_at_once)) drained += found;
  return {watch.read(), !failed.load(std::memory_order_relaxed) && drained == items + 1};
}

contest contest_of(const cell& c) {
  std::string name = fmt::format("{}, {} at once", c.at.name, c.appended_at_once);
  if (c.threads > 1) name += fmt::format(", x{}", c.threads);
  return {
      .cell = std::move(name),
      .contestants = {
          {"store", [c](std::uint64_t items) { return filled_and_drained<weir_store>(c, c.threads, items); }},
          {"sqlite", [c](std::uint64_t items) { return filled_and_drained<plain_store>(c, 1, items); }}}};
}

}  // namespace

std::vector<contest> spill_contests(extent how_much) {
  std::vector<cell> cells = {{none, 100, 1}, {batch, 100, 1}, {batch, 1, 1}};
  if (how_much == extent::whole) cells.insert(cells.end(), {{each, 100, 1}, {each, 1, 1}, {batch, 1, 8}});
  std::vector<contest> contests;
  contests.reserve(cells.size());
  for (const cell& c : cells) contests.push_back(contest_of(c));
  return contests;
}

}  // namespace weir::bench
