#include <weir/spill/crc32c.hpp>
#include <weir/spill/record.hpp>

#include <array>
#include <bit>
#include <cstring>

namespace weir::detail {

namespace {

constexpr std::size_t checksum_size = sizeof(std::uint32_t);
constexpr std::byte has_key{1};
constexpr std::byte has_cost{2};
constexpr std::byte has_deadline{4};
constexpr std::byte all_flags = has_key | has_cost | has_deadline;
constexpr unsigned digit_bits = 7;
constexpr std::uint64_t digit_more = 1U << digit_bits;

static_assert(std::endian::native == std::endian::little, "the store's files are little-endian");

template <class N>
std::array<std::byte, sizeof(N)> bytes_of(N number) noexcept {
  return std::bit_cast<std::array<std::byte, sizeof(N)>>(number);
}

void put_number(std::uint64_t n, std::vector<std::byte>& out) {
  for (; n >= digit_more; n >>= digit_bits) out.push_back(static_cast<std::byte>(n | digit_more));
  out.push_back(static_cast<std::byte>(n));
}

/// What is left to read; a reading beyond the end, or of a number beyond 64 bits, is remembered.
class cursor {
 public:
  explicit cursor(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

  template <class N>
  N fixed() noexcept {
    std::array<std::byte, sizeof(N)> image{};
    if (rest_.size() < image.size()) {
      good_ = false;
      return {};
    }
    std::memcpy(image.data(), rest_.data(), image.size());
    rest_ = rest_.subspan(image.size());
    return std::bit_cast<N>(image);
  }

  std::uint64_t number() noexcept {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += digit_bits) {
      const auto digit = fixed<std::uint8_t>();
      const std::uint64_t value = digit & (digit_more - 1);
      if (value << shift >> shift != value) good_ = false;
      n |= value << shift;
      if (digit < digit_more) return n;
    }
    good_ = false;
    return n;
  }

  std::span<const std::byte> rest() const noexcept { return rest_; }
  bool good() const noexcept { return good_; }

 private:
  std::span<const std::byte> rest_;
  bool good_ = true;
};

std::uint32_t checksum_with(std::uint32_t before, std::uint64_t place) noexcept {
  return crc32c(bytes_of(place), before);
}

}  // namespace

sealed_record encode(const spill_store::record& r, std::vector<std::byte>& out) {
  const spill_store::record usual;
  std::byte flags{};
  if (r.key != usual.key) flags |= has_key;
  if (r.cost != usual.cost) flags |= has_cost;
  if (r.deadline != usual.deadline) flags |= has_deadline;

  const std::size_t start = out.size();
  out.resize(start + checksum_size);
  out.push_back(flags);
  put_number(r.id, out);
  if (r.key != usual.key) put_number(r.key, out);
  if (r.cost != usual.cost) put_number(r.cost, out);
  if (r.deadline != usual.deadline) {
    const auto when = bytes_of(r.deadline.time_since_epoch().count());
    out.insert(out.end(), when.begin(), when.end());
  }
  out.insert(out.end(), r.payload.begin(), r.payload.end());
  return {start, out.size() - start, crc32c(std::span(out).subspan(start + checksum_size))};
}

void seal(std::span<std::byte> bytes, const sealed_record& sealed, std::uint64_t place) noexcept {
  const auto checksum = bytes_of(checksum_with(sealed.checksum, place));
  std::memcpy(bytes.data() + sealed.offset, checksum.data(), checksum.size());
}

std::optional<spill_store::record> decode(std::span<const std::byte> bytes, std::uint64_t place) noexcept {
  cursor in(bytes);
  const auto checksum = in.fixed<std::uint32_t>();
  if (!in.good() || checksum != checksum_with(crc32c(in.rest()), place)) return std::nullopt;

  spill_store::record r;
  r.lane = lane_of(place);
  const auto flags = in.fixed<std::byte>();
  r.id = in.number();
  if ((flags & has_key) != std::byte{}) r.key = in.number();
  if ((flags & has_cost) != std::byte{}) r.cost = in.number();
  if ((flags & has_deadline) != std::byte{}) r.deadline = system_time(duration(in.fixed<std::int64_t>()));
  r.payload = in.rest();
  if (!in.good() || (flags & ~all_flags) != std::byte{}) return std::nullopt;
  return r;
}

std::uint64_t apparent_id(std::span<const std::byte> bytes) noexcept {
  cursor in(bytes);
  in.fixed<std::uint32_t>();
  in.fixed<std::byte>();
  const std::uint64_t id = in.number();
  return in.good() ? id : 0;
}

}  // namespace weir::detail
