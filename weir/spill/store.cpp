#include <weir/spill/engine.hpp>
#include <weir/spill/store.hpp>

#include <new>
#include <utility>

namespace weir {

spill_store::spill_store(std::unique_ptr<detail::spill_engine> engine) noexcept
    : engine_(std::move(engine)) {}
spill_store::spill_store(spill_store&&) noexcept = default;
spill_store& spill_store::operator=(spill_store&&) noexcept = default;
spill_store::~spill_store() = default;

namespace {

/// `what()`, and for want of memory an error: the store goes on with what it is told later.
template <class F>
auto in_memory(F&& what) -> decltype(what()) {
  try {
    return what();
  } catch (const std::bad_alloc&) {
    return std::unexpected(error(std::errc::not_enough_memory));
  }
}

}  // namespace

io_result<spill_store> spill_store::open(const spill_options& options) { return open(options, nullptr); }

io_result<spill_store> spill_store::open(const spill_options& options, const look& shown) {
  return in_memory([&]() -> io_result<spill_store> {
    auto engine = detail::spill_engine::open(options, shown);
    if (!engine) return std::unexpected(engine.error());
    return spill_store(std::move(*engine));
  });
}

io_result<> spill_store::append(std::span<const record> records) {
  return in_memory([&] { return engine_->append(records); });
}

io_result<spill_store::batch> spill_store::fetch(std::size_t max) {
  return in_memory([&] { return engine_->fetch(max, std::nullopt); });
}

io_result<spill_store::batch> spill_store::fetch(std::size_t max, std::size_t lane) {
  return in_memory([&] { return engine_->fetch(max, lane); });
}

io_result<> spill_store::ack(std::span<const position> done) {
  return in_memory([&] { return engine_->ack(done); });
}

io_result<> spill_store::set_aside(std::span<const position> unusable) {
  return in_memory([&] { return engine_->set_aside(unusable); });
}

spill_store::statistics spill_store::stats() const { return engine_->stats(); }
spill_store::filling spill_store::level() const noexcept { return engine_->level(); }
const std::filesystem::path& spill_store::directory() const noexcept { return engine_->options().directory; }

}  // namespace weir
