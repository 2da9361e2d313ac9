// kill -9 of a program whose pool spills, at any moment. The effect of a job is a number written to a file.
// What was told to be spilled happens, at least once and in the order of its lane, whoever runs it in the
// end; what happens twice had not been acknowledged when the program died.
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/testing.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::scratch_directory;

constexpr std::size_t lanes = 2;
constexpr std::size_t queue_capacity = 16;
/// Who hands in jobs waits while there are so many, so that a thousand programs do not leave ever more to the
/// next.
constexpr std::uint64_t most_on_disk = 2000;
/// What may be in flight when a program dies: as many jobs as wait for one acknowledgement with one more
/// group.
constexpr std::size_t most_again = 2048;

/// Jobs are numbers that grow: each program begins above all before it. The lane is the lowest bit.
std::size_t lane_of(std::uint64_t number) { return number % lanes; }

/// Of a program that begins as `program`: the first number.
std::uint64_t first_of(std::uint64_t program) { return program << 32U; }

/// The ids that went to the store. Called by the submitting thread alone.
struct spilled_ids final : observer {
  void on_spilled(const job_note& note) override { ids.insert(note.id); }
  std::set<std::uint64_t> ids;
};

void write_number(int file, std::uint64_t number) {
  if (write(file, &number, sizeof number) != sizeof number) _exit(3);
}

/// Hands in jobs one at a time, and tells which went to the store once that is certain.
class program {
 public:
  program(const std::filesystem::path& place, durability sync)
      : effects_(open((place / "effects").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        pool_([this](std::uint64_t& number) { write_number(effects_, number); },
              {.max_workers = 1,
               .queue_capacity = queue_capacity,
               .lanes = lanes,
               .on_full = overflow::spill(),
               .spill = spill_options{.directory = place / "store", .sync = sync},
               .observe = seen_}) {}

  [[noreturn]] void submit_for_ever(std::uint64_t number, int answers, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (;;) {
      // In runs of one lane, some by submit_some.
      std::vector<std::uint64_t> jobs(1 + random() % 60);
      const std::size_t lane = random() % lanes;
      for (std::uint64_t& job : jobs) job = (number += 2) - 2 + lane;
      const std::vector<std::uint64_t> copy = jobs;
      seen_->ids.clear();
      while (pool_.stats().spilled > most_on_disk) std::this_thread::yield();
      if (random() % 2 == 0) {
        if (pool_.submit_some(jobs, {.lane = lane}) != jobs.size()) _exit(4);
      } else {
        for (std::uint64_t& job : jobs)
          if (!pool_.submit(std::move(job), {.lane = lane})) _exit(4);
      }
      // From the back: once one of a run was spilled, all that come after it were, or the lane was empty
      // again.
      tell(answers, std::span(copy).last(std::min(seen_->ids.size(), copy.size())), copy.size());
    }
  }

  /// Runs what the store holds; the program's exit code.
  int finish() { return pool_.drain() && pool_.stats().spilled == 0 && pool_.stats().failed == 0 ? 0 : 5; }

 private:
  /// Only runs of which the end was spilled as a whole are told: which single ones were is not known by
  /// number.
  void tell(int answers, std::span<const std::uint64_t> spilled, std::size_t all) const {
    if (spilled.size() != all) return;
    if (write(answers, spilled.data(), spilled.size_bytes()) != static_cast<ssize_t>(spilled.size_bytes()))
      _exit(3);
  }

  std::shared_ptr<spilled_ids> seen_ = std::make_shared<spilled_ids>();
  int effects_;
  worker_pool<std::uint64_t> pool_;
};

/// What was promised, and what happened.
class judge {
 public:
  explicit judge(std::filesystem::path place) : effects_(place / "effects") {}

  void promised(std::span<const std::uint64_t> numbers) {
    promised_.insert(promised_.end(), numbers.begin(), numbers.end());
  }
  std::size_t promises() const { return promised_.size(); }
  std::size_t repeats() const { return repeats_; }
  std::size_t most_repeats() const { return most_repeats_; }

  /// Reads what one more program has done.
  void check_new_effects() {
    std::ifstream file(effects_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(read_ * sizeof(std::uint64_t)));
    std::size_t repeats = 0;
    for (std::uint64_t number = 0; file.read(reinterpret_cast<char*>(&number), sizeof number); ++read_) {
      if (number > last_[lane_of(number)]) {
        last_[lane_of(number)] = number;
        happened_.push_back(number);
      } else {
        ++repeats;
        again_.push_back(number);
      }
    }
    repeats_ += repeats;
    most_repeats_ = std::max(most_repeats_, repeats);
  }

  /// After the last program.
  void check_all() {
    std::ranges::sort(happened_);
    std::size_t lost = 0;
    for (const std::uint64_t number : promised_)
      if (!std::ranges::binary_search(happened_, number)) ++lost;
    EXPECT_EQ(lost, 0u) << "of " << promised_.size() << " jobs that were spilled";
    std::size_t late = 0;
    for (const std::uint64_t number : again_)
      if (!std::ranges::binary_search(happened_, number)) ++late;
    EXPECT_EQ(late, 0u) << "jobs ran for the first time after later ones of their lane";
    EXPECT_LE(most_repeats_, most_again);
  }

 private:
  std::filesystem::path effects_;
  std::vector<std::uint64_t> promised_;
  std::vector<std::uint64_t> happened_;  // for the first time, in order of each lane
  std::vector<std::uint64_t> again_;     // what came after later ones of its lane
  std::array<std::uint64_t, lanes> last_{};
  std::size_t read_ = 0;
  std::size_t repeats_ = 0;
  std::size_t most_repeats_ = 0;
};

/// Starts a program, hears of so many jobs, kills it, and hears what is left.
void kill_after(std::size_t jobs, const std::filesystem::path& place, durability sync, std::uint64_t number,
                std::uint64_t seed, judge& all) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    (new program(place, sync))->submit_for_ever(first_of(number), ends[1], seed);
  }
  close(ends[1]);
  std::array<std::uint64_t, 512> told{};
  std::size_t heard = 0;
  bool killed = false;
  for (ssize_t size = 0; (size = read(ends[0], told.data(), sizeof told)) > 0;) {
    const std::size_t count = static_cast<std::size_t>(size) / sizeof(std::uint64_t);
    all.promised(std::span(told).first(count));
    heard += count;
    if (heard > jobs && !std::exchange(killed, true)) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the program ended by itself, with " << WEXITSTATUS(status);
}

void finish(const std::filesystem::path& place, durability sync) {
  const pid_t child = fork();
  if (child == 0) {
    const int code = program(place, sync).finish();  // and its threads have ended
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the last program ended with " << status;
}

std::size_t number_from(const char* variable, std::size_t usual) {
  const char* const given = std::getenv(variable);
  return given ? std::strtoull(given, nullptr, 10) : usual;
}

/// WEIR_KILLS and WEIR_JOBS_PER_KILL ask for other numbers, WEIR_SEED for the same ones again.
TEST(pool_kill, loses_no_spilled_job_keeps_the_order_and_repeats_only_what_was_not_acknowledged) {
  const bool night = std::getenv("WEIR_NIGHTLY") != nullptr;
  const std::size_t kills = number_from("WEIR_KILLS", night ? 1000 : 20);
  const std::size_t jobs = number_from("WEIR_JOBS_PER_KILL", 2000);
  const std::uint64_t seed = number_from("WEIR_SEED", std::random_device{}());
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const scratch_directory place;
  judge all(place.path());
  for (std::uint64_t i = 1; i <= kills; ++i) {
    SCOPED_TRACE(::testing::Message() << "kill " << i);
    const durability sync = std::array{durability::none, durability::batch, durability::each}[random() % 3];
    kill_after(random() % (2 * jobs), place.path(), sync, i, random(), all);
    all.check_new_effects();
    ASSERT_FALSE(HasFailure());
  }
  finish(place.path(), durability::batch);
  all.check_new_effects();
  all.check_all();
  std::printf("%zu spilled jobs over %zu kills, seed %llu: %zu ran again, %zu after one kill at the most\n",
              all.promises(), kills, static_cast<unsigned long long>(seed), all.repeats(),
              all.most_repeats());
}

}  // namespace
}  // namespace weir
