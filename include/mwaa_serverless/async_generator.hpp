// A lazy stream of values for coroutines on Boost.Asio.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace mwaa_serverless {

namespace detail {
template <class Promise>
class body_handle;
class take_back;
}  // namespace detail

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
/// * Nothing runs before the first next(), and nothing between two of them. nullopt means that the body came to its
/// end,
///   and nothing else.
/// * What the body awaits runs as part of next(): on the executor, and under the cancellation, of the coroutine that
///   awaits it. The body may `co_await`
///   boost::asio::this_coro::executor, which is that executor, and this_coro::cancellation_state, whose cancelled()
///   is that of the next() that runs, for as long as the body lives; no other member of this_coro.
///
/// Errors: an exception of the body leaves through next(); every later next() throws it again.
///
/// Cancellation: cancelling next() makes what the body awaits throw operation_aborted there. A value is given once
/// next() has ended with it: when next() has been cancelled by then, it throws operation_aborted, and the following
/// next() gives the value. `co_await (stream.next() || other)`, of boost/asio/experimental/awaitable_operators.hpp,
/// throws the result of the side that ends second away. Both sides may end well in one turn of the loop; next() then
/// notices that it has been cancelled and keeps its value. That needs an executor that runs one thing at a time (an
/// io_context of one thread, a strand: what `||` itself needs), and nothing between next() and the `||`: a chain such
/// as `(next() || a) || b`, and a coroutine of your own around next() that awaits something more, can still lose a
/// value. Where there is only a deadline, use next_until().
///
/// Lifetime: move-only. Destroying a generator destroys its body, and so cancels and cleans up what the body awaits.
/// While a next() runs, or waits to be awaited, the body lives on until that next() has ended. When the coroutine that
/// awaits next() is destroyed within it (its io_context was), what the body awaits throws operation_aborted into the
/// body at the following next().
///
/// Threads: for one coroutine at a time; not for several threads at once.
template <class T>
class [[nodiscard]] async_generator {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "async_generator<T>: T is a plain object type");
  static_assert(!std::is_aggregate_v<T>,
                "async_generator<T>: GCC 12 destroys aggregates in co_yield and co_await expressions twice; "
                "give T a constructor");

 public:
  class promise_type;

  async_generator(async_generator&&) noexcept = default;
  async_generator& operator=(async_generator&&) noexcept = default;
  async_generator(const async_generator&) = delete;
  async_generator& operator=(const async_generator&) = delete;
  ~async_generator() = default;

  /// The next value; nullopt at the end. Throws what the body throws, and exception(errc::invalid_argument) when the
  /// generator was moved from, or when another next() of it runs. The generator may be moved or destroyed before the
  /// awaitable is awaited, and while it is.
  [[nodiscard]] boost::asio::awaitable<std::optional<T>> next();

  /// As next(), but throws exception(errc::operation_timeout) when there is no value by `deadline`. Never loses a
  /// value: one that arrives at the deadline is returned, now or by the following call.
  ///
  /// At the deadline what the body awaits is cancelled, which ends most bodies; a paginator keeps its position, and a
  /// new items() or pages() continues there.
  ///
  /// `time` is the clock of the deadline: that of client_config::time where one is set; null for the machine's.
  [[nodiscard]] boost::asio::awaitable<std::optional<T>> next_until(clock::time_point deadline,
                                                                    std::shared_ptr<clock> time = nullptr);

 private:
  template <class U>
  friend boost::asio::awaitable<std::vector<U>> collect(async_generator<U>& stream, std::size_t max);
  using handle = detail::body_handle<promise_type>;

  explicit async_generator(handle body) noexcept : body_(std::move(body)) {}
  // The next value; as a bool, whether there is one, which stays where it is.
  template <class Result = std::optional<T>>
  static boost::asio::awaitable<Result> resume(handle body);
  static boost::asio::awaitable<std::vector<T>> resume_to_end(handle body, std::size_t max);
  static boost::asio::awaitable<std::optional<T>> resume_until(handle body, clock::time_point deadline,
                                                               std::shared_ptr<clock> time);
  static boost::asio::awaitable<void> store_next(handle body, std::optional<T>& value, std::exception_ptr& failure);

  handle body_;
};

/// All values of `stream` as a vector. Throws std::length_error when there are more than `max`: a limit is required so
/// that a stream without an end cannot use up the memory.
///
/// All or nothing: when it throws, is cancelled or destroyed, it has taken nothing. The pages() or items() of a
/// paginator are set back to where collect() began: a new one, or `stream` itself, lists them again. Another `stream`
/// gives the values that were read once more, then its own exception if it threw one; a generator that was moved in is
/// gone.
template <class T>
[[nodiscard]] boost::asio::awaitable<std::vector<T>> collect(async_generator<T>& stream, std::size_t max);
template <class T>
[[nodiscard]] boost::asio::awaitable<std::vector<T>> collect(async_generator<T>&& stream, std::size_t max);

namespace detail {

[[noreturn]] MWAA_SERVERLESS_API void throw_collect_limit(std::size_t max);
[[noreturn]] MWAA_SERVERLESS_API void throw_moved_from_generator();
[[noreturn]] MWAA_SERVERLESS_API void throw_next_runs_already();
[[noreturn]] MWAA_SERVERLESS_API void throw_next_cancelled();

// Lets the executor run what is ready.
MWAA_SERVERLESS_API boost::asio::awaitable<void> next_turn();

// Runs `work`, which throws nothing, and cancels it at the deadline. False when the deadline was first.
MWAA_SERVERLESS_API boost::asio::awaitable<bool> run_until(boost::asio::awaitable<void> work,
                                                           clock::time_point deadline, std::shared_ptr<clock> time);
// Throws the failure of a next() that the deadline was ahead of.
[[noreturn]] MWAA_SERVERLESS_API void throw_late(const std::exception_ptr& failure);

// Where the values of a generator come from, for a source that can give them again.
class take_back {
 public:
  virtual ~take_back() = default;
  // The value that the body has just yielded did not reach the caller: the body yields it again when it is resumed.
  virtual void last() noexcept = 0;
  // From here on all() is about what is yielded.
  virtual void mark() = 0;
  // Nothing that the body has yielded since reached the caller: when it is resumed it goes on from there.
  virtual void all() noexcept = 0;

 protected:
  take_back() = default;
  take_back(const take_back&) = default;
  take_back& operator=(const take_back&) = default;
};

// The body of a generator, shared by the generator and the next() that runs: the last of them destroys it.
template <class Promise>
class body_handle {
 public:
  explicit body_handle(Promise& promise) noexcept : promise_(&promise) { ++promise_->owners_; }
  body_handle(const body_handle& other) noexcept : promise_(other.promise_) {
    if (promise_ != nullptr) ++promise_->owners_;
  }
  body_handle(body_handle&& other) noexcept : promise_(std::exchange(other.promise_, nullptr)) {}
  body_handle& operator=(body_handle other) noexcept {
    std::swap(promise_, other.promise_);
    return *this;
  }
  ~body_handle() {
    if (promise_ != nullptr && --promise_->owners_ == 0) coroutine().destroy();
  }

  [[nodiscard]] bool valid() const noexcept { return promise_ != nullptr; }
  [[nodiscard]] Promise& promise() const noexcept { return *promise_; }
  [[nodiscard]] std::coroutine_handle<Promise> coroutine() const noexcept {
    return std::coroutine_handle<Promise>::from_promise(*promise_);
  }

 private:
  Promise* promise_;
};

// Something that the body of a generator awaits, parked until next() awaits it on the body's behalf: the body is no
// Asio coroutine, so it cannot await by itself.
class parked_operation {
 public:
  virtual boost::asio::awaitable<void> run() = 0;
  void fail(std::exception_ptr reason) noexcept { failure_ = std::move(reason); }

 protected:
  ~parked_operation() = default;
  // Throws what the operation threw; operation_aborted when it was destroyed before its end.
  void check() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    if (!ended_) throw_next_cancelled();
  }

  std::exception_ptr failure_;
  bool ended_ = false;
};

template <class U>
class parked_awaitable final : public parked_operation {
 public:
  parked_awaitable(boost::asio::awaitable<U> operation, parked_operation*& slot) noexcept
      : operation_(std::move(operation)), slot_(slot) {}

  static constexpr bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { slot_ = this; }
  U await_resume() {
    check();
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
      ended_ = true;
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

// What the body of a generator asks of the coroutine that awaits next(), which resumes the body with the answer.
class this_coro_request {
 public:
  explicit this_coro_request(this_coro_request*& slot) noexcept : slot_(slot) {}
  static constexpr bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept { slot_ = this; }

  boost::asio::any_io_executor executor;

 private:
  this_coro_request*& slot_;
};
class executor_request final : public this_coro_request {
 public:
  using this_coro_request::this_coro_request;
  // Not kept: it may be a strand, which must not outlive its context.
  boost::asio::any_io_executor await_resume() noexcept { return std::move(executor); }
};

// The cancellation state that a body sees: of its own, since a body outlives the coroutines that await next().
class followed_cancellation {
 public:
  void follow(boost::asio::cancellation_type cancelled) {
    state_.clear();
    if (cancelled != boost::asio::cancellation_type::none) signal_.emit(cancelled);
  }
  [[nodiscard]] boost::asio::cancellation_state get() const noexcept { return state_; }

 private:
  boost::asio::cancellation_signal signal_;
  boost::asio::cancellation_state state_{signal_.slot(), boost::asio::enable_total_cancellation()};
};
class cancellation_request final : public this_coro_request {
 public:
  cancellation_request(this_coro_request*& slot, const followed_cancellation& of) noexcept
      : this_coro_request(slot), of_(of) {}
  boost::asio::cancellation_state await_resume() noexcept { return of_.get(); }

 private:
  const followed_cancellation& of_;
};

// collect() gives all or nothing: what has been read goes back unless it was given().
template <class Promise, class T>
class all_or_nothing {
 public:
  explicit all_or_nothing(const body_handle<Promise>& body) : body_(body) {
    if (promise().source_) promise().source_->mark();
    values_.swap(promise().returned_);
    std::reverse(values_.begin(), values_.end());
  }
  all_or_nothing(const all_or_nothing&) = delete;
  all_or_nothing& operator=(const all_or_nothing&) = delete;
  ~all_or_nothing() {
    if (given_) return;
    if (promise().source_) {
      promise().source_->all();
    } else {
      std::reverse(values_.begin(), values_.end());
      promise().returned_.swap(values_);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  // Before a value is taken: add() then throws nothing of its own.
  void make_room() {
    if (values_.size() == values_.capacity()) values_.reserve(2 * values_.size() + 8);
  }
  void add(T&& value) { values_.push_back(std::move(value)); }
  std::vector<T> given() noexcept {
    given_ = true;
    return std::move(values_);
  }

 private:
  [[nodiscard]] Promise& promise() const noexcept { return body_.promise(); }

  const body_handle<Promise>& body_;
  std::vector<T> values_;
  bool given_ = false;
};

template <class Flag>
concept known_flag = requires { sizeof(Flag); };

}  // namespace detail
}  // namespace mwaa_serverless

// Of Asio, declared again in case a later version has it no more: see async_generator::resume().
namespace boost::asio::detail {
struct awaitable_thread_has_context_switched;
}

namespace mwaa_serverless {

template <class T>
class async_generator<T>::promise_type {
 public:
  async_generator get_return_object() noexcept { return async_generator{handle{*this}}; }
  std::suspend_always initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept { return {}; }
  void return_void() noexcept {}
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }

  // A yielded value stays in the suspended body (a temporary lives to the end of the co_yield expression) until
  // next() moves it out, or copies what the body yielded as an lvalue and so still owns.
  std::suspend_always yield_value(T&& value) noexcept {
    value_ = std::addressof(value);
    movable_ = true;
    return {};
  }
  std::suspend_always yield_value(const T& value) noexcept
    requires std::is_copy_constructible_v<T>
  {
    value_ = std::addressof(value);
    movable_ = false;
    return {};
  }

  template <class U>
  detail::parked_awaitable<U> await_transform(boost::asio::awaitable<U> operation) noexcept {
    return {std::move(operation), parked_};
  }
  detail::executor_request await_transform(boost::asio::this_coro::executor_t) noexcept {
    return detail::executor_request{request_};
  }
  detail::cancellation_request await_transform(boost::asio::this_coro::cancellation_state_t) {
    if (!cancellation_) cancellation_ = std::make_unique<detail::followed_cancellation>();
    return {request_, *cancellation_};
  }
  // From here on `source` takes back what does not reach the caller.
  std::suspend_never await_transform(std::shared_ptr<detail::take_back> source) noexcept {
    source_ = std::move(source);
    return {};
  }

 private:
  friend class async_generator;
  friend class detail::body_handle<promise_type>;
  friend class detail::all_or_nothing<promise_type, T>;

  // One next(). A value that it leaves behind is for the following one, or for who asks the source next.
  class turn {
   public:
    explicit turn(promise_type& promise) : promise_(promise) {
      if (std::exchange(promise_.running_, true)) detail::throw_next_runs_already();
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      promise_.running_ = false;
      if (promise_.value_ == nullptr || !promise_.source_) return;
      promise_.value_ = nullptr;
      promise_.source_->last();
    }

   private:
    promise_type& promise_;
  };

  const T* value_ = nullptr;
  bool movable_ = false;
  bool running_ = false;
  std::size_t owners_ = 0;
  detail::parked_operation* parked_ = nullptr;
  detail::this_coro_request* request_ = nullptr;
  std::unique_ptr<detail::followed_cancellation> cancellation_;
  std::vector<T> returned_;  // by collect(), the first of them last
  std::shared_ptr<detail::take_back> source_;
  std::exception_ptr failure_;
};

template <class T>
boost::asio::awaitable<std::optional<T>> async_generator<T>::next() {
  return resume(body_);
}

template <class T>
template <class Result>
boost::asio::awaitable<Result> async_generator<T>::resume(handle body) {
  using boost::asio::cancellation_type;
  if (!body.valid()) detail::throw_moved_from_generator();
  promise_type& promise = body.promise();
  const typename promise_type::turn running{promise};
  const auto coroutine = body.coroutine();
  // co_spawn() posts the result of a coroutine that ends before it was ever suspended, and what is cancelled by then
  // cannot notice any more. So it is suspended here, before there is a value. (The name depends on T only so that it
  // may be missing.)
  using flag = std::conditional_t<std::is_void_v<T>, T, boost::asio::detail::awaitable_thread_has_context_switched>;
  if constexpr (detail::known_flag<flag>) {
    if (!co_await flag{}) {
      const boost::asio::cancellation_state before = co_await boost::asio::this_coro::cancellation_state;
      const bool was_cancelled = before.cancelled() != cancellation_type::none;
      co_await detail::next_turn();
      const boost::asio::cancellation_state after = co_await boost::asio::this_coro::cancellation_state;
      if (!was_cancelled && after.cancelled() != cancellation_type::none) detail::throw_next_cancelled();
    }
  }
  if constexpr (std::is_same_v<Result, std::optional<T>>) {
    if (!promise.returned_.empty()) {
      std::optional<T> again{std::move(promise.returned_.back())};
      promise.returned_.pop_back();
      co_return std::move(again);
    }
  }
  if (promise.value_ == nullptr && !coroutine.done()) {
    if (promise.cancellation_) {
      const boost::asio::cancellation_state now = co_await boost::asio::this_coro::cancellation_state;
      promise.cancellation_->follow(now.cancelled());
    }
    coroutine.resume();
  }
  if (promise.parked_ != nullptr || promise.request_ != nullptr) {
    const boost::asio::cancellation_state before = co_await boost::asio::this_coro::cancellation_state;
    const bool was_cancelled = before.cancelled() != cancellation_type::none;
    do {
      if (promise.request_ != nullptr) {
        std::exchange(promise.request_, nullptr)->executor = co_await boost::asio::this_coro::executor;
      } else {
        detail::parked_operation& operation = *std::exchange(promise.parked_, nullptr);
        try {
          co_await operation.run();
        } catch (...) {
          // Asio refused to await at all: the coroutine had been cancelled before.
          operation.fail(std::current_exception());
        }
      }
      if (promise.cancellation_) {
        const boost::asio::cancellation_state now = co_await boost::asio::this_coro::cancellation_state;
        promise.cancellation_->follow(now.cancelled());
      }
      coroutine.resume();
    } while (promise.parked_ != nullptr || promise.request_ != nullptr);
    // Cancelled when what the body awaited had ended already: who cancels looks at no result any more.
    const boost::asio::cancellation_state after = co_await boost::asio::this_coro::cancellation_state;
    if (!was_cancelled && after.cancelled() != cancellation_type::none && !promise.failure_)
      detail::throw_next_cancelled();
  }
  if (promise.value_ == nullptr && promise.failure_) std::rethrow_exception(promise.failure_);
  if constexpr (std::is_same_v<Result, bool>) {
    co_return promise.value_ != nullptr;
  } else {
    if (promise.value_ == nullptr) co_return std::nullopt;
    if constexpr (std::is_copy_constructible_v<T>) {
      if (!promise.movable_) {
        std::optional<T> copy{*promise.value_};
        promise.value_ = nullptr;
        co_return std::move(copy);
      }
    }
    // Straight into the result: a named optional would be one more move.
    co_return std::move(const_cast<T&>(*std::exchange(promise.value_, nullptr)));
  }
}

template <class T>
boost::asio::awaitable<std::optional<T>> async_generator<T>::next_until(clock::time_point deadline,
                                                                        std::shared_ptr<clock> time) {
  return resume_until(body_, deadline, std::move(time));
}

template <class T>
boost::asio::awaitable<void> async_generator<T>::store_next(handle body, std::optional<T>& value,
                                                            std::exception_ptr& failure) {
  try {
    std::optional<T> next = co_await resume(std::move(body));
    if (next) value.emplace(*std::move(next));
  } catch (...) {
    failure = std::current_exception();
  }
}

template <class T>
boost::asio::awaitable<std::optional<T>> async_generator<T>::resume_until(handle body, clock::time_point deadline,
                                                                          std::shared_ptr<clock> time) {
  // Outside of the race, whose loser's result is thrown away.
  std::optional<T> value;
  std::exception_ptr failure;
  const bool in_time =
      co_await detail::run_until(store_next(std::move(body), value, failure), deadline, std::move(time));
  if (failure && !in_time) detail::throw_late(failure);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(value);
}

template <class T>
boost::asio::awaitable<std::vector<T>> async_generator<T>::resume_to_end(handle body, std::size_t max) {
  if (!body.valid()) detail::throw_moved_from_generator();
  detail::all_or_nothing<promise_type, T> read{body};
  while (read.size() < max) {
    read.make_room();
    std::optional<T> value = co_await resume(body);
    if (!value) co_return read.given();
    read.add(*std::move(value));
  }
  bool more = read.size() > max;
  if (!more) more = co_await resume<bool>(body);
  if (more) detail::throw_collect_limit(max);
  co_return read.given();
}

template <class T>
boost::asio::awaitable<std::vector<T>> collect(async_generator<T>& stream, std::size_t max) {
  return async_generator<T>::resume_to_end(stream.body_, max);
}

template <class T>
boost::asio::awaitable<std::vector<T>> collect(async_generator<T>&& stream, std::size_t max) {
  async_generator<T> own = std::move(stream);
  return collect(own, max);
}

}  // namespace mwaa_serverless
