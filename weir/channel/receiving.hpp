// The receiving half of the interface: what channel<T> and receiver<T> have in common.
//
// Thread-safety: all of it, from any number of threads at once; an iterator belongs to one thread.
#pragma once

#include <weir/channel/async_operation.hpp>
#include <weir/channel/core.hpp>

#include <cassert>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <stop_token>

namespace weir {

/// Goes through what a channel delivers, waiting for each value, until it is closed and drained. Several
/// iterators over one channel share its values. A single-pass input iterator; move-only when T is.
template <class T>
class channel_iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using iterator_concept = std::input_iterator_tag;

  /// Waits for the first value.
  explicit channel_iterator(detail::channel_core<T>& core) : core_(&core) { next(); }

  T& operator*() const noexcept {
    assert(value_);
    return *value_;
  }
  T* operator->() const noexcept { return std::addressof(**this); }
  channel_iterator& operator++() {
    next();
    return *this;
  }
  void operator++(int) { next(); }
  friend bool operator==(const channel_iterator& i, std::default_sentinel_t) noexcept { return !i.value_; }

 private:
  void next() {
    value_.reset();  // before waiting: a value that is done with is not kept alive by an idle channel
    if (result<T> got = core_->receive(never, {})) value_.emplace(std::move(*got));
  }

  detail::channel_core<T>* core_;
  mutable std::optional<T> value_;
};

/// When several reasons to fail hold, it is closed, then cancelled, then timed_out; a token or a deadline
/// matters only when the call would have to wait. After close() what is queued is still received. Waiting
/// receivers are served in order of arrival. O(1) and without allocation.
template <class T, class Self>
class receiving {
 public:
  using iterator = channel_iterator<T>;

  /// Never waits. empty (at capacity 0: no sender waits) | closed (and drained)
  [[nodiscard]] result<T> try_receive() const { return core().try_receive(); }

  /// Waits for a value. closed | cancelled
  [[nodiscard]] result<T> receive(std::stop_token stop = {}) const { return core().receive(never, stop); }

  /// closed | cancelled | timed_out. A negative time counts as 0, the largest as for ever.
  [[nodiscard]] result<T> receive_for(any_duration time, std::stop_token stop = {}) const {
    result<T> tried = core().try_receive();
    if (tried || tried.error() == errc::closed) return tried;
    return core().receive(from_now(time), stop);
  }
  [[nodiscard]] result<T> receive_until(time_point deadline, std::stop_token stop = {}) const {
    return core().receive(deadline, stop);
  }

  /// As receive, for coroutines: co_await gives a result<T>, and blocks no thread while it waits.
  ///   auto op = ch.async_receive();
  ///   weir::result<T> got = co_await op;
  /// Inside a weir::task the wait also ends, as cancelled, when the task is asked to stop.
  [[nodiscard]] auto async_receive() const {
    return detail::async_receive_operation<T, detail::no_token>(core(), {});
  }
  [[nodiscard]] auto async_receive(std::stop_token stop) const {
    return detail::async_receive_operation<T>(core(), std::move(stop));
  }

  /// Never waits: fills `out` from the front with what is there, senders who wait included, and says how
  /// many.
  std::size_t receive_some(std::span<T> out) const { return core().receive_some(out); }

  /// Waits for the first value, then takes what is there, at most `max` in all, which is written to `out`. 0
  /// of 0 without waiting. closed | cancelled. A value whose writing throws is lost, the ones behind it are
  /// not.
  template <std::output_iterator<T> Out>
  [[nodiscard]] result<std::size_t> receive_up_to(Out out, std::size_t max, std::stop_token stop = {}) const {
    if (max == 0) return 0;
    result<T> got = core().receive(never, stop);
    if (!got) return std::unexpected(got.error());
    for (std::size_t n = 1;; ++n) {
      *out++ = std::move(*got);
      if (n == max) return n;
      // One at a time: a value is taken only when there is a place to write it to.
      if (result<T> another = core().try_receive()) {
        std::destroy_at(std::addressof(got));
        std::construct_at(std::addressof(got), std::move(another));
      } else {
        return n;
      }
    }
  }

  /// for (auto& x : ch): until closed and drained. begin() waits for the first value.
  [[nodiscard]] iterator begin() const { return iterator(core()); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  detail::channel_core<T>& core() const noexcept { return static_cast<const Self&>(*this).core(); }
};

}  // namespace weir
