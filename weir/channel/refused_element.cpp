// Must not compile, and must say why: the test looks for the message.
#include <weir/channel/channel.hpp>

struct element {
  element() = default;
#if REFUSED == 1
  element(element&&) noexcept {}
  ~element() noexcept(false) {}
#else
  element(element&&) {}
#endif
};

int main() {
  weir::channel<element> ch(1);
  return static_cast<int>(ch.size());
}
