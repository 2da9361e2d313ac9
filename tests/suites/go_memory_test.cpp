// What Go's test/chan/select2.go asserts, with a bound that Go cannot give: its 100,000 selects may grow the
// heap by 110 kB, ours take nothing from it at all. The count is of calls to operator new in the thread that
// asks; it is here and not in a library because replacing operator new is the whole program's affair. A
// sanitizer has replaced it already: there the selects only run.
#include <cstdlib>
#include <new>

#include "suite.hpp"

namespace {

thread_local std::size_t allocations = 0;

}  // namespace

#if !WEIR_SUITES_INSTRUMENTED

namespace {

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = alignment == 0
                     ? std::malloc(bytes == 0 ? 1 : bytes)
                     : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif

namespace weir::suites {
namespace {

// Asserts what Go's test/chan/select2.go asserts.
TEST(go_select2, a_hundred_thousand_selects_allocate_nothing) {
  const int count = rounds(100'000);
  channel<int> ch(0), quiet(0);
  const auto receive_all = [&] {
    for (int i = 0; i < count; ++i) select(on_receive(ch, ignore), on_receive(quiet, fail_if_run));
  };
  const auto send_all = [&] {
    const std::size_t before = allocations;
    for (int i = 0; i < count; ++i) (void)ch.send(1);
    EXPECT_EQ(allocations, before) << "by " << count << " sends";
  };
  std::jthread warm_up([&] {
    for (int i = 0; i < 100; ++i) (void)ch.send(1);
  });
  for (int i = 0; i < 100; ++i) select(on_receive(ch, ignore), on_receive(quiet, fail_if_run));
  warm_up.join();

  std::jthread sending(send_all);
  const std::size_t before = allocations;
  receive_all();
  EXPECT_EQ(allocations, before) << "by " << count << " selects";
}

}  // namespace
}  // namespace weir::suites
