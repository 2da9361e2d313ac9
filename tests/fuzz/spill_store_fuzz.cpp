// A whole store with bytes changed, opened as it would be after a crash: it opens or says why not, hands out
// nothing that was not put in, says when something is missing, and goes on.
#include <tests/fuzz/spill_image.hpp>

#include <algorithm>
#include <set>

namespace {

using namespace weir;
namespace fs = std::filesystem;

void drain(spill_store& store) {
  std::set<std::uint64_t> seen;
  for (;;) {
    const auto batch = store.fetch(100);
    fuzz::require(batch.has_value(), "a store that has opened is read");
    if (batch->records.empty() && batch->damaged.empty()) break;
    for (const auto& r : batch->records) {
      fuzz::require_ours(r.id, r.payload);
      fuzz::require(seen.insert(r.id).second, "each is handed out once");
      fuzz::require(store.ack({&r.at, 1}).has_value(), "a record is removed");
    }
  }
  const auto now = store.stats();
  fuzz::require(seen.size() >= 109 || now.moved_aside + now.rebuilds + now.unfinished_commits > 0,
                "what is missing is said");
  fuzz::spill_image::append(store, 1, 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fs::path where = fuzz::spill_image::directory();
  const auto image = fuzz::spill_image::patched(fuzz::text_of(data, size));
  for (const auto& entry : fs::directory_iterator(where)) fs::remove(entry.path());
  const detail::store_files files(where);
  std::ofstream(files.jobs, std::ios::binary) << image.file;
  std::ofstream(files.log, std::ios::binary) << image.log;
  auto store = spill_store::open({.directory = where, .sync = durability::none});
  if (store) {
    drain(*store);
  } else {
    fuzz::require(store.error().code == errc::storage && store.error().detail.size() > 20,
                  "a refusal says why");
    fuzz::require(fs::exists(files.jobs), "a store that is refused stays");
  }
  return 0;
}
