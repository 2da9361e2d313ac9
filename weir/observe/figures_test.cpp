#include <weir/observe/figures.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace weir {
namespace {

TEST(figures, names_follow_the_rules_of_prometheus) {
  for (const figure_info& f : all_figures()) {
    SCOPED_TRACE(f.name);
    EXPECT_TRUE(f.name.starts_with("weir_"));
    EXPECT_EQ(f.name.ends_with("_total"), f.kind == figure_kind::counter);
    EXPECT_EQ(f.name.ends_with("_seconds"), f.kind == figure_kind::histogram);
    EXPECT_TRUE(std::ranges::all_of(f.name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
  }
}

TEST(figures, a_name_says_its_unit_where_prometheus_wants_one) {
  for (const figure_info& f : all_figures()) {
    SCOPED_TRACE(f.name);
    EXPECT_EQ(f.name.ends_with("_seconds"), f.unit == "seconds");
    EXPECT_EQ(f.name.ends_with("_bytes"), f.unit == "bytes");
    EXPECT_EQ(f.name.ends_with("_ratio"), f.unit == "ratio");
  }
}

TEST(figures, each_has_a_name_of_its_own_and_a_sentence) {
  std::set<std::string_view> names;
  for (const figure_info& f : all_figures()) {
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.help.empty()) << f.name;
    EXPECT_FALSE(f.help.ends_with('.')) << f.name;
    EXPECT_FALSE(f.unit.empty()) << f.name;
    EXPECT_FALSE(f.labels.empty()) << f.name;
  }
}

TEST(figures, info_gives_the_row_of_the_figure) {
  for (const figure_info& f : all_figures()) EXPECT_EQ(&info(f.id), &f);
  EXPECT_EQ(info(figure::queue_depth).name, "weir_queue_depth");
  EXPECT_EQ(info(figure::build_info).name, "weir_build_info");
}

TEST(figures, kinds_are_called_as_prometheus_calls_them) {
  EXPECT_EQ(name(figure_kind::counter), "counter");
  EXPECT_EQ(name(figure_kind::gauge), "gauge");
  EXPECT_EQ(name(figure_kind::histogram), "histogram");
}

}  // namespace
}  // namespace weir
