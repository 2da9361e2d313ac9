// What a select accepts: at least one case, any_case among them, and at most one otherwise.
#pragma once

#include <weir/channel/any_case.hpp>
#include <weir/channel/cases.hpp>

#include <concepts>
#include <type_traits>

namespace weir::detail {

using native_case = select_case<native_atomics>;

template <class C>
concept case_argument = !std::is_const_v<std::remove_reference_t<C>> &&
                        (std::derived_from<std::remove_reference_t<C>, native_case> ||
                         std::same_as<std::remove_reference_t<C>, any_case>);

template <class C>
inline constexpr bool is_otherwise = false;
template <class F>
inline constexpr bool is_otherwise<otherwise_case<F>> = true;

template <class... Cases>
concept case_list = sizeof...(Cases) >= 1 && (case_argument<Cases> && ...) &&
                    (0 + ... + (is_otherwise<std::remove_cvref_t<Cases>> ? 1 : 0)) <= 1;

}  // namespace weir::detail
