#include <weir/spill/crc32c.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <vector>

namespace weir::detail {
namespace {

std::uint32_t both(std::span<const std::byte> bytes) {
  EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes));
  return crc32c(bytes);
}

// RFC 3720, B.4.
TEST(crc32c, answers_the_examples_of_rfc_3720) {
  std::array<std::byte, 32> bytes{};
  EXPECT_EQ(both(bytes), 0x8A9136AAu);
  bytes.fill(std::byte{0xFF});
  EXPECT_EQ(both(bytes), 0x62A8AB43u);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(both(bytes), 0x46DD794Eu);
  std::ranges::reverse(bytes);
  EXPECT_EQ(both(bytes), 0x113FDB5Cu);
}

TEST(crc32c, answers_the_usual_check_value) {
  constexpr std::string_view digits = "123456789";
  EXPECT_EQ(both(std::as_bytes(std::span(digits))), 0xE3069283u);
  EXPECT_EQ(both({}), 0u);
}

TEST(crc32c, goes_on_from_where_it_stopped_by_instruction_and_by_table) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(1000);
  for (auto& b : bytes) b = static_cast<std::byte>(random());
  const std::span all(bytes);
  for (int i = 0; i < 200; ++i) {
    const std::size_t cut = random() % (all.size() + 1);
    const std::uint32_t whole = both(all);
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), whole) << cut;
    EXPECT_EQ(crc32c_by_table(all.subspan(cut), crc32c(all.first(cut))), whole) << cut;
  }
}

}  // namespace
}  // namespace weir::detail
