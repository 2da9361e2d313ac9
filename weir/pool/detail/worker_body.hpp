// The typed half of worker_pool: where jobs are stored, how they are called, where their outcomes go.
//
// Invariants: a typed_node's storage holds a Job exactly while job.hpp says its node does. `own_` keeps the
// results open until a reader has asked for them; from then on the readers alone do, so that when the last
// one goes, sends fail with `closed` and outcomes are discarded.
#pragma once

#include <weir/channel/channel.hpp>
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/detail/job.hpp>
#include <weir/pool/detail/job_codec.hpp>
#include <weir/pool/outcome.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// The default on_lost of pools.
struct ignore_lost {
  template <class Lost>
  void operator()(Lost&&) const noexcept {}
};

template <class Job>
struct typed_node final : job_node {
  alignas(Job) std::byte storage[sizeof(Job)];

  Job& job() noexcept { return *std::launder(reinterpret_cast<Job*>(storage)); }
};

/// What does not depend on the functions a pool was given.
template <class Job, class Result>
class worker_body : public job_owner {
  using node_type = typed_node<Job>;

 public:
  worker_body(pool_options&& options, std::optional<spill_store>&& store)
      : results_(options.results_capacity != 0
                     ? std::make_optional(make_channel<outcome<Result>>(options.results_capacity))
                     : std::nullopt),
        core(*this, std::move(options), results_.has_value(), std::move(store)) {}
  virtual ~worker_body() = default;

  static job_source source_of(Job& job) noexcept {
    return {&job, [](job_node& node, void* from) noexcept {
              ::new (static_cast<void*>(static_cast<node_type&>(node).storage))
                  Job(std::move(*static_cast<Job*>(from)));
            }};
  }

  [[gnu::always_inline]] result<job_id> submit(Job& job, const submit_options& options) {
    if (!options.on_full && is_usual(options)) {
      const auto id = core.try_usual([&job](job_node& node) noexcept {
        ::new (static_cast<void*>(static_cast<node_type&>(node).storage)) Job(std::move(job));
      });
      if (id) return *id;
    }
    return core.submit(source_of(job), options);
  }

  std::size_t submit_some(std::span<Job> jobs, const submit_options& options) {
    std::size_t accepted = 0;
    if (!options.on_full && is_usual(options)) {
      accepted = core.try_usual_some(jobs.size(), [jobs](job_node& node, std::size_t i) noexcept {
        ::new (static_cast<void*>(static_cast<node_type&>(node).storage)) Job(std::move(jobs[i]));
      });
      if (accepted == jobs.size() || (accepted != 0 && !core.has_store())) return accepted;
    }
    const std::span<Job> left = jobs.subspan(accepted);
    try {
      return accepted + core.submit_some(source_of(left.front()), left.size(), sizeof(Job), options);
    } catch (...) {
      if (accepted == 0) throw;
      return accepted;  // they are in, and the caller must learn how many
    }
  }

  receiver<outcome<Result>> results() {
    if (!results_) throw std::logic_error("results_capacity 0 keeps no results; use 1 or more");
    const std::lock_guard lock(handing_out_);
    if (own_gone_) return channel_access::receiver_of(results_->tx);
    own_gone_ = true;
    return std::move(results_->rx);
  }

 private:
  job_node* make_node() final { return new node_type; }
  void free_node(job_node* node) noexcept final { delete static_cast<node_type*>(node); }

  const job_codec* codec() const noexcept final {
    if constexpr (has_codec<Job>) {
      return &codec_of<Job, node_type>;
    } else {
      return nullptr;
    }
  }

  void extend_results(std::size_t extra) final {
    if (results_) extend(results_->tx, extra);
  }
  void close_results() noexcept final {
    if (results_) results_->tx.close();
  }

  std::mutex handing_out_;
  bool own_gone_ = false;  // results_->rx was given away
  std::optional<channel_ends<outcome<Result>>> results_;

 protected:
  /// After the job has ended and is destroyed.
  void deliver(job_run& run, std::expected<Result, std::exception_ptr> value) noexcept {
    run.settle(value.has_value());
    // Refused when the last reader is gone: then nobody wants it.
    static_cast<void>(
        results_->tx.send({run.id(), std::move(value), run.worker(), run.queued_for(), run.ran_for()}));
  }
  bool keeps_results() const noexcept { return results_.has_value(); }

 public:
  engine core;
};

/// `Process`: Result(Job&) or Result(Job&, std::stop_token). `Lost`: the pool's lost type.
template <class Job, class Result, class Lost, class Process, class OnLost>
class worker_body_of final : public worker_body<Job, Result> {
 public:
  worker_body_of(Process&& process, pool_options&& options, std::optional<spill_store>&& store,
                 OnLost&& on_lost)
      : worker_body<Job, Result>(std::move(options), std::move(store)),
        process_(std::move(process)),
        on_lost_(std::move(on_lost)) {}

 private:
  Result call(Job& job, const job_run& run) {
    if constexpr (std::is_invocable_r_v<Result, Process&, Job&, std::stop_token>) {
      return std::invoke_r<Result>(process_, job, run.stop_token());
    } else {
      return std::invoke_r<Result>(process_, job);
    }
  }

  bool run(job_node& node, job_run& run) noexcept final {
    Job& job = static_cast<typed_node<Job>&>(node).job();
    if (!this->keeps_results()) return run_alone(job, run);
    std::expected<Result, std::exception_ptr> value = std::unexpected(std::exception_ptr());
    try {
      if constexpr (std::is_void_v<Result>) {
        call(job, run);
        value = std::expected<void, std::exception_ptr>();
      } else {
        value.emplace(call(job, run));
      }
    } catch (...) {
      value = std::unexpected(std::current_exception());
      run.failed(value.error());
    }
    std::destroy_at(&job);
    const bool completed = value.has_value();
    this->deliver(run, std::move(value));
    return completed;
  }

  /// Nobody wants the outcome.
  bool run_alone(Job& job, job_run& run) noexcept {
    bool completed = true;
    try {
      static_cast<void>(call(job, run));
    } catch (const unfinished_job&) {
      completed = false;
      run.stay_in_store();
      run.failed(std::current_exception());
    } catch (...) {
      completed = false;
      run.failed(std::current_exception());
    }
    std::destroy_at(&job);
    return completed;
  }

  void lose(job_node& node, errc reason) noexcept final {
    Job& job = static_cast<typed_node<Job>&>(node).job();
    on_lost_(Lost{job_id{node.id}, reason, node.lane, std::move(job)});
    std::destroy_at(&job);
  }

  Process process_;
  OnLost on_lost_;
};

}  // namespace weir::detail
