// The random numbers of the algorithms: small, seeded, the same on every machine.
//
// Invariant: each of operator(), below and unit takes exactly one draw, so that runs with one seed stay
// aligned whatever is asked for. A value type; not thread-safe. Not for secrets. Rules to the bit:
// tests/vectors/README.md, "prng". Sources: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number
// Generators", OOPSLA 2014; D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 2019
// (without its rejection: the bias is below n / 2^64).
#pragma once

#include <cstdint>
#include <random>

namespace weir::control {

/// `draw` spread over [0, n), n at least 1: the high word of the product.
std::uint64_t below(std::uint64_t draw, std::uint64_t n) noexcept;

/// `draw` as a double in [0, 1): its upper 53 bits.
double unit(std::uint64_t draw) noexcept;

/// The generator splitmix64: 64 bits of state, period 2^64. A UniformRandomBitGenerator.
class splitmix64 {
 public:
  using result_type = std::uint64_t;
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return UINT64_MAX; }

  explicit constexpr splitmix64(std::uint64_t seed = 0) noexcept : state_(seed) {}

  /// The next 64 bits.
  constexpr result_type operator()() noexcept {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, n); n at least 1.
  std::uint64_t below(std::uint64_t n) noexcept { return control::below((*this)(), n); }

  /// Uniform in [0, 1).
  double unit() noexcept { return control::unit((*this)()); }

 private:
  std::uint64_t state_;
};

/// 64 random bits from any generator: one draw of one that gives 64 bits, as many as it takes of others.
template <std::uniform_random_bit_generator Generator>
std::uint64_t draw_from(Generator& random) {
  if constexpr (Generator::min() == 0 && Generator::max() == UINT64_MAX) {
    return random();
  } else {
    return std::uniform_int_distribution<std::uint64_t>(0, UINT64_MAX)(random);
  }
}

}  // namespace weir::control
