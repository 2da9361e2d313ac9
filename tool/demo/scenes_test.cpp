#include <tool/demo/scene.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace weir::tool::demo {
namespace {

TEST(scenes, are_found_by_name_and_only_by_it) {
  for (const scene* s : scenes()) EXPECT_EQ(find_scene(s->name), s);
  EXPECT_EQ(find_scene("blok"), nullptr);
  EXPECT_EQ(find_scene(""), nullptr);
}

TEST(scenes, have_a_name_of_their_own_a_sentence_and_something_to_play) {
  std::set<std::string_view> names;
  for (const scene* s : scenes()) {
    EXPECT_TRUE(names.insert(s->name).second) << s->name;
    EXPECT_TRUE(s->sentence.ends_with('.')) << s->name;
    EXPECT_EQ(s->sentence.find_first_of("\t\n"), std::string_view::npos) << s->name;
    EXPECT_NE(s->play, nullptr) << s->name;
  }
}

TEST(scenes, the_list_has_a_line_each_of_name_tab_and_sentence) {
  const std::string list = list_of_scenes();
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(list, '\n')), scenes().size());
  for (const scene* s : scenes())
    EXPECT_NE(list.find(std::string(s->name) + "\t" + std::string(s->sentence) + "\n"), std::string::npos);
}

TEST(scenes, the_tour_goes_from_the_kitchen_over_each_policy_to_what_to_try_next) {
  std::vector<std::string_view> tour;
  for (const scene* s : scenes())
    if (s->place != place::on_request) tour.push_back(s->name);
  EXPECT_EQ(tour, (std::vector<std::string_view>{"kitchen", "unbounded", "block", "drop", "reject", "timeout",
                                                 "mistakes", "next"}));
}

}  // namespace
}  // namespace weir::tool::demo
