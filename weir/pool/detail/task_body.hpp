// The typed half of task_pool: callables of any type in nodes of one size.
//
// Invariants: a task_node holds a task exactly while job.hpp says its node does: inside the node when it
// fits, else in memory that was allocated before the pool was asked, so that accepting it cannot fail. `kind`
// says how to run, lose and destroy it.
#pragma once

#include <weir/pool/detail/engine.hpp>
#include <weir/pool/detail/job.hpp>
#include <weir/pool/options.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weir::detail {

struct task_node;

struct task_kind {
  bool (*run)(task_node&, job_run&) noexcept;
  void (*lose)(task_node&, errc) noexcept;
};

struct task_node final : job_node {
  static constexpr std::size_t inline_size = 64;

  const task_kind* kind = nullptr;
  alignas(std::max_align_t) std::byte storage[inline_size];
};

/// A callable that cannot be moved without a risk, in memory of its own.
template <class F>
struct boxed_task {
  std::unique_ptr<F> function;

  template <class... Args>
    requires std::is_invocable_v<F&, Args...>
  decltype(auto) operator()(Args&&... args) {
    return std::invoke(*function, std::forward<Args>(args)...);
  }
};

/// F as F(std::stop_token) when it can be called so, else as F().
template <class F>
concept takes_stop_token = std::is_invocable_v<F&, std::stop_token>;

template <class F>
decltype(auto) call_task(F& f, const job_run& run) {
  if constexpr (takes_stop_token<F>) {
    return std::invoke(f, run.stop_token());
  } else {
    return std::invoke(f);
  }
}

template <class F>
struct task_result : std::invoke_result<F&> {};
template <takes_stop_token F>
struct task_result<F> : std::invoke_result<F&, std::stop_token> {};

/// How a Task gets into a node, and what happens to it there. Task: `bool run(Task&, job_run&) noexcept`,
/// static, which destroys nothing, and `lose(errc) noexcept`.
template <class Task>
class task_place {
  static constexpr bool inside =
      sizeof(Task) <= task_node::inline_size && alignof(Task) <= alignof(std::max_align_t);

 public:
  /// Memory for a Task that does not fit into a node; freed unless it was used.
  struct reservation {
    reservation() {
      if constexpr (!inside) memory = ::operator new(sizeof(Task), std::align_val_t{alignof(Task)});
    }
    reservation(const reservation&) = delete;
    reservation& operator=(const reservation&) = delete;
    ~reservation() { release(memory); }
    void* memory = nullptr;
  };

  /// `make(where)` constructs the Task there.
  template <class Make>
  static void put(task_node& node, reservation& reserved, Make make) noexcept {
    static constexpr task_kind kind{[](task_node& n, job_run& run) noexcept {
                                      const held task(n);
                                      return Task::run(*task.get, run);
                                    },
                                    [](task_node& n, errc reason) noexcept {
                                      const held task(n);
                                      task.get->lose(reason);
                                    }};
    node.kind = &kind;
    if constexpr (inside) {
      make(static_cast<void*>(node.storage));
    } else {
      void* const memory = std::exchange(reserved.memory, nullptr);
      make(memory);
      ::new (static_cast<void*>(node.storage)) void*(memory);
    }
  }

 private:
  static void release(void* memory) noexcept {
    if (memory) ::operator delete(memory, std::align_val_t{alignof(Task)});
  }

  /// The node's task, destroyed at the end of the scope.
  struct held {
    explicit held(task_node& node) noexcept {
      if constexpr (inside) {
        get = std::launder(reinterpret_cast<Task*>(node.storage));
      } else {
        get = static_cast<Task*>(*std::launder(reinterpret_cast<void**>(node.storage)));
      }
    }
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    ~held() {
      std::destroy_at(get);
      if constexpr (!inside) release(get);
    }
    Task* get;
  };
};

/// Fire and forget.
template <class F>
struct plain_task {
  F function;

  static bool run(plain_task& task, job_run& run) noexcept {
    try {
      static_cast<void>(call_task(task.function, run));
      return true;
    } catch (...) {
      run.failed(std::current_exception());
      return false;
    }
  }
  void lose(errc) noexcept {}
};

/// With a future. Promise: std::promise<R> or light_promise<R>.
template <class F, class R, class Promise>
struct async_task {
  using kept = std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*, R>;

  std::optional<F> function;
  Promise promise;

  /// The callable is destroyed and the job counted before the future is ready.
  static bool run(async_task& task, job_run& run) noexcept {
    const auto value = [&]() noexcept -> std::expected<kept, std::exception_ptr> {
      try {
        if constexpr (std::is_void_v<R>) {
          call_task(*task.function, run);
          return {};
        } else if constexpr (std::is_reference_v<R>) {
          return std::addressof(call_task(*task.function, run));
        } else {
          return call_task(*task.function, run);
        }
      } catch (...) {
        return std::unexpected(std::current_exception());
      }
    };
    std::expected<kept, std::exception_ptr> result = value();
    task.function.reset();
    if (!result) run.failed(result.error());
    const bool completed = result.has_value();
    run.settle(completed);
    task.fulfil(std::move(result));
    return completed;
  }

  void lose(errc reason) noexcept {
    function.reset();
    promise.set_exception(std::make_exception_ptr(std::system_error(make_error_code(reason))));
  }

 private:
  void fulfil(std::expected<kept, std::exception_ptr>&& result) noexcept {
    if (!result) {
      promise.set_exception(std::move(result.error()));
    } else if constexpr (std::is_void_v<R>) {
      promise.set_value();
    } else if constexpr (std::is_reference_v<R>) {
      promise.set_value(**result);
    } else {
      set_moved(std::move(*result));
    }
  }

  /// The job is counted already, as completed, for it did return: when its value cannot be moved into the
  /// future, the future has what the move threw.
  template <class Value>
  void set_moved(Value&& value) noexcept {
    if constexpr (std::is_nothrow_move_constructible_v<R>) {
      promise.set_value(std::forward<Value>(value));
    } else {
      try {
        promise.set_value(std::forward<Value>(value));
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    }
  }
};

/// A coroutine to go on with: whatever happens to the pool, it does.
struct resumption {
  std::coroutine_handle<> coroutine;

  static bool run(resumption& task, job_run& run) noexcept {
    try {
      task.coroutine.resume();
      return true;
    } catch (...) {
      run.failed(std::current_exception());
      return false;
    }
  }
  void lose(errc) noexcept { coroutine.resume(); }
};

/// What does not depend on the pool's on_lost.
class task_body : public job_owner {
 public:
  explicit task_body(pool_options&& options);
  virtual ~task_body() = default;

  template <class F>
  result<job_id> submit(F& function, const submit_options& options) {
    using place = task_place<plain_task<F>>;
    typename place::reservation reserved{};
    return accept(options, [&](job_node& node) noexcept {
      place::put(static_cast<task_node&>(node), reserved,
                 [&](void* at) { ::new (at) plain_task<F>{std::move(function)}; });
    });
  }

  /// The promise's future.
  template <class F, class R, class Promise>
  auto async(F& function, const submit_options& options)
      -> result<decltype(std::declval<Promise&>().get_future())> {
    using task = async_task<F, R, Promise>;
    using place = task_place<task>;
    typename place::reservation reserved{};
    Promise promise{};
    auto future = promise.get_future();
    const auto id = accept(options, [&](job_node& node) noexcept {
      place::put(static_cast<task_node&>(node), reserved,
                 [&](void* at) { ::new (at) task{std::move(function), std::move(promise)}; });
    });
    if (!id) return std::unexpected(id.error());
    return future;
  }

  result<job_id> post(std::coroutine_handle<> coroutine);

 private:
  /// `put(node)`, noexcept, moves the task in.
  template <class Put>
  [[gnu::always_inline]] result<job_id> accept(const submit_options& options, Put put) {
    if (!options.on_full && is_usual(options)) {
      if (const auto id = core.try_usual(std::ref(put))) return *id;
    }
    return core.submit({&put, [](job_node& node, void* from) noexcept { (*static_cast<Put*>(from))(node); }},
                       options);
  }

  job_node* make_node() final;
  void free_node(job_node*) noexcept final;
  bool run(job_node&, job_run&) noexcept final;
  void extend_results(std::size_t) final {}
  void close_results() noexcept final {}

 public:
  engine core;
};

/// `Lost`: the pool's lost type.
template <class Lost, class OnLost>
class task_body_of final : public task_body {
 public:
  task_body_of(pool_options&& options, OnLost&& on_lost)
      : task_body(std::move(options)), on_lost_(std::move(on_lost)) {}

 private:
  void lose(job_node& node, errc reason) noexcept override {
    on_lost_(Lost{job_id{node.id}, reason, node.lane});
    auto& task = static_cast<task_node&>(node);
    task.kind->lose(task, reason);
  }

  OnLost on_lost_;
};

}  // namespace weir::detail
