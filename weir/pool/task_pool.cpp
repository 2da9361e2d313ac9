#include <weir/pool/task_pool.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace weir {

namespace detail {

namespace {

pool_options&& without_results(pool_options&& options) {
  if (options.results_capacity != 0) {
    throw std::invalid_argument(fmt::format(
        "results_capacity {} needs a worker_pool; use 0, and async() for what single tasks return",
        options.results_capacity));
  }
  return std::move(options);
}

}  // namespace

task_body::task_body(pool_options&& options) : core(*this, without_results(std::move(options)), false) {}

job_node* task_body::make_node() { return new task_node; }

void task_body::free_node(job_node* node) noexcept { delete static_cast<task_node*>(node); }

bool task_body::run(job_node& node, job_run& run) noexcept {
  auto& task = static_cast<task_node&>(node);
  return task.kind->run(task, run);
}

result<job_id> task_body::post(std::coroutine_handle<> coroutine) {
  using place = task_place<resumption>;
  place::reservation reserved{};
  return accept({.on_full = overflow::caller_runs()}, [&](job_node& node) noexcept {
    place::put(static_cast<task_node&>(node), reserved, [&](void* at) { ::new (at) resumption{coroutine}; });
  });
}

}  // namespace detail

void task_pool::post(std::coroutine_handle<> coroutine) {
  if (!body_->post(coroutine)) coroutine.resume();
}

}  // namespace weir
