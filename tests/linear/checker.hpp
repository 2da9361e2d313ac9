// Is there an order of a history's steps, each at a moment of its call, in which a channel used by one thread
// at a time does the same?
//
// The search is J. M. Wing and C. Gong's ("Testing and Verifying Concurrent Objects", Journal of Parallel and
// Distributed Computing 17, 1993): of the steps whose call began before every other open call returned, try
// one after the other, and go back where the model cannot follow. As G. Lowe proposes ("Testing for
// linearizability", Concurrency and Computation: Practice and Experience 29(4), 2017) configurations are
// remembered, so that none is tried twice; a lane is done in order, so a count a lane says which steps are
// done. Cutting a history into parts is an idea of A. Horn and D. Kroening ("Faster linearizability checking
// via P-compositionality", FORTE 2015); ours are windows in time, whose contents before and after are known.
// And since values are unique and a queue is FIFO, one order of values holds at both ends (value_order.hpp):
// what is known of the receives need not be guessed of the sends. A step that only looks (empty, full,
// closed) is never put off.
//
// The answer is exact: a window is refused only when no order exists. Cost: near linear in the steps of a
// correct history whose calls overlap by chance; exponential at worst, so the search gives up at a bound.
#pragma once

#include "history.hpp"

namespace weir::linear {

enum class answer : std::uint8_t { linearisable, not_linearisable, gave_up };

struct verdict {
  linear::answer answer = answer::linearisable;
  std::size_t configurations = 0;  ///< visited
  std::string explanation;         ///< empty when linearisable: the window, and how far an order went
};

inline constexpr std::size_t most_configurations = 1'000'000;

verdict check(const window&, std::size_t most = most_configurations);

/// What needs no stamps, for a round of windows from an empty channel to `left` behind: every value received
/// was sent, and once; what was accepted and neither received nor evicted is left; what one lane received
/// from one other is in the order sent. Empty: all is well.
std::string check_values(const std::vector<window>& round, const contents& left);

}  // namespace weir::linear
