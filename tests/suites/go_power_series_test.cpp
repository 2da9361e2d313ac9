// What Go's test/chan/powser1.go and powser2.go assert: power series computed by a network of threads that
// hand each other rational coefficients over rendezvous channels, one on demand, give the right coefficients.
// After M. D. McIlroy, "Squinting at Power Series", 1990. A product of n coefficients is some ten threads a
// coefficient, so that a few hundred tiny threads meet here, in plain operations and in selects whose cases
// change each time.
#include "suite.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <ostream>

namespace weir::suites {
namespace {

struct rational {
  std::int64_t over = 0, under = 1;  // in lowest terms, under > 0

  friend bool operator==(rational, rational) = default;
  friend std::ostream& operator<<(std::ostream& out, rational r) { return out << r.over << '/' << r.under; }
};

rational reduced(std::int64_t over, std::int64_t under) {
  const std::int64_t by = std::gcd(over, under);
  return {over / by, under / by};
}
rational operator+(rational a, rational b) {
  return reduced(a.over * b.under + b.over * a.under, a.under * b.under);
}
rational operator*(rational a, rational b) { return reduced(a.over * b.over, a.under * b.under); }

// A series as its reader sees it: ask, and the next coefficient is told.
struct series {
  channel<unit> ask{0};
  channel<rational> tell{0};
};

// Thrown inside a process when the network is taken down, to end it.
struct taken_down {};

rational next_of(series& in) {
  if (!in.ask.send(unit{})) throw taken_down();
  auto value = in.tell.receive();
  if (!value) throw taken_down();
  return *value;
}

void tell(series& out, rational value) {
  if (!out.ask.receive() || !out.tell.send(value)) throw taken_down();
}

// The threads and channels of one computation. Processes may start others; the end closes every channel.
class network {
 public:
  ~network() {
    {
      const std::lock_guard lock(mutex_);
      down_ = true;
      for (auto& s : all_) close(s);
    }
    for (std::size_t i = 0; i < processes_.size(); ++i) processes_[i].join();
  }

  series& make() {
    const std::lock_guard lock(mutex_);
    series& made = all_.emplace_back();
    if (down_) close(made);
    return made;
  }

  // A new series, told by `process(out)` in a thread of its own until the network is taken down.
  series& run(std::function<void(series& out)> process) {
    series& out = make();
    run_on(out, std::move(process));
    return out;
  }

  void run_on(series& s, std::function<void(series&)> process) {
    const std::lock_guard lock(mutex_);
    if (down_) return;
    processes_.emplace_back([&s, process = std::move(process)] {
      try {
        process(s);
      } catch (const taken_down&) {
      }
    });
  }

 private:
  static void close(series& s) {
    s.ask.close();
    s.tell.close();
  }

  std::mutex mutex_;
  bool down_ = false;
  std::deque<series> all_;
  std::deque<std::thread> processes_;
};

// The next coefficient of both, asked for and told in whatever order the two are ready: a select whose cases
// fall away one by one. Go's getn.
std::array<rational, 2> next_of_both(series& a, series& b) {
  const std::array<series*, 2> in{&a, &b};
  enum class step { asking, listening, done };
  std::array<step, 2> at{};
  std::array<rational, 2> value;
  bool closed = false;
  while (at[0] != step::done || at[1] != step::done) {
    const unit request;
    std::vector<any_case> cases;
    for (std::size_t i = 0; i < 2; ++i) {
      if (at[i] == step::asking) {
        cases.emplace_back(on_send(in[i]->ask, request, [&, i](result<> sent) {
          closed |= !sent;
          at[i] = step::listening;
        }));
      } else if (at[i] == step::listening) {
        cases.emplace_back(on_receive(in[i]->tell, [&, i](result<rational> got) {
          closed |= !got;
          if (got) value[i] = *got;
          at[i] = step::done;
        }));
      }
    }
    select(std::span(cases));
    if (closed) throw taken_down();
  }
  return value;
}

// One reader of a series that has two: what was read for the other waits in `held`.
struct branch {
  series* out;
  bool asked = false;
  std::deque<rational> held;
};

// Serves both branches from `in` at whatever pace each reads. It never waits for one thing only: the answer
// to its own question may depend on its answering a question first, when the series is defined by itself.
void serve_both(series& in, std::array<branch, 2>& branches) {
  bool question_out = false, closed = false;
  while (!closed) {
    const unit request;
    std::vector<any_case> cases;
    bool wanted = false;
    for (branch& b : branches) {
      if (!b.asked) {
        cases.emplace_back(on_receive(b.out->ask, [&](result<unit> got) {
          closed |= !got;
          b.asked = true;
        }));
      } else if (!b.held.empty()) {
        cases.emplace_back(on_send(b.out->tell, std::as_const(b.held.front()), [&](result<> sent) {
          closed |= !sent;
          b.asked = false;
          b.held.pop_front();
        }));
      } else {
        wanted = true;
      }
    }
    if (question_out) {
      cases.emplace_back(on_receive(in.tell, [&](result<rational> got) {
        closed |= !got;
        question_out = false;
        for (branch& b : branches) b.held.push_back(got.value_or(rational{}));
      }));
    } else if (wanted) {
      cases.emplace_back(on_send(in.ask, request, [&](result<> sent) {
        closed |= !sent;
        question_out = true;
      }));
    }
    select(std::span(cases));
  }
}

std::array<series*, 2> split(network& net, series& in) {
  std::array<series*, 2> out{&net.make(), &net.make()};
  net.run_on(in, [out](series& source) {
    std::array<branch, 2> branches{branch{out[0], false, {}}, branch{out[1], false, {}}};
    serve_both(source, branches);
  });
  return out;
}

void copy_all(series& in, series& out) {
  for (;;) tell(out, next_of(in));
}

series& repeat(network& net, rational value) {
  return net.run([value](series& out) {
    for (;;) tell(out, value);
  });
}

series& add(network& net, series& f, series& g) {
  return net.run([&f, &g](series& out) {
    for (;;) {
      const auto both = next_of_both(f, g);
      tell(out, both[0] + both[1]);
    }
  });
}

series& scale(network& net, rational by, series& f) {
  return net.run([by, &f](series& out) {
    for (;;) tell(out, by * next_of(f));
  });
}

// x f
series& shift(network& net, series& f) {
  return net.run([&f](series& out) {
    tell(out, rational{});
    copy_all(f, out);
  });
}

series& derivative(network& net, series& f) {
  return net.run([&f](series& out) {
    (void)next_of(f);
    for (std::int64_t n = 1;; ++n) tell(out, rational{n, 1} * next_of(f));
  });
}

void integrate_into(series& out, rational constant, series& f) {
  tell(out, constant);
  for (std::int64_t n = 1;; ++n) tell(out, rational{1, n} * next_of(f));
}

series& integral(network& net, rational constant, series& f) {
  return net.run([constant, &f](series& out) { integrate_into(out, constant, f); });
}

// (f0 + x F) (g0 + x G) = f0 g0 + x (f0 G + g0 F) + x x F G: after the first coefficient, a network of its
// own.
series& product(network& net, series& f, series& g) {
  return net.run([&net, &f, &g](series& out) {
    const auto first = next_of_both(f, g);
    tell(out, first[0] * first[1]);
    auto rest_of_f = split(net, f), rest_of_g = split(net, g);
    series& crosswise = add(net, scale(net, first[0], *rest_of_g[0]), scale(net, first[1], *rest_of_f[0]));
    copy_all(add(net, crosswise, shift(net, product(net, *rest_of_f[1], *rest_of_g[1]))), out);
  });
}

// f(c x x): Go's MonSubst with n = 2.
series& in_squares(network& net, series& f, rational c) {
  return net.run([&f, c](series& out) {
    for (rational power{1, 1};; power = power * c) {
      tell(out, power * next_of(f));
      tell(out, rational{});
    }
  });
}

// A series y with y' = of(y) and y(0) = y0, defined by itself: of its two branches one is the answer, the
// other feeds the definition.
series& solution(network& net, rational y0, const std::function<series&(series& y)>& of) {
  series& y = net.make();
  auto branches = split(net, y);
  series& slope = of(*branches[1]);
  net.run_on(y, [y0, &slope](series& out) { integrate_into(out, y0, slope); });
  return *branches[0];
}

void expect_coefficients(series& f, const std::vector<rational>& expected) {
  for (std::size_t n = 0; n < expected.size(); ++n) EXPECT_EQ(next_of(f), expected[n]) << "at x^" << n;
}

// Asserts what powser1.go asserts of its simple operations.
TEST(go_power_series, sums_multiples_derivatives_and_integrals_have_the_right_coefficients) {
  network net;
  const auto ones = [&]() -> series& { return repeat(net, {1, 1}); };
  expect_coefficients(add(net, ones(), repeat(net, {2, 1})), std::vector(10, rational{3, 1}));
  expect_coefficients(scale(net, {-1, 1}, repeat(net, {2, 1})), std::vector(10, rational{-2, 1}));
  expect_coefficients(derivative(net, ones()), {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}});
  expect_coefficients(integral(net, {}, ones()), {{}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}});
}

TEST(go_power_series, the_arc_tangent_is_an_integral_of_a_substitution) {
  network net;
  expect_coefficients(integral(net, {}, in_squares(net, repeat(net, {1, 1}), {-1, 1})),
                      {{}, {1, 1}, {}, {-1, 3}, {}, {1, 5}, {}, {-1, 7}, {}, {1, 9}});
}

TEST(go_power_series, the_square_of_the_geometric_series_counts_up) {
  network net;
  expect_coefficients(product(net, repeat(net, {1, 1}), repeat(net, {1, 1})),
                      {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}});
}

// Asserts what powser1.go and powser2.go assert of Exp: e to the power of x + x^2 + x^3 + ..., the solution
// of y' = y u', by a network that feeds itself.
TEST(go_power_series, the_exponential_of_the_geometric_series_is_right) {
  network net;
  series& y = solution(net, {1, 1}, [&](series& self) -> series& {
    return product(net, self, derivative(net, repeat(net, {1, 1})));
  });
  expect_coefficients(y, {{1, 1}, {1, 1}, {3, 2}, {13, 6}, {73, 24}, {167, 40}, {4051, 720}, {37633, 5040}});
}

// The tangent, which Go's programs describe and leave out: the solution of y' = 1 + y y.
TEST(go_power_series, the_tangent_is_right) {
  network net;
  series& y = solution(net, {}, [&](series& self) -> series& {
    auto both = split(net, self);
    series& one = net.run([](series& out) {
      tell(out, {1, 1});
      for (;;) tell(out, {});
    });
    return add(net, one, product(net, *both[0], *both[1]));
  });
  expect_coefficients(y, {{}, {1, 1}, {}, {1, 3}, {}, {2, 15}, {}, {17, 315}});
}

}  // namespace
}  // namespace weir::suites
