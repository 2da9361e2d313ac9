// What channels and those who wait at them cost in bytes, measured, and held against what the reference says
// (docs/reference/channel.md, "Memory": its table is read here, so that neither can change alone).
//
// Every allocation of this program is counted: operator new is replaced, and the linker leads what calls
// malloc and calloc here.
#include <weir/channel/channel.hpp>
#include <weir/channel/select.hpp>
#include <weir/channel/testing.hpp>
#include <weir/exec/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <new>
#include <regex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes_allocated{0};

void count(std::size_t bytes) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  bytes_allocated.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace

// Names by which `ld --wrap` finds them. What operator new gets is counted there, once.
extern "C" {
void* __real_malloc(std::size_t);
void* __real_calloc(std::size_t, std::size_t);
void* __wrap_malloc(std::size_t bytes) {
  count(bytes);
  return __real_malloc(bytes);
}
void* __wrap_calloc(std::size_t n, std::size_t bytes) {
  count(n * bytes);
  return __real_calloc(n, bytes);
}
}

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  count(bytes);
  if (void* const p = __real_malloc(bytes)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t align) {
  count(bytes);
  const auto a = static_cast<std::size_t>(align);
  if (void* const p = std::aligned_alloc(a, (bytes + a - 1) / a * a)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace weir {
namespace {

/// Runs code of its own when a moved-from one ends.
struct loud {
  std::uint64_t value = 0;
  loud(std::uint64_t v) noexcept : value(v) {}
  loud(loud&& other) noexcept : value(other.value) {}
  loud& operator=(loud&& other) noexcept {
    value = other.value;
    return *this;
  }
  ~loud() { value = 0; }
};

using line = std::array<std::uint64_t, 8>;

template <class F>
std::size_t bytes_of(F act) {
  const std::size_t before = bytes_allocated;
  act();
  return bytes_allocated - before;
}

template <class T>
std::size_t bytes_of_channel(std::size_t capacity) {
  return bytes_of([&] { const channel<T> ch(capacity); });
}

template <class T>
std::size_t bytes_a_slot() {
  return (bytes_of_channel<T>(2000) - bytes_of_channel<T>(1000)) / 1000;
}

task<> wait_at(channel<std::uint64_t>& ch) {
  auto operation = ch.async_receive();
  static_cast<void>(co_await operation);
}

/// With everything that is allocated for it, until it waits.
std::size_t bytes_a_coroutine(std::size_t how_many) {
  channel<std::uint64_t> ch(1);
  scheduler s(1);
  const std::size_t all = bytes_of([&] {
    for (std::size_t i = 0; i < how_many; ++i) spawn(s, wait_at(ch));
    testing::until([&] { return ch.stats().waiting_receivers == how_many; });
  });
  ch.close();
  s.drain();
  return all / how_many;
}

using native_waiter = detail::waiter<detail::native_atomics>;
using native_party = detail::wait_party<detail::native_atomics>;

std::map<std::string, std::size_t> measured() {
  const channel<int> first(1);  // with the first one it is read how many processors there are
  return {
      {"`channel<T>` itself", sizeof(channel<std::uint64_t>)},
      {"a place for 8 bytes", bytes_a_slot<std::uint64_t>()},
      {"a place for 64 bytes", bytes_a_slot<line>()},
      {"a place for 8 bytes that are not quiet", bytes_a_slot<loud>()},
      {"a channel of capacity 0, beside itself", bytes_of_channel<std::uint64_t>(0)},
      {"a thread that waits, on its stack", sizeof(native_waiter) + sizeof(native_party)},
      {"a coroutine that waits to receive 8 bytes", bytes_a_coroutine(100'000)},
  };
}

/// The rows of a table "| what | [at most] n bytes |".
std::map<std::string, std::size_t> stated() {
  std::ifstream page(WEIR_SOURCE_DIR "/docs/reference/channel.md");
  const std::regex row(R"(^\| (.+) \| (?:at most )?(\d+) bytes? \|$)");
  std::map<std::string, std::size_t> rows;
  for (std::string text; std::getline(page, text);) {
    if (std::smatch m; std::regex_match(text, m, row)) rows[m[1]] = std::stoul(m[2]);
  }
  return rows;
}

TEST(memory, is_what_the_reference_says) {
  const auto said = stated();
  const auto is = measured();
  EXPECT_EQ(said.size(), is.size()) << "each row is measured, and each measure has a row";
  for (const auto& [what, bytes] : is) {
    std::cout << what << ": " << bytes << " bytes\n";
    const auto found = said.find(what);
    EXPECT_TRUE(found != said.end()) << "no row for " << what;
    if (found == said.end()) continue;
    EXPECT_LE(bytes, found->second) << what;
    EXPECT_GE(bytes, found->second / 2) << what << " has become cheaper: say so";
  }
}

TEST(memory, of_a_million_waiting_coroutines_fits_in_a_gibibyte) {
  EXPECT_LE(bytes_a_coroutine(100'000) * 1'000'000, std::size_t{1} << 30);
}

/// Every way to send and to receive that a pair of threads can do without an end in sight.
template <class T>
void pass_some(channel<T>& ch, bool sends, std::size_t turns) {
  for (std::size_t i = 0; i < turns; ++i) {
    if (sends) {
      ASSERT_TRUE(ch.send(T(i)));
      while (!ch.try_send(T(i))) std::this_thread::yield();
      static_cast<void>(ch.send_for(T(i), std::chrono::microseconds(1)));
      std::array<T, 2> two{T(i), T(i)};
      static_cast<void>(ch.send_some(two));
      bool sent = false;
      const auto note = [&](result<> r) { sent = r.has_value(); };
      T v(i);
      select(on_send(ch, std::move(v), note));
      ASSERT_TRUE(sent);
    } else {
      static_cast<void>(ch.receive_for(std::chrono::microseconds(20)));
      static_cast<void>(ch.try_receive());
      std::array<T, 2> two{T(0), T(0)};
      static_cast<void>(ch.receive_some(two));
      select(on_receive(ch, [](result<T>) {}), on_timeout(std::chrono::microseconds(20), [] {}));
    }
  }
}

template <class T>
void expect_no_allocation(std::size_t capacity) {
  channel<T> ch(capacity);
  std::size_t before = 0;
  std::size_t after = 0;
  std::barrier at_rest(4);
  std::atomic<int> sending{2};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      at_rest.arrive_and_wait();
      if (t == 0) before = allocations;
      at_rest.arrive_and_wait();
      if (t % 2 == 0) {
        pass_some(ch, true, 500);
        --sending;
      } else {
        while (sending != 0) pass_some(ch, false, 10);
      }
      at_rest.arrive_and_wait();
      if (t == 0) after = allocations;
      at_rest.arrive_and_wait();
    });
  }
  threads.clear();
  EXPECT_EQ(after - before, 0u) << "capacity " << capacity;
}

TEST(memory, is_not_allocated_once_a_channel_stands) {
  for (const std::size_t capacity : {0u, 1u, 3u, 64u}) {
    expect_no_allocation<std::uint64_t>(capacity);
    expect_no_allocation<loud>(capacity);
  }
}

}  // namespace
}  // namespace weir
