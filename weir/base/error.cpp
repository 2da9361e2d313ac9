#include <weir/base/error.hpp>

namespace weir {

namespace {

class weir_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "weir"; }
  std::string message(int value) const override {
    return std::string(weir::message(static_cast<errc>(value)));
  }
};

}  // namespace

const std::error_category& category() noexcept {
  // Never destroyed: error codes are compared by its address, also while statics are being torn down.
  union kept {
    weir_category it;
    kept() : it{} {}
    ~kept() {}
  };
  static const kept category;
  return category.it;
}

std::string_view message(errc e) noexcept {
  switch (e) {
    case errc::full: return "queue full";
    case errc::empty: return "queue empty";
    case errc::closed: return "channel closed";
    case errc::timed_out: return "timed out";
    case errc::cancelled: return "cancelled";
    case errc::dropped: return "dropped by policy";
    case errc::expired: return "deadline passed";
    case errc::rate_limited: return "rate limited";
    case errc::circuit_open: return "circuit open";
    case errc::overloaded: return "overloaded";
    case errc::storage: return "storage failed";
  }
  return "unknown error";
}

std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

}  // namespace weir
