#include <jobs/item_codec.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

using bytes = std::vector<std::byte>;

bytes encoded(const item_batch& batch) {
  bytes out;
  codec<item_batch>::encode(batch, out);
  return out;
}

item_batch batch_of(const std::vector<std::string>& items) {
  item_batch batch;
  batch.seq = 7;
  batch.first = 13;
  batch.arrived = clock::now();
  for (const std::string& item : items) batch.push(item);
  return batch;
}

RC_GTEST_PROP(item_codec, gives_back_the_same_items_whatever_they_hold,
              (const std::vector<std::string>& items)) {
  RC_PRE(!items.empty());
  item_batch batch = batch_of(items);
  batch.fault = *rc::gen::element(item_fault::none, item_fault::holds_nul, item_fault::too_long);
  const auto again = codec<item_batch>::decode(encoded(batch));
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->bytes == batch.bytes && again->ends == batch.ends);
  RC_ASSERT(again->seq == batch.seq && again->first == batch.first && again->fault == batch.fault);
  RC_ASSERT(encoded_seq(encoded(batch)) == batch.seq);
}

TEST(item_codec, keeps_what_is_left_of_a_deadline_and_when_it_came) {
  item_batch batch = batch_of({"a"});
  batch.arrived = clock::now() - 5s;
  batch.deadline = clock::now() + 1h;
  const auto again = codec<item_batch>::decode(encoded(batch));
  ASSERT_TRUE(again);
  EXPECT_LT(std::chrono::abs(again->arrived - batch.arrived), 100ms);
  EXPECT_LT(std::chrono::abs(again->deadline - batch.deadline), 100ms);
  batch.deadline = never;
  EXPECT_EQ(codec<item_batch>::decode(encoded(batch))->deadline, never);
}

TEST(item_codec, keeps_the_lane) {
  item_batch batch = batch_of({"a"});
  batch.lane = 3;
  EXPECT_EQ(codec<item_batch>::decode(encoded(batch))->lane, 3U);
}

TEST(item_codec, appends_to_what_is_there) {
  bytes out(3);
  codec<item_batch>::encode(batch_of({"a"}), out);
  EXPECT_TRUE(codec<item_batch>::decode(std::span(out).subspan(3)));
}

TEST(item_codec, what_is_cut_or_longer_is_none) {
  const bytes whole = encoded(batch_of({"abc", "", "d"}));
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(codec<item_batch>::decode(std::span(whole).first(n))) << n;
  bytes longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(codec<item_batch>::decode(longer));
}

TEST(item_codec, another_version_fault_or_number_is_none) {
  const bytes whole = encoded(batch_of({"abc"}));
  for (const std::size_t at : {0U, 1U}) {
    bytes other = whole;
    other[at] = std::byte{9};
    EXPECT_FALSE(codec<item_batch>::decode(other));
  }
  bytes unnumbered = whole;
  std::memset(unnumbered.data() + 2, 0, 8);
  EXPECT_FALSE(codec<item_batch>::decode(unnumbered));
  EXPECT_FALSE(encoded_seq(unnumbered));
  EXPECT_FALSE(encoded_seq({}));
  EXPECT_FALSE(encoded_seq(std::span(whole).first(9)));
}

// Any byte may be damaged, and any number stand where a time or a length is: nothing, or a whole batch.
RC_GTEST_PROP(item_codec, damage_gives_nothing_or_a_batch_that_holds_together,
              (const std::vector<std::uint8_t>& noise)) {
  bytes damaged = encoded(batch_of({"abc", "de"}));
  for (std::size_t i = 0; i + 1 < noise.size(); i += 2)
    damaged[noise[i] % damaged.size()] ^= std::byte(noise[i + 1]);
  const auto again = codec<item_batch>::decode(damaged);
  if (!again) return;
  RC_ASSERT(again->seq > 0 && !again->empty());
  std::size_t total = 0;
  for (std::size_t i = 0; i < again->size(); ++i) total += (*again)[i].size() + 1;
  RC_ASSERT(total == again->bytes.size());
}

}  // namespace
}  // namespace weir::jobs
