#include <weir/spill/codec.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string_view>

namespace {

struct order {
  std::string what;
  int count = 0;
  friend bool operator==(const order&, const order&) = default;
};

}  // namespace

template <>
struct weir::codec<order> {
  static void encode(const order& job, std::vector<std::byte>& out) {
    codec<int>::encode(job.count, out);
    codec<std::string>::encode(job.what, out);
  }
  static std::optional<order> decode(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(int)) return std::nullopt;
    return order{*codec<std::string>::decode(bytes.subspan(sizeof(int))),
                 *codec<int>::decode(bytes.first(sizeof(int)))};
  }
};

namespace weir {
namespace {

template <class Job>
std::vector<std::byte> encoded(const Job& job) {
  std::vector<std::byte> out;
  codec<Job>::encode(job, out);
  return out;
}

template <class Job>
void comes_back(const Job& job) {
  EXPECT_EQ(codec<Job>::decode(encoded(job)), job);
}

TEST(codec, a_string_comes_back_whatever_is_in_it) {
  comes_back(std::string());
  comes_back(std::string("line"));
  comes_back(std::string("a\0b\n\xff", 5));
  comes_back(std::string(100'000, 'x'));
}

TEST(codec, a_trivially_copyable_type_comes_back) {
  struct point {
    int x;
    double y;
    bool operator==(const point&) const = default;
  };
  comes_back(42);
  comes_back(-1.5);
  comes_back(point{3, 4.5});
}

TEST(codec, bytes_of_another_length_are_no_value) {
  const auto bytes = encoded(42);
  EXPECT_FALSE(codec<int>::decode(std::span(bytes).first(3)));
  EXPECT_FALSE(codec<std::uint64_t>::decode(bytes));
}

TEST(codec, a_type_of_the_users_comes_back_and_refuses_what_it_has_not_written) {
  comes_back(order{"socks", 3});
  EXPECT_FALSE(codec<order>::decode({}));
}

TEST(codec, a_type_has_one_only_if_its_bytes_are_its_value) {
  static_assert(has_codec<std::string>);
  static_assert(has_codec<int>);
  static_assert(has_codec<order>);
  static_assert(!has_codec<int*>);
  static_assert(!has_codec<const char*>);
  static_assert(!has_codec<std::string_view>);
  static_assert(!has_codec<std::span<int>>);
  static_assert(!has_codec<std::unique_ptr<int>>);
  static_assert(!has_codec<std::function<void()>>);
  static_assert(!has_codec<std::vector<int>>);
}

}  // namespace
}  // namespace weir
