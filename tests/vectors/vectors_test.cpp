// Every vector, one test a file.
#include "tests/vectors/replay.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <ostream>
#include <set>

namespace weir::vectors {

void PrintTo(const driver& one, std::ostream* out) { *out << one.algorithm; }  // found by GoogleTest

namespace {

using nlohmann::json;

// README.md, "Comparing": doubles to 1e-9, all else exactly.
bool alike(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

std::string digits(const json& expected) {
  return expected.is_string() ? expected.get<std::string>() : expected.dump();
}

double real(const json& expected) {
  if (expected.is_number()) return expected.get<double>();
  if (expected == "inf") return std::numeric_limits<double>::infinity();
  if (expected == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

struct comparison {
  const json& expected;
  bool operator()(std::monostate) const { return expected.is_null(); }
  bool operator()(bool it) const { return expected.is_boolean() && expected.get<bool>() == it; }
  bool operator()(std::int64_t it) const { return digits(expected) == std::to_string(it); }
  bool operator()(std::uint64_t it) const { return digits(expected) == std::to_string(it); }
  bool operator()(double it) const {
    return (expected.is_number() || expected.is_string()) && alike(real(expected), it);
  }
  bool operator()(const std::string& it) const { return expected.is_string() && expected == it; }
};

// The C++ name of an option or argument: its unit is in its type.
std::string without_unit(std::string name) {
  if (name.ends_with("_ns")) name.resize(name.size() - 3);
  return name;
}

std::string written(const results& given) {
  json all = json::object();
  for (const auto& [name, it] : given) {
    std::visit(
        [&](const auto& one) {
          if constexpr (std::is_same_v<decltype(one), const std::monostate&>) {
            all[name] = nullptr;
          } else {
            all[name] = one;
          }
        },
        it);
  }
  return all.dump();
}

bool as_expected(const results& given, const json& step) {
  const json nothing = json::object();
  const auto found = step.find("expect");
  const json& expected = found == step.end() ? nothing : *found;
  if (given.size() != expected.size()) return false;
  return std::all_of(given.begin(), given.end(), [&](const auto& one) {
    if (!expected.contains(one.first)) return false;
    json what = expected.at(one.first);
    if (one.first == "error") what = without_unit(what);
    return std::visit(comparison{what}, one.second);
  });
}

void expect_all(const driver& with, const json& one_case) {
  const replayed got = replay(with, one_case);
  if (const auto refused = one_case.find("expect_error"); refused != one_case.end()) {
    EXPECT_EQ(got.refused, without_unit(*refused));
    return;
  }
  ASSERT_EQ(got.refused, std::nullopt);
  const json& steps = one_case.at("steps");
  ASSERT_EQ(got.steps.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_TRUE(as_expected(got.steps[i], steps[i]))
        << "step " << i << ": " << steps[i].dump() << "\n  gave " << written(got.steps[i]);
}

json read(const std::string& algorithm) {
  std::ifstream file(std::string(WEIR_VECTORS) + "/" + algorithm + ".json");
  return json::parse(file);
}

class vectors : public testing::TestWithParam<driver> {};

TEST_P(vectors, all_cases_give_what_the_file_says) {
  const json file = read(std::string(GetParam().algorithm));
  ASSERT_EQ(file.at("format"), 1);
  ASSERT_EQ(file.at("algorithm"), GetParam().algorithm);
  ASSERT_FALSE(file.at("cases").empty());
  for (const json& one : file.at("cases")) {
    SCOPED_TRACE(one.at("name").get<std::string>());
    expect_all(GetParam(), one);
  }
}

INSTANTIATE_TEST_SUITE_P(of, vectors, testing::ValuesIn(drivers().begin(), drivers().end()),
                         [](const auto& one) { return std::string(one.param.algorithm); });

TEST(vector_files, each_has_a_driver) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_VECTORS))
    if (entry.path().extension() == ".json") files.insert(entry.path().stem());
  std::set<std::string> driven;
  for (const driver& one : drivers()) driven.emplace(one.algorithm);
  EXPECT_EQ(files, driven);
}

TEST(vector_files, a_value_that_is_off_by_one_or_missing_is_noticed) {
  const json step = json::parse(R"({"expect": {"value": "18446744073709551615", "p": 0.5, "w": null}})");
  const std::uint64_t most = UINT64_MAX;
  EXPECT_TRUE(as_expected({{"value", most}, {"p", 0.5 + 1e-10}, {"w", value()}}, step));
  EXPECT_FALSE(as_expected({{"value", most - 1}, {"p", 0.5}, {"w", value()}}, step));
  EXPECT_FALSE(as_expected({{"value", most}, {"p", 0.5 + 1e-8}, {"w", value()}}, step));
  EXPECT_FALSE(as_expected({{"value", most}, {"p", 0.5}, {"w", std::int64_t{0}}}, step));
  EXPECT_FALSE(as_expected({{"value", most}, {"p", 0.5}}, step));
  EXPECT_FALSE(as_expected({}, step));
  EXPECT_FALSE(as_expected({{"ok", true}}, json::object()));
}

}  // namespace
}  // namespace weir::vectors
