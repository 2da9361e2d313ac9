#include <weir/spill/record.hpp>

#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace weir::detail {
namespace {

using weir::testing::bytes;
using weir::testing::text;

std::vector<std::byte> written(const spill_store::record& r, std::uint64_t place) {
  std::vector<std::byte> out;
  const sealed_record sealed = encode(r, out);
  seal(out, sealed, place);
  return out;
}

RC_GTEST_PROP(record, comes_back_as_it_was_given,
              (std::uint64_t id, std::uint64_t key, std::uint64_t cost, std::int64_t deadline,
               std::string payload)) {
  const std::size_t lane = *rc::gen::inRange<std::size_t>(0, spill_store::max_lanes);
  const std::uint64_t place = place_of(lane, *rc::gen::inRange<std::uint64_t>(1, 1ULL << 40U));
  const auto out = written({id, lane, key, cost, system_time(duration(deadline)), bytes(payload)}, place);
  const auto got = decode(out, place);
  RC_ASSERT(got.has_value());
  RC_ASSERT(got->id == id);
  RC_ASSERT(got->lane == lane);
  RC_ASSERT(got->key == key);
  RC_ASSERT(got->cost == cost);
  RC_ASSERT(got->deadline == system_time(duration(deadline)));
  RC_ASSERT(text(got->payload) == payload);
}

TEST(record, a_usual_one_takes_six_bytes_beside_its_payload) {
  EXPECT_EQ(written({.id = 5, .payload = bytes("payload")}, 1).size(), 6u + 7u);
}

TEST(record, one_flipped_bit_anywhere_is_seen) {
  const auto good = written(
      {.id = 300, .key = 7, .cost = 9, .deadline = system_time(duration(5)), .payload = bytes("the payload")},
      77);
  ASSERT_TRUE(decode(good, 77));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_FALSE(decode(bad, 77)) << "bit " << bit;
  }
}

TEST(record, bytes_of_another_place_are_not_taken_for_it) {
  const auto good = written({.id = 1, .payload = bytes("x")}, place_of(2, 10));
  EXPECT_FALSE(decode(good, place_of(2, 11)));
  EXPECT_FALSE(decode(good, place_of(3, 10)));
}

TEST(record, cut_short_it_is_no_record) {
  const auto good = written({.id = 1ULL << 60U, .cost = 5, .payload = bytes("payload")}, 1);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode(std::span(good).first(size), 1)) << size;
}

TEST(record, a_damaged_one_still_seems_to_have_an_id) {
  auto bad = written({.id = 12345, .payload = bytes("payload")}, 1);
  bad.back() ^= std::byte{1};
  EXPECT_FALSE(decode(bad, 1));
  EXPECT_EQ(apparent_id(bad), 12345u);
  EXPECT_EQ(apparent_id({}), 0u);
}

}  // namespace
}  // namespace weir::detail
