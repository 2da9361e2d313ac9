// Rates: what is read can be given to a token bucket, what is refused is named.
#include <tests/fuzz/check.hpp>
#include <weir/base/units.hpp>
#include <weir/control/token_bucket.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string_view text = fuzz::text_of(data, size);
  const auto rate = parse_rate(text);
  fuzz::require_named(rate, text);
  if (!rate) return 0;
  const control::token_bucket_options options{.per_second = rate->per_second, .burst = rate->burst};
  fuzz::require(!check(options), "a bucket takes every rate");
  control::token_bucket bucket(options);
  fuzz::require(bucket.try_acquire(time_point{}), "a full bucket has a token");
  return 0;
}
