// Not built: what the compiler has to refuse, with a sentence that says what to do (CMakeLists.txt tries it).
#include <weir/guard/circuit_breaker.hpp>

#include <expected>
#include <string>

struct not_from_errc {};

void refused(weir::circuit_breaker& breaker) {
#if REFUSED == 1
  (void)breaker.call([]() -> std::expected<int, not_from_errc> { return 1; });
#else
  (void)breaker.call([](std::string) { return 1; });
#endif
}
