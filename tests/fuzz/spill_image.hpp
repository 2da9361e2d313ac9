// A real store as bytes, which fuzzers patch: random bytes would seldom be taken for a file of SQLite's.
#pragma once

#include <tests/fuzz/check.hpp>
#include <weir/spill/layout.hpp>
#include <weir/spill/store.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fuzz {

inline std::string spilled_payload(std::uint64_t id) {
  return "job " + std::to_string(id) + std::string(id % 300, 'x');
}

/// What a kill leaves of a store of 111 records, of which 19 and 20 have left.
struct spill_image {
  std::string file;
  std::string log;

  static std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  static std::filesystem::path directory() {
    std::string name = "/dev/shm/weir-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "there is a place for files");
    return name;
  }

  /// `count` records from `first` on, in one commit.
  static void append(spill_store& store, std::uint64_t first, std::size_t count) {
    std::vector<std::string> payloads;
    for (std::size_t i = 0; i < count; ++i) payloads.push_back(spilled_payload(first + i));
    std::vector<spill_store::record> records;
    for (const std::string& p : payloads) {
      records.push_back({.id = first + records.size(), .payload = std::as_bytes(std::span(p))});
    }
    require(store.append(records).has_value(), "records are appended");
  }

  /// Made once.
  static const spill_image& get() {
    static const spill_image image = [] {
      const auto where = directory();
      const detail::store_files files(where);
      spill_image made;
      {
        auto store = spill_store::open({.directory = where, .sync = durability::none});
        append(*store, 1, 60);
      }  // into the file
      auto store = spill_store::open({.directory = where, .sync = durability::none});
      append(*store, 61, 40);
      append(*store, 101, 1);
      const auto some = store->fetch(20);
      for (const auto& r : some->records) {
        if (r.id > 18) require(store->ack({&r.at, 1}).has_value(), "a record is removed");
      }
      append(*store, 102, 10);
      made.file = content(files.jobs);
      made.log = content(files.log);
      std::filesystem::remove_all(where);
      return made;
    }();
    return image;
  }

  /// The image with the input's bytes over it: each five are a place in file and log, and what stands there.
  static spill_image patched(std::string_view input) {
    spill_image image = get();
    const std::size_t all = image.file.size() + image.log.size();
    for (; input.size() >= 5; input.remove_prefix(5)) {
      std::uint32_t at = 0;
      for (int i = 0; i < 4; ++i)
        at = at << 8U | static_cast<unsigned char>(input[static_cast<std::size_t>(i)]);
      at %= static_cast<std::uint32_t>(all);
      (at < image.file.size() ? image.file[at] : image.log[at - image.file.size()]) = input[4];
    }
    return image;
  }
};

/// A record that is handed out is one that was put in.
inline void require_ours(std::uint64_t id, std::span<const std::byte> payload) {
  const std::string expected = spilled_payload(id);
  require(id >= 1 && id <= 111 && std::ranges::equal(payload, std::as_bytes(std::span(expected))),
          "what is handed out was put in");
}

}  // namespace weir::fuzz
