// What went wrong in a call, whatever the call's type, and what a user says of it.
//
// A call fails by an unexpected value or by an exception. Guards look at failures without knowing the type of
// either: circuit_breaker asks what counts against the service, retry what is worth another attempt.
// Thread-safety: values; a classifier is called by several threads at once.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace weir {

/// Base, or member of the same name, of an error or exception that says when to come back: HTTP's
/// Retry-After.
struct retry_hint {
  duration retry_after{};
};

/// Lives as long as the call's outcome that it tells of.
class failure {
 public:
  /// Of the error, where it has one: errc, std::error_code, weir::error, another error_code enum, or a thrown
  /// std::system_error. Empty otherwise.
  std::error_code code;
  /// What was thrown; null for an unexpected value.
  std::exception_ptr exception;
  /// How long the other side asked to be left alone.
  std::optional<duration> retry_after;

  /// The unexpected value, if it is an E.
  template <class E>
  const E* as() const noexcept {
    return type_ != nullptr && *type_ == typeid(E) ? static_cast<const E*>(error_) : nullptr;
  }

  template <class E>
  static failure of(const E& error) {
    failure f;
    f.error_ = std::addressof(error);
    f.type_ = &typeid(E);
    if constexpr (std::convertible_to<const E&, std::error_code>) {
      f.code = error;
    } else if constexpr (std::is_same_v<E, std::errc>) {
      f.code = std::make_error_code(error);
    } else if constexpr (requires {
                           { error.code } -> std::convertible_to<std::error_code>;
                         }) {
      f.code = error.code;
    } else if constexpr (requires {
                           { error.code() } -> std::convertible_to<std::error_code>;
                         }) {
      f.code = error.code();
    }
    if constexpr (requires {
                    { error.retry_after } -> std::convertible_to<std::optional<duration>>;
                  }) {
      f.retry_after = error.retry_after;
    }
    return f;
  }
  /// Of the exception that is being handled.
  static failure of_current_exception();

 private:
  const void* error_ = nullptr;
  const std::type_info* type_ = nullptr;
};

/// What a user decides of failures: made from anything that can be called with a failure, a std::error_code,
/// an errc (then other failures take the default) or a std::exception_ptr (null for unexpected values), and
/// gives a bool. Empty: the guard's default.
class classifier {
 public:
  classifier() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, classifier>)
  classifier(F f) {
    if constexpr (std::is_invocable_r_v<bool, F&, const failure&>) {
      decide_ = [f = std::move(f)](const failure& what, bool) mutable { return static_cast<bool>(f(what)); };
    } else if constexpr (std::is_invocable_r_v<bool, F&, const std::error_code&>) {
      // Before errc, which every function of a std::error_code takes as well.
      decide_ = [f = std::move(f)](const failure& what, bool) mutable {
        return static_cast<bool>(f(what.code));
      };
    } else if constexpr (std::is_invocable_r_v<bool, F&, errc>) {
      decide_ = [f = std::move(f)](const failure& what, bool otherwise) mutable {
        return what.code.category() == category() ? static_cast<bool>(f(static_cast<errc>(what.code.value())))
                                                  : otherwise;
      };
    } else {
      static_assert(std::is_invocable_r_v<bool, F&, const std::exception_ptr&>,
                    "weir: a classifier is callable as bool(const weir::failure&), bool(std::error_code), "
                    "bool(weir::errc) or bool(std::exception_ptr)");
      decide_ = [f = std::move(f)](const failure& what, bool) mutable {
        return static_cast<bool>(f(what.exception));
      };
    }
  }

  bool operator()(const failure& what, bool otherwise) const {
    return decide_ ? decide_(what, otherwise) : otherwise;
  }
  explicit operator bool() const noexcept { return static_cast<bool>(decide_); }

 private:
  std::function<bool(const failure&, bool otherwise)> decide_;
};

}  // namespace weir
