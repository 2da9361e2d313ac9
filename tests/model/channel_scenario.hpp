// What the scenarios of channels say again and again.
//
// Values are numbers from 1; a number tells who sent it (its tens) and as which of his (its units). 0 stands
// for an operation that failed.
#pragma once

#include "atomics.hpp"
#include "scenario.hpp"
#include "value.hpp"

#include <weir/channel/core.hpp>

#include <algorithm>
#include <initializer_list>
#include <stop_token>
#include <vector>

namespace model {

template <class T>
using channel = weir::detail::channel_core<T, atomics>;

using numbers = std::vector<int>;

/// The outcome of a sending operation on `v`: it has taken the value, or left it whole.
template <class T, class R>
int sent(const T& v, int number, const R& r) {
  check(r.has_value() != v.is_full(), "a value is taken if and only if it was accepted");
  return r ? number : 0;
}

template <class T>
int send(channel<T>& c, int number, weir::time_point deadline = weir::never,
         const std::stop_token& stop = {}) {
  T v(number);
  return sent(v, number, c.send(v, deadline, stop));
}
template <class T>
int try_send(channel<T>& c, int number) {
  T v(number);
  return sent(v, number, c.try_send(v));
}

template <class T>
int received(const weir::result<T>& r) {
  return r ? r->number() : 0;
}
template <class T>
int receive(channel<T>& c, weir::time_point deadline = weir::never, const std::stop_token& stop = {}) {
  return received(c.receive(deadline, stop));
}
template <class T>
int try_receive(channel<T>& c) {
  return received(c.try_receive());
}

/// All there is, without waiting.
template <class T>
numbers drain(channel<T>& c) {
  numbers all;
  while (const int n = try_receive(c)) all.push_back(n);
  return all;
}

/// One's values come in the order in which they were sent.
inline void check_order(const numbers& got) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    for (std::size_t j = i + 1; j < got.size(); ++j)
      check(got[i] / 10 != got[j] / 10 || got[i] < got[j], "values of one sender overtake each other");
  }
}

/// What was accepted was received, once, and nothing else was; in any order.
inline void check_none_lost(std::initializer_list<numbers> accepted, std::initializer_list<numbers> got) {
  numbers in;
  numbers out;
  for (const numbers& n : accepted) in.insert(in.end(), n.begin(), n.end());
  for (const numbers& n : got) out.insert(out.end(), n.begin(), n.end());
  std::erase(in, 0);
  std::erase(out, 0);
  std::ranges::sort(in);
  std::ranges::sort(out);
  check(in == out, "a value is lost, doubled or made up");
}

/// The same; and each one's values in the order in which they were sent.
inline void check_conserved(std::initializer_list<numbers> accepted, std::initializer_list<numbers> got) {
  check_none_lost(accepted, got);
  for (numbers n : got) {
    std::erase(n, 0);
    check_order(n);
  }
}

}  // namespace model
