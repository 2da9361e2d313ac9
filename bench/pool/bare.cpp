// No pool at all: each thread does its share of the work. What the machine can do, against which a pool with
// jobs of some length is measured.

#include <bench/peers/pool_program.hpp>

#include <thread>
#include <vector>

namespace {

template <class Course>
class bare_threads {
 public:
  bare_threads(std::size_t workers, Course& course) : workers_(workers), course_(course) {}
  void submit(std::uint64_t count) {
    std::vector<std::jthread> threads;  // of this producer; waited for
    for (std::size_t i = 0; i < workers_; ++i) {
      const std::uint64_t share = count / workers_ + (i < count % workers_ ? 1 : 0);
      threads.emplace_back([share, &course = course_] {
        for (std::uint64_t n = share; n > 0; --n) course.run();
      });
    }
  }

 private:
  std::size_t workers_;
  Course& course_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::bench;
  return pool_program(argc, argv, {contender<bare_threads>("threads")});
}
