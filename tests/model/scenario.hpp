// Scenarios: named, gathered by themselves, run by the tests and against the mutants.
#pragma once

#include "engine.hpp"

#include <string>
#include <vector>

namespace model {

/// How much of a scenario is looked at.
enum class depth {
  part,  ///< up to some thousand executions: what CI can afford on every commit
  all,   ///< everything within the bounds, though no more than five million executions; then at random
};

struct scenario {
  const char* name;
  void (*run)();
  limits bounds;
};

/// In the order of the files, then as written.
std::vector<scenario>& scenarios();

/// With the checks that hold for every scenario: no element is left over.
findings explore(const scenario& s, depth how_much);
findings replay(const scenario& s, std::string_view schedule);

/// As text for people: what failed, where, and how to see it again.
std::string report(const scenario& s, const findings& f);

struct scenario_registration {
  scenario_registration(const char* name, void (*run)(), limits bounds) {
    scenarios().push_back({name, run, bounds});
  }
};

}  // namespace model

/// SCENARIO(name[, limits...]) { ... }: the name is a sentence, as a test's.
#define SCENARIO(name, ...)                                                                                \
  static void name();                                                                                      \
  static const model::scenario_registration name##_registration(#name, &name, model::limits{__VA_ARGS__}); \
  static void name()
