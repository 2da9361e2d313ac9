// weir's worker_pool with an observer. A program of its own, made as that of the pool without one: what
// differs between them is the observer.

#include <bench/harness/weir_pools.hpp>
#include <bench/peers/pool_program.hpp>

#include <memory>

namespace weir::bench {
namespace {

/// Its hooks are called, and do nothing.
template <class Course>
class weir_worker_pool_observed {
 public:
  weir_worker_pool_observed(std::size_t workers, Course& course)
      : course_(&course),
        pool_([](course_job<Course>& job) { job.course->run(); }, observed(fixed_workers(workers))) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count)
      if (!pool_.submit(course_job<Course>{course_})) std::abort();
  }

 private:
  static pool_options observed(pool_options options) {
    options.observe = std::make_shared<observer>();
    return options;
  }

  Course* course_;
  worker_pool<course_job<Course>> pool_;
};

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  return pool_program(argc, argv, {contender<weir_worker_pool_observed>("worker_pool_observed")});
}
