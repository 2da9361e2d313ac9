// Every scenario as a test: a part of it on every commit, all of it with WEIR_MODEL=all (the preset `model`).
//
//   WEIR_MODEL_REPLAY=<schedule> model_test --gtest_filter='*name'   shows one execution, step by step
#include "scenario.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>

namespace {

class scenario_test : public testing::Test {
 public:
  explicit scenario_test(const model::scenario& s) : scenario_(s) {}

  void TestBody() override {
    if (const char* const schedule = std::getenv("WEIR_MODEL_REPLAY")) {
      const model::findings f = model::replay(scenario_, schedule);
      std::printf("%s%s\n", f.trace.c_str(), f.failed ? f.what.c_str() : "no failure");
      EXPECT_FALSE(f.failed);
      return;
    }
    const char* const wanted = std::getenv("WEIR_MODEL");
    const bool all = wanted != nullptr && std::string_view(wanted) == "all";
    const model::findings f = model::explore(scenario_, all ? model::depth::all : model::depth::part);
    EXPECT_FALSE(f.failed) << model::report(scenario_, f);
    std::printf("| %s | %s%llu | %llu | %llu | %.1f |\n", scenario_.name, f.exhaustive ? "" : "first ",
                static_cast<unsigned long long>(f.executions), static_cast<unsigned long long>(f.at_random),
                static_cast<unsigned long long>(f.states), f.seconds);
    std::fflush(stdout);
  }

 private:
  const model::scenario& scenario_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const model::scenario& s : model::scenarios()) {
    testing::RegisterTest("model", s.name, nullptr, nullptr, __FILE__, __LINE__,
                          [&s]() -> scenario_test* { return new scenario_test(s); });
  }
  return RUN_ALL_TESTS();
}
