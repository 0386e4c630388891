// A value or an error, as a value.
#pragma once

#include <concepts>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <type_traits>
#include <utility>

namespace mwaa_serverless {

namespace detail {

/// The failure of a result, or none. A copy of it is a copy of the error.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API failure_box {
 public:
  failure_box() noexcept = default;
  explicit failure_box(error what);
  failure_box(const failure_box& other);
  failure_box(failure_box&& other) noexcept = default;
  failure_box& operator=(const failure_box& other);
  failure_box& operator=(failure_box&& other) noexcept = default;
  ~failure_box();

  /// An error without a code when there is none.
  [[nodiscard]] const error& get() const noexcept;
  [[nodiscard]] error take();
  /// As mwaa_serverless::exception.
  [[noreturn]] void raise() const;

 private:
  std::unique_ptr<error> what_;
};

}  // namespace detail

/// A value, or the error that stands in its place, with what `boost::system::result` and `std::expected` have in
/// common. The error is held by pointer: a coroutine's frame would otherwise carry 400 bytes for each result in it.
///
/// Errors: value() throws mwaa_serverless::exception.
///
/// Lifetime: one that was moved from holds what the move left of its value, or an empty error.
///
/// Threads: a value; distinct objects may be used from any threads at once.
template <class T>
class [[nodiscard]] result {
 public:
  static_assert(!std::convertible_to<mwaa_serverless::error, T>, "an error is no value");
  using value_type = T;
  using error_type = mwaa_serverless::error;

  result()
    requires std::default_initializable<T>
      : value_(std::in_place) {}
  template <class U = T>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, result> &&
             !std::same_as<std::remove_cvref_t<U>, mwaa_serverless::error>)
  result(U&& value) : value_(std::in_place, std::forward<U>(value)) {}
  result(mwaa_serverless::error what) : failure_(std::move(what)) {}

  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
  [[nodiscard]] bool has_error() const noexcept { return !value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return check(), *value_; }
  [[nodiscard]] const T& value() const& { return check(), *value_; }
  [[nodiscard]] T value() && { return check(), *std::move(value_); }
  const T& value() const&& = delete;

  /// There must be a value.
  [[nodiscard]] T& operator*() & noexcept { return *value_; }
  [[nodiscard]] const T& operator*() const& noexcept { return *value_; }
  [[nodiscard]] T operator*() && { return *std::move(value_); }
  const T& operator*() const&& = delete;
  [[nodiscard]] T* operator->() noexcept { return std::addressof(*value_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::addressof(*value_); }

  /// Empty, with a clear code, when there is a value.
  [[nodiscard]] const mwaa_serverless::error& error() const& noexcept { return failure_.get(); }
  [[nodiscard]] mwaa_serverless::error error() && { return failure_.take(); }

 private:
  void check() const {
    if (!value_) failure_.raise();
  }

  std::optional<T> value_;
  detail::failure_box failure_;
};

/// Success without a value, or an error.
///
/// Errors: value() throws mwaa_serverless::exception.
///
/// Lifetime: a failure that was moved from remains one, with an empty error.
///
/// Threads: a value; distinct objects may be used from any threads at once.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = mwaa_serverless::error;

  result() noexcept = default;
  result(mwaa_serverless::error what) : failed_(true), failure_(std::move(what)) {}

  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  [[nodiscard]] bool has_error() const noexcept { return failed_; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (failed_) failure_.raise();
  }
  [[nodiscard]] const mwaa_serverless::error& error() const& noexcept { return failure_.get(); }
  [[nodiscard]] mwaa_serverless::error error() && { return failure_.take(); }

 private:
  bool failed_ = false;
  detail::failure_box failure_;
};
static_assert(!std::is_aggregate_v<result<void>>);

}  // namespace mwaa_serverless
