// A channel against the simplest thing that could be right, one random operation after the other.
#include <weir/channel/select.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace weir {
namespace {

/// What a channel of capacity >= 1 is, for one thread.
struct model {
  std::size_t capacity;
  std::deque<int> values{};
  std::size_t permits = 0;
  bool closed = false;
  bool abandoned = false;
  std::uint64_t discarded = 0;

  bool has_place() const { return values.size() + permits < capacity; }
  std::optional<errc> refuses_send() const {
    if (closed) return errc::closed;
    if (!has_place()) return errc::full;
    return std::nullopt;
  }
  std::optional<errc> refuses_receive() const {
    if (!values.empty()) return std::nullopt;
    return closed && permits == 0 ? errc::closed : errc::empty;
  }
  int pop() {
    const int v = values.front();
    values.pop_front();
    return v;
  }
};

class pair_under_test {
 public:
  explicit pair_under_test(std::size_t capacity)
      : m{capacity}, ends_(make_channel<std::unique_ptr<int>>(capacity)) {
    rx_.emplace(std::move(ends_.rx));
  }

  void step(int what, int v) {
    switch (what) {
      case 0: return send([&](auto& x) { return tx().try_send(std::move(x)); }, v, errc::full);
      case 1:
        return send([&](auto& x) { return tx().send_for(std::move(x), duration(-1)); }, v, errc::timed_out);
      case 2: return send([&](auto& x) { return tx().send(std::move(x), stopped()); }, v, errc::cancelled);
      case 3: return send([&](auto& x) { return send_by_select(x); }, v, errc::full);
      case 4: return force_send(v);
      case 5: return send_some(v);
      case 6: return reserve();
      case 7: return use_permit(v);
      case 8: return drop_permit();
      case 9: return receive([&] { return rx_->try_receive(); }, errc::empty);
      case 10: return receive([&] { return rx_->receive_for(duration(0)); }, errc::timed_out);
      case 11: return receive([&] { return rx_->receive(stopped()); }, errc::cancelled);
      case 12: return receive([&] { return receive_by_select(); }, errc::empty);
      case 13: return receive_some(v);
      case 14: return receive_up_to(v);
      case 15: return v % 8 == 0 ? close() : extend(v);
      default: return v % 8 == 0 ? drop_receiver() : same();
    }
  }

  void same() const {
    const channel_stats s = ends_.tx.stats();
    RC_ASSERT(s.depth == m.values.size());
    RC_ASSERT(ends_.tx.size() == m.values.size());
    RC_ASSERT(s.capacity == m.capacity);
    RC_ASSERT(s.discarded == m.discarded);
    RC_ASSERT(s.waiting_senders + s.waiting_receivers == 0u);
    RC_ASSERT(ends_.tx.is_closed() == m.closed);
    RC_ASSERT(m.values.size() + m.permits <= m.capacity);
  }

 private:
  using value = std::unique_ptr<int>;

  sender<value>& tx() { return ends_.tx; }
  static std::stop_token stopped() {
    std::stop_source s;
    s.request_stop();
    return s.get_token();
  }

  template <class Send>
  void send(Send operation, int v, errc would_wait) {
    auto x = std::make_unique<int>(v);
    const result<> sent = operation(x);
    const auto refused = m.refuses_send();
    RC_ASSERT(sent.has_value() == !refused.has_value());
    RC_ASSERT((x == nullptr) == sent.has_value());
    if (refused) {
      RC_ASSERT(sent.error() == (*refused == errc::full ? would_wait : *refused));
    } else {
      m.values.push_back(v);
    }
  }

  result<> send_by_select(value& x) {
    result<> out = std::unexpected(errc::full);
    select(on_send(tx(), std::move(x), [&](result<> r) { out = r; }), otherwise([] {}));
    return out;
  }

  result<value> receive_by_select() {
    result<value> out = std::unexpected(errc::empty);
    select_first(on_receive(*rx_, [&](result<value> r) { out = std::move(r); }), otherwise([] {}));
    return out;
  }

  void force_send(int v) {
    auto x = std::make_unique<int>(v);
    const auto sent = tx().force_send(std::move(x));
    if (m.closed) {
      RC_ASSERT(sent.error() == errc::closed && x != nullptr);
    } else if (m.has_place()) {
      RC_ASSERT(sent.has_value() && !sent->has_value());
      m.values.push_back(v);
    } else if (m.values.empty()) {
      RC_ASSERT(sent.error() == errc::full && x != nullptr);
    } else {
      RC_ASSERT(sent.has_value() && ***sent == m.pop());
      m.values.push_back(v);
    }
  }

  void send_some(int v) {
    std::vector<value> some;
    for (int i = 0; i < v % 5; ++i) some.push_back(std::make_unique<int>(v + i));
    const std::size_t sent = tx().send_some(some);
    for (std::size_t i = 0; i < some.size(); ++i) {
      RC_ASSERT((some[i] == nullptr) == (i < sent));
      RC_ASSERT((i < sent) == !m.refuses_send());
      if (i < sent) m.values.push_back(v + static_cast<int>(i));
    }
  }

  void reserve() {
    auto p = tx().try_reserve();
    const auto refused = m.refuses_send();
    RC_ASSERT(p.has_value() == !refused.has_value());
    if (!p) {
      RC_ASSERT(p.error() == *refused);
      return;
    }
    ++m.permits;
    permits_.push_back(std::move(*p));
  }

  void use_permit(int v) {
    if (permits_.empty()) return;
    auto x = std::make_unique<int>(v);
    const result<> sent = permits_.front().send(std::move(x));
    RC_ASSERT(sent.has_value() == !m.abandoned);
    RC_ASSERT((x == nullptr) == sent.has_value());
    if (sent) m.values.push_back(v);
    drop_permit();
  }

  void drop_permit() {
    if (permits_.empty()) return;
    permits_.pop_front();
    --m.permits;
  }

  template <class Receive>
  void receive(Receive operation, errc would_wait) {
    if (!rx_) return;
    const result<value> got = operation();
    const auto refused = m.refuses_receive();
    RC_ASSERT(got.has_value() == !refused.has_value());
    if (refused) {
      RC_ASSERT(got.error() == (*refused == errc::empty ? would_wait : *refused));
    } else {
      RC_ASSERT(**got == m.pop());
    }
  }

  void receive_some(int v) {
    if (!rx_) return;
    std::vector<value> room(static_cast<std::size_t>(v % 4));
    const std::size_t got = rx_->receive_some(room);
    RC_ASSERT(got == std::min(room.size(), m.values.size()));
    for (std::size_t i = 0; i < got; ++i) RC_ASSERT(*room[i] == m.pop());
  }

  void receive_up_to(int v) {
    if (!rx_ || m.values.empty()) return;
    std::vector<value> out;
    const auto got = rx_->receive_up_to(std::back_inserter(out), static_cast<std::size_t>(v % 4));
    RC_ASSERT(got.value() == std::min<std::size_t>(static_cast<std::size_t>(v % 4), m.values.size()));
    RC_ASSERT(out.size() == *got);
    for (const auto& x : out) RC_ASSERT(*x == m.pop());
  }

  void close() {
    RC_ASSERT(tx().close() == !m.closed);
    m.closed = true;
  }

  void extend(int v) {
    if (v % 8 != 1) return;
    detail::extend(tx(), 1);
    ++m.capacity;
  }

  void drop_receiver() {
    if (!rx_) return;
    rx_.reset();
    m.closed = m.abandoned = true;
    m.discarded += m.values.size();
    m.values.clear();
  }

  model m;
  channel_ends<value> ends_;
  std::optional<receiver<value>> rx_;
  std::list<send_permit<value>> permits_;
};

// RapidCheck prints the seed of a failure; RC_PARAMS="seed=..." repeats it.
RC_GTEST_PROP(channel_model, agrees_with_a_deque_after_any_operations, ()) {
  const auto capacity = *rc::gen::inRange<std::size_t>(1, 6);
  const auto script = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 17), rc::gen::inRange(0, 1000)));
  pair_under_test pair(capacity);
  for (const auto& [what, v] : script) {
    pair.step(what, v);
    pair.same();
  }
}

// Random sets of cases: a select runs a ready one if there is one, and only one operation happens.
RC_GTEST_PROP(channel_model, a_select_does_one_ready_operation_and_nothing_else, ()) {
  const auto fill = *rc::gen::container<std::vector<int>>(3, rc::gen::inRange(0, 3));
  const auto closes = *rc::gen::container<std::vector<bool>>(3, rc::gen::arbitrary<bool>());
  const auto wants = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6)));
  const bool first = *rc::gen::arbitrary<bool>();

  std::list<channel<int>> chs;
  for (std::size_t c = 0; c < 3; ++c) {
    channel<int>& ch = chs.emplace_back(2);
    for (int i = 0; i < fill[c]; ++i) RC_ASSERT(ch.try_send(i).has_value());
    if (closes[c]) ch.close();
  }
  const auto nth = [&](int w) -> channel<int>& { return *std::next(chs.begin(), w % 3); };
  const auto ready = [&](int w) {
    const channel<int>& ch = nth(w);
    return ch.is_closed() || (w < 3 ? ch.size() > 0 : ch.size() < ch.capacity());
  };

  std::size_t ran = 0;
  std::size_t before = 0;
  for (const auto& ch : chs) before += ch.size();
  std::vector<any_case> cases;
  std::ptrdiff_t change = 0;
  const int seven = 7;  // named: a case refers to a temporary it is given, which would be gone by then
  for (int w : wants) {
    if (w < 3) {
      cases.push_back(on_receive(nth(w), [&](result<int> r) { ++ran, change -= r.has_value(); }));
    } else {
      cases.push_back(on_send(nth(w), seven, [&](result<> r) { ++ran, change += r.has_value(); }));
    }
  }
  cases.push_back(otherwise([&] { ++ran; }));
  std::vector<bool> was_ready;
  for (int w : wants) was_ready.push_back(ready(w));
  const auto first_ready =
      static_cast<std::size_t>(std::find(was_ready.begin(), was_ready.end(), true) - was_ready.begin());

  const std::size_t chosen = first ? select_first(std::span(cases)) : select(std::span(cases));
  RC_ASSERT(ran == 1u);
  if (first || first_ready == wants.size()) {
    RC_ASSERT(chosen == first_ready);
  } else {
    RC_ASSERT(chosen < wants.size() && was_ready[chosen]);
  }
  std::size_t now = 0;
  for (const auto& ch : chs) {
    now += ch.size();
    RC_ASSERT(ch.stats().waiting_senders + ch.stats().waiting_receivers == 0u);
  }
  RC_ASSERT(static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(before) == change);
}

}  // namespace
}  // namespace weir
