// A lazy stream of values for coroutines on Boost.Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace mwaa_serverless {

/// A lazy stream of `T`: `co_yield` inside, `co_await next()` outside; the body may itself `co_await` any
/// boost::asio::awaitable.
///
///     async_generator<int> numbers(clock& time) {
///       for (int i = 0;; ++i) {
///         co_await time.sleep_until(time.now() + std::chrono::seconds(1));
///         co_yield i;
///       }
///     }
///     auto stream = numbers(time);
///     while (auto n = co_await stream.next()) use(*n);
///
/// * Nothing runs before the first next(), and nothing between two of them.
/// * nullopt means that the body came to its end, and nothing else. An exception of the body leaves through next();
///   every later next() throws it again.
/// * What the body awaits runs as part of next(): on the executor, and under the cancellation, of the coroutine that
///   awaits it. Cancelling next() makes what the body awaits throw operation_aborted there.
/// * Destroying a generator that is suspended destroys its body, and so cancels and cleans up. Destroying it, or
/// calling
///   next() again, while a next() runs is undefined: cancel that one first and await its end.
/// * Move-only. For one coroutine at a time.
template <class T>
class [[nodiscard]] async_generator {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "async_generator<T>: T is a plain object type");
  static_assert(!std::is_aggregate_v<T>,
                "async_generator<T>: GCC 12 destroys aggregates in co_yield and co_await expressions twice; "
                "give T a constructor");

 public:
  class promise_type;

  async_generator(async_generator&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  async_generator& operator=(async_generator&& other) noexcept {
    async_generator taken{std::move(other)};
    std::swap(body_, taken.body_);
    return *this;
  }
  async_generator(const async_generator&) = delete;
  async_generator& operator=(const async_generator&) = delete;
  ~async_generator() {
    if (body_) body_.destroy();
  }

  /// The next value; nullopt at the end. Throws what the body throws. The generator outlives the awaitable.
  [[nodiscard]] boost::asio::awaitable<std::optional<T>> next();

 private:
  explicit async_generator(std::coroutine_handle<promise_type> body) noexcept : body_(body) {}

  std::coroutine_handle<promise_type> body_;
};

/// All values of `stream` as a vector. Throws std::length_error, having taken `max` values, when there are more: a
/// limit is required so that a stream without an end cannot eat the memory.
template <class T>
[[nodiscard]] boost::asio::awaitable<std::vector<T>> collect(async_generator<T> stream, std::size_t max);

namespace detail {

[[noreturn]] void throw_collect_limit(std::size_t max);

// Something that the body of a generator awaits, parked until next() awaits it on the body's behalf: the body is no
// Asio coroutine, so it cannot await by itself.
class parked_operation {
 public:
  virtual boost::asio::awaitable<void> run() = 0;
  void fail(std::exception_ptr reason) noexcept { failure_ = std::move(reason); }

 protected:
  ~parked_operation() = default;
  std::exception_ptr failure_;
};

template <class U>
class parked_awaitable final : public parked_operation {
 public:
  parked_awaitable(boost::asio::awaitable<U> operation, parked_operation*& slot) noexcept
      : operation_(std::move(operation)), slot_(slot) {}

  static constexpr bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { slot_ = this; }
  U await_resume() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if constexpr (!std::is_void_v<U>) return *std::move(value_);
  }

  boost::asio::awaitable<void> run() override {
    try {
      if constexpr (std::is_void_v<U>) {
        co_await std::move(operation_);
      } else {
        U value = co_await std::move(operation_);
        value_.emplace(std::move(value));
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

 private:
  boost::asio::awaitable<U> operation_;
  parked_operation*& slot_;
  std::conditional_t<std::is_void_v<U>, std::monostate, std::optional<std::conditional_t<std::is_void_v<U>, char, U>>>
      value_;
};

}  // namespace detail

template <class T>
class async_generator<T>::promise_type {
 public:
  async_generator get_return_object() noexcept {
    return async_generator{std::coroutine_handle<promise_type>::from_promise(*this)};
  }
  std::suspend_always initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept { return {}; }
  void return_void() noexcept {}
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }

  // A yielded value stays in the suspended body (a temporary lives to the end of the co_yield expression) until
  // next() moves it out, or copies what the body yielded as an lvalue and so still owns.
  std::suspend_always yield_value(T&& value) noexcept {
    movable_ = std::addressof(value);
    return {};
  }
  std::suspend_always yield_value(const T& value) noexcept
    requires std::is_copy_constructible_v<T>
  {
    copyable_ = std::addressof(value);
    return {};
  }

  template <class U>
  detail::parked_awaitable<U> await_transform(boost::asio::awaitable<U> operation) noexcept {
    return {std::move(operation), parked_};
  }

 private:
  friend class async_generator;

  T* movable_ = nullptr;
  const T* copyable_ = nullptr;
  detail::parked_operation* parked_ = nullptr;
  std::exception_ptr failure_;
};

template <class T>
boost::asio::awaitable<std::optional<T>> async_generator<T>::next() {
  promise_type& promise = body_.promise();
  if (!body_.done()) body_.resume();
  while (promise.parked_ != nullptr) {
    detail::parked_operation& operation = *std::exchange(promise.parked_, nullptr);
    try {
      co_await operation.run();
    } catch (...) {
      // Asio refused to await at all: the coroutine had been cancelled before.
      operation.fail(std::current_exception());
    }
    body_.resume();
  }
  if (body_.done()) {
    if (promise.failure_) std::rethrow_exception(promise.failure_);
    co_return std::nullopt;
  }
  if constexpr (std::is_copy_constructible_v<T>) {
    if (promise.copyable_ != nullptr) co_return *std::exchange(promise.copyable_, nullptr);
  }
  co_return std::move(*promise.movable_);  // straight into the result: a named optional would be one more move
}

template <class T>
boost::asio::awaitable<std::vector<T>> collect(async_generator<T> stream, std::size_t max) {
  std::vector<T> values;
  while (auto value = co_await stream.next()) {
    if (values.size() == max) detail::throw_collect_limit(max);
    values.push_back(*std::move(value));
  }
  co_return std::move(values);
}

}  // namespace mwaa_serverless
