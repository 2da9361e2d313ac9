#include <weir/guard/failure.hpp>

namespace weir {

failure failure::of_current_exception() {
  failure f;
  f.exception = std::current_exception();
  try {
    throw;
  } catch (const std::system_error& e) {
    f.code = e.code();
  } catch (...) {
    // has no code
  }
  try {
    throw;
  } catch (const retry_hint& hint) {
    f.retry_after = hint.retry_after;
  } catch (...) {
    // has no wish
  }
  return f;
}

}  // namespace weir
