// kill -9 at any moment: a child appends and acknowledges, and tells by a pipe what it was answered. What it
// was told to be accepted is there after the kill, in order; what comes twice had not been acknowledged.
#include <tests/faults/spill_model.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace weir {
namespace {

using namespace weir::testing;

/// Said before and after a call, so that a kill between the two leaves it open what became of it.
struct message {
  enum kind : std::uint64_t { appending, appended, removing, removed } what;
  std::uint64_t first = 0;  // id
  std::uint64_t count = 0;
};
static_assert(sizeof(message) <= 512, "a pipe takes a message whole or not at all");

void say(int pipe, const message& what) {
  if (write(pipe, &what, sizeof what) != sizeof what) _exit(3);
}

/// The child: never returns.
[[noreturn]] void work(const spill_options& options, int pipe, std::uint64_t first_id, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto store = spill_store::open(options);
  if (!store) _exit(2);
  for (std::uint64_t id = first_id;;) {
    const std::uint64_t count = random() % 2 == 0 ? 1 : 1 + random() % 200;
    say(pipe, {message::appending, id, count});
    if (!append_run(*store, id, count)) _exit(2);
    say(pipe, {message::appended, id, count});
    id += count;
    const auto batch = store->fetch(random() % 200);
    for (const auto& r : batch->records) {
      if (text(r.payload) != payload_of(r.id)) _exit(4);
    }
    // A run of ids, so that one message can say which.
    std::size_t run = 0;
    while (run < batch->records.size() && batch->records[run].id == batch->records[0].id + run) ++run;
    if (run == 0) continue;
    auto done = positions(*batch);
    done.resize(run);
    say(pipe, {message::removing, batch->records[0].id, run});
    if (!store->ack(done)) _exit(2);
    say(pipe, {message::removed, batch->records[0].id, run});
  }
}

/// What must, and what may be in the store, by the messages.
class judge {
 public:
  void hear(const message& said) {
    for (std::uint64_t id = said.first; id < said.first + said.count; ++id) hear(said.what, id);
    next_ = std::max(next_, said.first + said.count);
    accepted_ += said.what == message::appended ? said.count : 0;
  }

  void check(spill_store& store) {
    std::uint64_t last = 0;
    for (;;) {
      const auto batch = store.fetch(500);
      ASSERT_TRUE(batch) << batch.error().detail;
      if (batch->records.empty()) break;
      for (const auto& r : batch->records) {
        EXPECT_EQ(text(r.payload), payload_of(r.id)) << "wrong content";
        EXPECT_GT(r.id, last) << "the order is broken";
        last = r.id;
        const auto known = jobs_.find(r.id);
        ASSERT_NE(known, jobs_.end()) << "job " << r.id << " came again after it had been acknowledged";
        known->second = held;  // now it is known to be there
        seen_.insert(r.id);
      }
      EXPECT_TRUE(batch->damaged.empty());
    }
    const auto must = std::ranges::count_if(jobs_, [](const auto& job) { return job.second == held; });
    EXPECT_EQ(seen_.size(), static_cast<std::size_t>(must)) << "accepted jobs are lost";
    std::erase_if(jobs_, [&](const auto& job) { return !seen_.contains(job.first); });
    seen_.clear();
  }

  std::uint64_t next() const noexcept { return next_; }
  std::uint64_t accepted() const noexcept { return accepted_; }

 private:
  enum state { unsure, held };

  void hear(message::kind what, std::uint64_t id) {
    switch (what) {
      case message::appending:
      case message::removing: jobs_[id] = unsure; break;
      case message::appended: jobs_[id] = held; break;
      case message::removed: jobs_.erase(id); break;
    }
  }

  std::map<std::uint64_t, state> jobs_;
  std::set<std::uint64_t> seen_;
  std::uint64_t next_ = 1;
  std::uint64_t accepted_ = 0;
};

/// Starts the child, hears so many messages, kills it, and hears what is left.
void kill_after(std::uint64_t messages, const spill_options& options, judge& all, std::uint64_t seed) {
  int ends[2] = {};
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    work(options, ends[1], all.next(), seed);
  }
  close(ends[1]);
  message said{};
  for (std::uint64_t heard = 0; read(ends[0], &said, sizeof said) == sizeof said; ++heard) {
    all.hear(said);
    if (heard == messages) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, with " << WEXITSTATUS(status);
}

class spill_kill : public ::testing::TestWithParam<durability> {};

TEST_P(spill_kill, loses_nothing_that_was_accepted_and_keeps_the_order) {
  const bool night = std::getenv("WEIR_NIGHTLY") != nullptr;
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory where;
  const spill_options options{.directory = where.path(), .sync = GetParam()};
  judge all;
  const int rounds = night ? 334 : 7;  // of each level
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(::testing::Message() << "round " << round);
    kill_after(random() % (night ? 1600 : 200), options, all, random());
    auto store = open_store(options);
    EXPECT_EQ(store.stats().rebuilds, 0u);
    EXPECT_EQ(store.stats().moved_aside, 0u);
    all.check(store);
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%llu jobs accepted over %d kills\n", static_cast<unsigned long long>(all.accepted()), rounds);
}

INSTANTIATE_TEST_SUITE_P(at, spill_kill,
                         ::testing::Values(durability::none, durability::batch, durability::each),
                         [](const auto& level) { return std::string(to_string(level.param)); });

}  // namespace
}  // namespace weir
