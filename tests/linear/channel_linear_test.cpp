// Real channels under eight threads, each history judged; and channels with a fault put in, each found.
//
//   WEIR_LINEAR_SEED    repeats a run's choices (the threads' timing is the machine's)
//   WEIR_LINEAR_CALLS   how many calls in all, over all plans
#include "checker.hpp"
#include "faulty_channel.hpp"
#include "jittery_channel.hpp"
#include "workload.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace weir::linear {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(thread_sanitizer) || __has_feature(address_sanitizer);
#else
constexpr bool sanitized = false;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const given = std::getenv(name);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

std::uint64_t seed_of_run() {
  static const std::uint64_t seed = [] {
    const std::uint64_t s = from_environment("WEIR_LINEAR_SEED", std::random_device()());
    std::cout << "WEIR_LINEAR_SEED=" << s << std::endl;
    return s;
  }();
  return seed;
}

std::uint64_t calls_in_all() {
  static const std::uint64_t calls = from_environment("WEIR_LINEAR_CALLS", sanitized ? 200'000 : 2'000'000);
  return calls;
}

/// An element of which a moved-from one still runs code of its own when it ends.
class boxed {
 public:
  explicit boxed(value v) : value_(std::make_unique<value>(v)) {}
  boxed(boxed&& other) noexcept : value_(std::move(other.value_)) {}
  boxed& operator=(boxed&& other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~boxed() { value_.reset(); }
  explicit operator value() const { return *value_; }

 private:
  std::unique_ptr<value> value_;
};

struct tally {
  std::size_t steps = 0;
  std::size_t slowest = 0;  // configurations of the window that took most
};

/// What is wrong with a round; empty: nothing.
std::string complaint(const round_record& round, const plan& how, tally& sum) {
  if (!round.oddities.empty()) return round.oddities.front();
  for (const window& w : round.windows) sum.steps += count_steps(w);
  if (std::string why = check_values(round.windows, *round.windows.back().after); !why.empty()) return why;
  if (!how.stamps) return {};
  for (const window& w : round.windows) {
    const verdict v = check(w);
    if (v.answer != answer::linearisable) return v.explanation;
    sum.slowest = std::max(sum.slowest, v.configurations);
  }
  return {};
}

struct kind {
  const char* name;
  plan how;
  round_record (*play)(const plan&);
};

void PrintTo(const kind& k, std::ostream* out) { *out << k.name; }

template <class T>
constexpr auto play_with = &play<channel<T>, T>;
template <class T>
constexpr auto play_jittery = &play<jittery_channel<T>, T>;

const kind kinds[] = {
    {"rendezvous", {.capacity = 0}, play_with<value>},
    {"rendezvous_of_boxes", {.capacity = 0}, play_with<boxed>},
    {"capacity_1", {.capacity = 1}, play_with<value>},
    {"capacity_1_evicting_and_reserving",
     {.capacity = 1, .evicts = true, .reserves = true},
     play_with<value>},
    {"capacity_1_of_boxes", {.capacity = 1, .evicts = true, .reserves = true}, play_with<boxed>},
    {"capacity_3", {.capacity = 3, .calls = 60}, play_with<value>},
    {"capacity_3_evicting_and_reserving",
     {.capacity = 3, .calls = 60, .evicts = true, .reserves = true},
     play_with<value>},
    {"capacity_3_of_boxes", {.capacity = 3, .calls = 60, .evicts = true, .reserves = true}, play_with<boxed>},
    {"capacity_64", {.capacity = 64, .calls = 160}, play_with<value>},
    {"capacity_64_evicting_and_reserving",
     {.capacity = 64, .calls = 160, .evicts = true, .reserves = true},
     play_with<value>},
    {"jittery_rendezvous", {.capacity = 0}, play_jittery<value>},
    {"jittery_capacity_1", {.capacity = 1, .evicts = true, .reserves = true}, play_jittery<value>},
    {"jittery_capacity_3", {.capacity = 3}, play_jittery<value>},
    {"jittery_capacity_3_evicting_and_reserving",
     {.capacity = 3, .evicts = true, .reserves = true},
     play_jittery<value>},
    {"jittery_capacity_3_of_boxes", {.capacity = 3, .evicts = true, .reserves = true}, play_jittery<boxed>},
    {"jittery_capacity_64", {.capacity = 64}, play_jittery<value>},
    {"without_stamps_rendezvous", {.capacity = 0, .stamps = false}, play_with<value>},
    {"without_stamps_capacity_1", {.capacity = 1, .stamps = false}, play_with<value>},
    {"without_stamps_capacity_3",
     {.capacity = 3, .calls = 60, .evicts = true, .stamps = false},
     play_with<value>},
    {"without_stamps_capacity_64", {.capacity = 64, .calls = 160, .stamps = false}, play_with<value>},
};

class linear : public ::testing::TestWithParam<kind> {};

TEST_P(linear, every_history_is_one_that_a_single_thread_could_have_made) {
  plan how = GetParam().how;
  const std::uint64_t calls = calls_in_all() / std::size(kinds);
  const std::uint64_t rounds = std::max<std::uint64_t>(1, calls / (most_lanes * how.calls * how.windows));
  tally sum;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    how.seed = seed_of_run() + r;
    ASSERT_EQ(complaint(GetParam().play(how), how, sum), "") << "round " << r;
  }
  std::cout << sum.steps << " steps in " << rounds << " rounds; the window hardest to explain took "
            << sum.slowest << " configurations\n";
}

INSTANTIATE_TEST_SUITE_P(of, linear, ::testing::ValuesIn(kinds),
                         [](const auto& one) { return std::string(one.param.name); });

class fault_put_in : public ::testing::TestWithParam<fault> {};

// By the search alone: what is seen at rest, and by the values, comes on top.
TEST_P(fault_put_in, is_found) {
  faulty_channel::put_in = GetParam();
  const std::size_t capacity = GetParam() == fault::keeps_a_rendezvous      ? 0
                               : GetParam() == fault::says_closed_too_early ? 64
                                                                            : 2;
  plan how{.capacity = capacity, .windows = 3, .evicts = true};
  std::size_t steps = 0;
  for (std::uint64_t r = 0; r < 1000; ++r) {
    how.seed = seed_of_run() + r;
    for (const window& w : play<faulty_channel>(how).windows) {
      steps += count_steps(w);
      const verdict v = check(w, 100'000);
      if (v.answer == answer::linearisable) continue;
      std::cout << "found within " << steps << " steps:\n" << v.explanation << '\n';
      return;
    }
  }
  ADD_FAILURE() << "not found in " << steps << " steps";
}

INSTANTIATE_TEST_SUITE_P(that, fault_put_in, ::testing::ValuesIn(all_faults),
                         [](const auto& one) { return std::string(name_of(one.param)); });

}  // namespace
}  // namespace weir::linear
