// oneTBB's task_arena::enqueue and task_group::run: both take everything at once, into as much memory as it
// needs.

#include <bench/peers/pool_program.hpp>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

namespace {

// oneTBB starts no more threads than there are processors unless told; one more for the caller's own.
class allowing {
 public:
  explicit allowing(std::size_t workers)
      : allowed_(tbb::global_control::max_allowed_parallelism, workers + 1) {}

 private:
  tbb::global_control allowed_;
};

template <class Course>
class tbb_enqueue {
 public:
  tbb_enqueue(std::size_t workers, Course& course)
      : course_(course), allowing_(workers), arena_(static_cast<int>(workers), 0) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count) arena_.enqueue([&course = course_] { course.run(); });
  }

 private:
  Course& course_;
  allowing allowing_;
  tbb::task_arena arena_;
};

// Each producer enters the arena, where a place is kept for it, and helps when its jobs are handed in: that
// is how a task_group is meant to be used, and without it the others have to steal every job from it. A
// single job is left to the workers, who are to be woken.
template <class Course>
class tbb_group {
 public:
  tbb_group(std::size_t workers, Course& course)
      : course_(course),
        allowing_(workers),
        arena_(static_cast<int>(workers) + most_producers, most_producers) {}
  ~tbb_group() {
    arena_.execute([this] { group_.wait(); });
  }
  void submit(std::uint64_t count) {
    arena_.execute([this, count] {
      tbb::task_group own;
      tbb::task_group& group = count > 1 ? own : group_;
      for (std::uint64_t n = count; n > 0; --n) group.run([&course = course_] { course.run(); });
      own.wait();
    });
  }

 private:
  static constexpr int most_producers = 4;
  Course& course_;
  allowing allowing_;
  tbb::task_arena arena_;
  tbb::task_group group_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::bench;
  return pool_program(argc, argv, {contender<tbb_enqueue>("enqueue"), contender<tbb_group>("group")});
}
