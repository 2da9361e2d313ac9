#include <weir/base/resumption.hpp>

namespace weir::detail {
namespace {

/// The coroutines that this thread still has to resume, and whether it is at it.
struct trampoline {
  suspended* first = nullptr;
  suspended* last = nullptr;
  bool busy = false;
};
constinit thread_local trampoline mine;

}  // namespace

void resume_here(suspended& s) noexcept {
  trampoline& t = mine;
  if (t.busy) {
    s.place = nullptr;
    if (t.last == nullptr) {
      t.first = &s;
    } else {
      t.last->place = &s;
    }
    t.last = &s;
    return;
  }
  t.busy = true;
  s.coroutine.resume();
  while (suspended* const next = t.first) {
    t.first = static_cast<suspended*>(next->place);
    if (t.first == nullptr) t.last = nullptr;
    next->coroutine.resume();
  }
  t.busy = false;
}

}  // namespace weir::detail
