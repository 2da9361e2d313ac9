// The store of a weir that was built without SQLite: it compiles and links, and says what is missing.
#include <weir/spill/store.hpp>

#include <utility>

namespace weir {

namespace detail {
class spill_engine {};
}  // namespace detail

namespace {

error missing() {
  return {errc::storage,
          "this weir was built without SQLite, so nothing can be spilled to disk; install libsqlite3-dev and "
          "build weir with -DWEIR_SPILL=ON"};
}

}  // namespace

spill_store::spill_store(std::unique_ptr<detail::spill_engine> engine) noexcept
    : engine_(std::move(engine)) {}
spill_store::spill_store(spill_store&&) noexcept = default;
spill_store& spill_store::operator=(spill_store&&) noexcept = default;
spill_store::~spill_store() = default;

io_result<spill_store> spill_store::open(const spill_options&) { return std::unexpected(missing()); }
io_result<spill_store> spill_store::open(const spill_options&, const look&) {
  return std::unexpected(missing());
}

// Never called: no store was ever opened.
io_result<> spill_store::append(std::span<const record>) { return std::unexpected(missing()); }
io_result<spill_store::batch> spill_store::fetch(std::size_t) { return std::unexpected(missing()); }
io_result<spill_store::batch> spill_store::fetch(std::size_t, std::size_t) {
  return std::unexpected(missing());
}
io_result<> spill_store::ack(std::span<const position>) { return std::unexpected(missing()); }
io_result<> spill_store::set_aside(std::span<const position>) { return std::unexpected(missing()); }
spill_store::statistics spill_store::stats() const { return {}; }
spill_store::filling spill_store::level() const noexcept { return {}; }
const std::filesystem::path& spill_store::directory() const noexcept {
  static const std::filesystem::path none;
  return none;
}

}  // namespace weir
