// The scenarios against one mutant: stops at the first that fails. Exit status 3: found, 0: not found.
#include "scenario.hpp"

#include <cstdio>
#include <string_view>

int main() {
  for (const model::scenario& s : model::scenarios()) {
    std::printf("%s\n", s.name);  // before it runs: a mutant may crash
    std::fflush(stdout);
    const model::findings f = model::explore(s, model::depth::part);
    if (!f.failed) continue;
    std::printf("%s\n%llu\n%s\n", f.what.c_str(), static_cast<unsigned long long>(f.executions + f.at_random),
                f.schedule.c_str());
    return 3;
  }
  return 0;
}
