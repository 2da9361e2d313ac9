// Boost.Asio's thread_pool: takes everything at once, into as much memory as it needs.

#include <bench/peers/pool_program.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace {

template <class Course>
class asio_pool {
 public:
  asio_pool(std::size_t workers, Course& course) : course_(course), pool_(workers) {}
  ~asio_pool() { pool_.join(); }
  void submit(std::uint64_t count) {
    for (; count > 0; --count) boost::asio::post(pool_, [&course = course_] { course.run(); });
  }

 private:
  Course& course_;
  boost::asio::thread_pool pool_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace weir::bench;
  return pool_program(argc, argv, {contender<asio_pool>("thread_pool")});
}
