// Durations, sizes and shares: what is read is in range and printed as the same, what is refused is named.
#include <tests/fuzz/check.hpp>
#include <weir/base/units.hpp>

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text = fuzz::text_of(data, size);

  const auto time = parse_duration(text);
  fuzz::require_named(time, text);
  if (time) {
    fuzz::require(*time >= duration::zero(), "a duration is not negative");
    fuzz::require(parse_duration(to_string(*time)) == *time, "a duration is read back as it is printed");
  }

  const auto bytes = parse_bytes(text);
  fuzz::require_named(bytes, text);
  if (bytes) fuzz::require(parse_bytes(std::to_string(*bytes)) == *bytes, "a size is read back");

  const auto share = parse_share(text);
  fuzz::require_named(share, text);
  if (share) fuzz::require(std::isfinite(*share) && *share >= 0, "a share is a number of 0 or more");
  return 0;
}
