// A case whose kind is chosen at run time.
#pragma once

#include <weir/channel/select_case.hpp>

#include <concepts>
#include <memory>
#include <stdexcept>
#include <utility>

namespace weir {

class any_case;

namespace detail {
inline select_case<native_atomics>* case_pointer(select_case<native_atomics>& c) noexcept { return &c; }
select_case<native_atomics>* case_pointer(any_case& c);
}  // namespace detail

/// Move-only; every case converts to it, at the price of one allocation. For sets of mixed cases:
///   std::vector<weir::any_case> cases;
///   cases.push_back(weir::on_receive(a, f));
///   weir::select(std::span(cases));
class any_case {
 public:
  template <std::derived_from<detail::select_case<detail::native_atomics>> Case>
  any_case(Case c) : case_(std::make_unique<Case>(std::move(c))) {}

 private:
  friend detail::select_case<detail::native_atomics>* detail::case_pointer(any_case&);

  std::unique_ptr<detail::select_case<detail::native_atomics>> case_;
};

/// Every case as a select sees it. std::invalid_argument for an any_case that was moved from.
inline detail::select_case<detail::native_atomics>* detail::case_pointer(any_case& c) {
  if (!c.case_)
    throw std::invalid_argument("weir: an any_case that was moved from is not a case; build a new one");
  return c.case_.get();
}

}  // namespace weir
