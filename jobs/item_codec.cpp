#include <jobs/item_codec.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <limits>

namespace weir::jobs {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t seq_offset = 2;  // behind version and fault
constexpr std::size_t items_offset = seq_offset + 4 * sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::max();

template <class Number>
Number little(Number n) noexcept {
  if constexpr (std::endian::native == std::endian::big) return std::byteswap(n);
  return n;
}

template <class Number>
void put(std::vector<std::byte>& out, Number n) {
  const Number ordered = little(n);
  const auto bytes = std::as_bytes(std::span(&ordered, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Takes numbers from the front; once there are too few bytes, `whole` is false and they are 0.
class taker {
 public:
  explicit taker(std::span<const std::byte> from) : rest_(from) {}

  template <class Number>
  Number take() noexcept {
    Number n{};
    if (rest_.size() < sizeof n) {
      whole_ = false;
      return n;
    }
    std::memcpy(&n, rest_.data(), sizeof n);
    rest_ = rest_.subspan(sizeof n);
    return little(n);
  }
  bool whole() const noexcept { return whole_; }
  std::span<const std::byte> rest() const noexcept { return rest_; }

 private:
  std::span<const std::byte> rest_;
  bool whole_ = true;
};

std::int64_t today() {
  return std::chrono::duration_cast<duration>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// What does not fit, of a clock that was set back far or of damage, is for ever, or now.
std::int64_t as_system(time_point t) {
  const std::int64_t from_now = (t - clock::now()).count();
  std::int64_t then = 0;
  return t == never || __builtin_add_overflow(today(), from_now, &then) ? no_time : then;
}

time_point as_steady(std::int64_t t) {
  if (t == no_time) return never;
  const time_point now = clock::now();
  std::int64_t from_now = 0;
  std::int64_t then = 0;
  const bool overflows = __builtin_sub_overflow(t, today(), &from_now) ||
                         __builtin_add_overflow(now.time_since_epoch().count(), from_now, &then);
  return overflows ? now : time_point(duration(then));
}

}  // namespace

std::optional<std::uint64_t> encoded_seq(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < seq_offset || std::to_integer<std::uint8_t>(bytes[0]) != version) return std::nullopt;
  taker from(bytes.subspan(seq_offset));
  const auto seq = from.take<std::uint64_t>();
  return from.whole() && seq > 0 ? std::optional(seq) : std::nullopt;
}

std::span<const std::byte> encoded_items(std::span<const std::byte> bytes) noexcept {
  return bytes.subspan(std::min(bytes.size(), items_offset));
}

}  // namespace weir::jobs

namespace weir {

using jobs::item_batch;
using jobs::item_fault;

void codec<item_batch>::encode(const item_batch& batch, std::vector<std::byte>& out) {
  using jobs::put;
  put(out, jobs::version);
  put(out, static_cast<std::uint8_t>(batch.fault));
  put(out, batch.seq);
  put(out, batch.first);
  put(out, jobs::as_system(batch.arrived));
  put(out, jobs::as_system(batch.deadline));
  put(out, static_cast<std::uint32_t>(batch.lane));
  put(out, static_cast<std::uint32_t>(batch.size()));
  for (std::size_t i = 0; i < batch.size(); ++i) put(out, static_cast<std::uint32_t>(batch[i].size()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto bytes = std::as_bytes(std::span(batch[i]));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
}

std::optional<item_batch> codec<item_batch>::decode(std::span<const std::byte> bytes) {
  jobs::taker from(bytes);
  item_batch batch;
  const auto written = from.take<std::uint8_t>();
  const auto fault = from.take<std::uint8_t>();
  batch.seq = from.take<std::uint64_t>();
  batch.first = from.take<std::uint64_t>();
  const auto arrived = from.take<std::int64_t>();
  const auto deadline = from.take<std::int64_t>();
  batch.lane = from.take<std::uint32_t>();
  const std::size_t items = from.take<std::uint32_t>();
  const bool known = written == jobs::version && fault <= static_cast<std::uint8_t>(item_fault::too_long);
  if (!from.whole() || !known || batch.seq == 0 || items == 0) return std::nullopt;
  if (items > from.rest().size() / sizeof(std::uint32_t)) return std::nullopt;
  std::vector<std::size_t> lengths(items);
  for (std::size_t& length : lengths) length = from.take<std::uint32_t>();
  std::span<const std::byte> rest = from.rest();
  for (const std::size_t length : lengths) {
    if (length > rest.size()) return std::nullopt;
    batch.push({reinterpret_cast<const char*>(rest.data()), length});
    rest = rest.subspan(length);
  }
  if (!rest.empty()) return std::nullopt;
  batch.fault = static_cast<item_fault>(fault);
  batch.arrived = jobs::as_steady(arrived);
  batch.deadline = jobs::as_steady(deadline);
  batch.from_store = true;
  return batch;
}

}  // namespace weir
