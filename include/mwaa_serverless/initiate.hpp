// Operations for callers that are no coroutines of boost::asio::awaitable.
#pragma once

#include <atomic>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

// Declared again, so that only who uses stackful coroutines includes boost/asio/spawn.hpp.
namespace boost::asio {
template <typename Executor>
class basic_yield_context;
}

namespace mwaa_serverless {

namespace detail {

template <class T>
struct initiate_signature {
  using type = void(std::exception_ptr, T);
};
template <>
struct initiate_signature<void> {
  using type = void(std::exception_ptr);
};

// Asio dereferences null pointers in both.
template <class T, class Executor>
void check_initiate(const Executor& executor, const boost::asio::awaitable<T, Executor>& operation) {
  const auto refuse = [](const char* why) { throw exception(error(errc::invalid_argument, why)); };
  if constexpr (std::is_constructible_v<bool, const Executor&>)
    if (!static_cast<bool>(executor)) refuse("initiate: the executor is empty, or its context was destroyed");
  if (!operation.valid()) refuse("initiate: the operation was moved from: it is awaited already");
}

template <class T>
using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T, class Executor>
boost::asio::awaitable<void, Executor> store(boost::asio::awaitable<T, Executor> operation,
                                             std::optional<stored<T>>& value, std::exception_ptr& failure) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(operation);
      value.emplace();
    } else {
      T got = co_await std::move(operation);
      value.emplace(std::move(got));
    }
  } catch (...) {
    failure = std::current_exception();
  }
}

// An operation of initiate() that runs. Shared by the coroutine and what Asio calls at its end. Its handler is told of
// the outcome when it `Reports`.
template <class T, class Executor, class Handler, bool Reports>
class initiated {
 public:
  initiated(const Executor& executor, Handler&& handler)
      : executor_(serial(executor)),
        work_(boost::asio::make_work_guard(handler, executor)),
        handler_(std::move(handler)) {}

  static void start(const Executor& executor, Handler&& handler, boost::asio::awaitable<T, Executor> operation) {
    const auto allocator = boost::asio::get_associated_allocator(handler);
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    auto self = std::allocate_shared<initiated>(allocator, executor, std::move(handler));
    if (slot.is_connected()) slot.assign(canceller{self});
    auto body = perform(self, std::move(operation));
    boost::asio::co_spawn(self->executor_, std::move(body), completion{self});
  }

 private:
  using work_guard = decltype(boost::asio::make_work_guard(std::declval<Handler&>(), std::declval<const Executor&>()));

  // Told by the caller's slot. Refers weakly: the slot may outlive the operation, and its context.
  class canceller {
   public:
    explicit canceller(const std::shared_ptr<initiated>& of) noexcept : operation_(of) {}
    void operator()(boost::asio::cancellation_type type) const {
      if (auto self = operation_.lock()) {
        self->requested_.fetch_or(static_cast<unsigned>(type));
        const Executor executor = self->executor_;
        boost::asio::dispatch(executor, [self = std::move(self), type] {
          if (self->running_) self->signal_.emit(type);
        });
      }
    }

   private:
    std::weak_ptr<initiated> operation_;
  };

  class completion {
   public:
    using cancellation_slot_type = boost::asio::cancellation_slot;
    explicit completion(std::shared_ptr<initiated> of) noexcept : operation_(std::move(of)) {}
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return operation_->signal_.slot(); }
    void operator()(const std::exception_ptr&) { std::exchange(operation_, nullptr)->complete(); }

   private:
    std::shared_ptr<initiated> operation_;
  };

  // A strand, where the operation can run on one: a cancellation then never meets it on another thread.
  static Executor serial(const Executor& executor) {
    if constexpr (std::is_convertible_v<boost::asio::strand<Executor>, Executor>) {
      return boost::asio::make_strand(executor);
    } else {
      return executor;
    }
  }

  static boost::asio::awaitable<void, Executor> perform(std::shared_ptr<initiated> self,
                                                        boost::asio::awaitable<T, Executor> operation) {
    namespace this_coro = boost::asio::this_coro;
    co_await this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
    // Not before: what is cancelled before it has begun makes co_spawn() throw out of the loop.
    self->running_ = true;
    if (const unsigned requested = self->requested_.load(); requested != 0)
      self->signal_.emit(static_cast<boost::asio::cancellation_type>(requested));
    try {
      co_await store(std::move(operation), self->value_, self->failure_);
    } catch (...) {
      self->failure_ = std::current_exception();  // cancelled by now: nothing was awaited
    }
    self->running_ = false;
    // Else co_spawn(), which awaits once more after a coroutine that never suspended, throws out of the loop.
    co_await this_coro::throw_if_cancelled(false);
  }

  void complete() {
    const work_guard work = std::move(work_);
    if constexpr (!Reports) {
      boost::asio::dispatch(work.get_executor(), std::move(handler_));
    } else if constexpr (std::is_void_v<T>) {
      boost::asio::dispatch(work.get_executor(), boost::asio::append(std::move(handler_), std::move(failure_)));
    } else {
      T value = value_ ? *std::move(value_) : T();
      boost::asio::dispatch(work.get_executor(),
                            boost::asio::append(std::move(handler_), std::move(failure_), std::move(value)));
    }
  }

  const Executor executor_;
  work_guard work_;
  Handler handler_;
  boost::asio::cancellation_signal signal_;
  std::atomic<unsigned> requested_{0};  // cancellation_type
  bool running_ = false;
  std::exception_ptr failure_;
  std::optional<stored<T>> value_;
};

template <class Executor>
class initiate_on {
 public:
  using executor_type = Executor;
  explicit initiate_on(const Executor& executor) noexcept : executor_(executor) {}
  [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

  template <class Handler, class T, bool Reports>
  void operator()(Handler&& handler, boost::asio::awaitable<T, Executor> operation,
                  std::bool_constant<Reports> /*reports*/) const {
    std::decay_t<Handler> own(std::forward<Handler>(handler));
    initiated<T, Executor, std::decay_t<Handler>, Reports>::start(executor_, std::move(own), std::move(operation));
  }

 private:
  Executor executor_;
};

class initiate_on_associated {
 public:
  template <class Handler, class T, class Executor, class Reports>
  void operator()(Handler&& handler, boost::asio::awaitable<T, Executor> operation, Reports reports) const {
    struct none {};
    using associated = boost::asio::associated_executor_t<std::decay_t<Handler>, none>;
    static_assert(!std::is_same_v<associated, none>,
                  "initiate(operation, token): the token has no executor to run the operation on; write "
                  "initiate(client.get_executor(), operation, token), or bind_executor(executor, token)");
    const Executor executor = boost::asio::get_associated_executor(handler);
    check_initiate(executor, operation);
    initiate_on<Executor>{executor}(std::forward<Handler>(handler), std::move(operation), reports);
  }
};

template <class Token>
inline constexpr bool is_yield_context = false;
template <class Executor>
inline constexpr bool is_yield_context<boost::asio::basic_yield_context<Executor>> = true;

template <class T, class Executor, class Initiation, class CompletionToken>
auto initiate(Initiation initiation, boost::asio::awaitable<T, Executor> operation, CompletionToken&& token) {
  if constexpr (is_yield_context<std::decay_t<CompletionToken>>) {
    // The yield_context of Boost 1.81 cannot take an exception_ptr: it does not compile, or dereferences a null one.
    std::optional<stored<T>> value;
    std::exception_ptr failure;
    boost::asio::async_initiate<CompletionToken, void()>(
        std::move(initiation), token, store(std::move(operation), value, failure), std::false_type{});
    if (failure) std::rethrow_exception(failure);
    if (!value) throw boost::system::system_error(boost::asio::error::operation_aborted, "initiate");
    if constexpr (!std::is_void_v<T>) return *std::move(value);
  } else {
    return boost::asio::async_initiate<CompletionToken, typename initiate_signature<T>::type>(
        std::move(initiation), token, std::move(operation), std::true_type{});
  }
}

}  // namespace detail

/// Starts `operation` and completes as `token` says: a callback, `use_future`, `deferred`, a `yield_context`,
/// `detached`, `use_awaitable_t` of another executor, or any other completion token.
///
///     initiate(client.get_executor(), client.list_task_instances({workflow_arn, run_id}),
///              [](std::exception_ptr failure, list_task_instances_response page) { ... });
///     auto page = initiate(client.get_executor(), client.list_task_instances({workflow_arn, run_id}),
///                          boost::asio::use_future).get();
///     auto page = initiate(client.list_task_instances({workflow_arn, run_id}), yield);  // a yield_context
///
/// The operation runs on a strand of `executor` (on `executor` itself when the awaitable's executor type cannot hold a
/// strand); without `executor`, of the executor that is associated with the token's handler. The signature is
/// `void(std::exception_ptr, T)`, or `void(std::exception_ptr)` for an awaitable<void>: what the operation throws is
/// passed on, and T is then a default-constructed value. The handler is called on its associated executor, by default
/// `executor`, and its associated allocator is used for what is kept until then.
///
/// Errors: those of `operation`, through the token. Throws itself std::bad_alloc, and exception(errc::invalid_argument)
/// when the executor is empty (as client::get_executor() is after its context) or `operation` was moved from.
///
/// Cancellation: total, partial and terminal, by the associated slot, also before the operation has begun; the
/// operation then ends as it does when its coroutine is cancelled. A slot may outlive the operation and its context.
///
/// Lifetime: the operation owns what it needs. When its context is destroyed first, the handler is destroyed uncalled.
///
/// Threads: as the token. A signal is emitted on the handler's executor, or while the context is not running.
template <class T, class Executor, class CompletionToken>
auto initiate(const std::type_identity_t<Executor>& executor, boost::asio::awaitable<T, Executor> operation,
              CompletionToken&& token) {
  detail::check_initiate(executor, operation);
  return detail::initiate(detail::initiate_on<Executor>{executor}, std::move(operation),
                          std::forward<CompletionToken>(token));
}
template <class T, class Executor, class CompletionToken>
auto initiate(boost::asio::awaitable<T, Executor> operation, CompletionToken&& token) {
  return detail::initiate(detail::initiate_on_associated{}, std::move(operation), std::forward<CompletionToken>(token));
}

}  // namespace mwaa_serverless
