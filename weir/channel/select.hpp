// Waiting on several operations at once; exactly one happens.
//
//   weir::select(weir::on_receive(jobs, [&](weir::result<job> j) { ... }),
//                weir::on_send(acks, std::move(ack), [&](weir::result<> sent) { ... }),
//                weir::on_timeout(1s, [&] { ... }));
//
// A ready channel case is chosen at random, also among cases that waited; select_first takes the first in the
// order written. on_stop and on_timeout count only when no channel case is ready, stop before timeout before
// otherwise; in select_first on_stop stands where it is written. A select never pairs with itself: with a
// send and a receive on one channel of capacity 0 it waits for somebody else. Before the handler is called
// the operation has happened and everything else is undone, so a handler may throw, block, or select again.
//
// Cost: O(n log n) for n cases, the locks of their channels held together once, twice when it waits.
// Allocates nothing, but for sets of more than 16. Thread-safety: any number of selects on any channels.
#pragma once

#include <weir/channel/any_case.hpp>
#include <weir/channel/async_select.hpp>
#include <weir/channel/case_list.hpp>
#include <weir/channel/cases.hpp>
#include <weir/channel/select_run.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace weir {

namespace detail {

template <class R>
concept case_range = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                     case_argument<std::ranges::range_reference_t<R>>;

template <std::size_t N>
std::size_t run_select(std::array<native_case*, N> cases, preference which) {
  std::array<std::uint32_t, N> order;
  std::array<channel_gate<native_atomics>*, N> locks;
  return select_run<native_atomics>({cases, order, locks}, which).run();
}

template <class Set>
std::size_t run_select_of(Set& cases_of_caller, preference which) {
  using C = std::remove_reference_t<std::ranges::range_reference_t<Set>>;
  const std::span<C> set(cases_of_caller);
  if (set.empty())
    throw std::invalid_argument("weir: select of an empty set of cases would wait for ever; add a case");
  constexpr std::size_t on_stack = 16;
  if (set.size() <= on_stack) {
    std::array<native_case*, on_stack> cases;
    std::array<std::uint32_t, on_stack> order;
    std::array<channel_gate<native_atomics>*, on_stack> locks;
    std::ranges::transform(set, cases.begin(), [](C& c) { return case_pointer(c); });
    return select_run<native_atomics>({std::span(cases).first(set.size()), order, locks}, which).run();
  }
  std::vector<native_case*> cases(set.size());
  std::vector<std::uint32_t> order(set.size());
  std::vector<channel_gate<native_atomics>*> locks(set.size());
  std::ranges::transform(set, cases.begin(), [](C& c) { return case_pointer(c); });
  return select_run<native_atomics>({cases, order, locks}, which).run();
}

}  // namespace detail

/// Waits until one case has happened, runs its handler and returns its index. What the handler throws leaves
/// select.
template <class... Cases>
  requires detail::case_list<Cases...>
std::size_t select(Cases&&... cases) {
  return detail::run_select<sizeof...(Cases)>({detail::case_pointer(cases)...}, detail::preference::none);
}

/// The same for a set chosen at run time: a span (or vector, array) of one case type, or of any_case.
/// std::invalid_argument when it is empty or has more than one otherwise.
template <detail::case_range Set>
std::size_t select(Set&& set) {
  return detail::run_select_of(set, detail::preference::none);
}

/// As select, but of several ready cases the first one written runs.
template <class... Cases>
  requires detail::case_list<Cases...>
std::size_t select_first(Cases&&... cases) {
  return detail::run_select<sizeof...(Cases)>({detail::case_pointer(cases)...},
                                              detail::preference::as_written);
}
template <detail::case_range Set>
std::size_t select_first(Set&& set) {
  return detail::run_select_of(set, detail::preference::as_written);
}

}  // namespace weir
