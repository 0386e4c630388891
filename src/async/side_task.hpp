// Something that runs beside its caller, who need not wait for it to end.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "async/event.hpp"

namespace mwaa_serverless::async {

/// Starts `work` on a strand of `executor`; sets `notice` when it is over. Dropping the object cancels the work and
/// leaves it alone, whether or not it obeys: it must own what it uses.
///
/// The strand keeps the cancellation, which is posted there, from meeting the work on another thread.
template <class T>
class side_task {
 public:
  side_task(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> work, std::shared_ptr<event> notice)
      : state_(std::make_shared<state>(executor, std::move(notice))) {
    boost::asio::co_spawn(state_->strand, perform(state_, std::move(work)),
                          boost::asio::bind_cancellation_slot(state_->stop.slot(), completion{state_}));
  }
  side_task(const side_task&) = delete;
  side_task& operator=(const side_task&) = delete;
  ~side_task() {
    if (over()) return;
    try {
      boost::asio::post(state_->strand,
                        [state = state_] { state->stop.emit(boost::asio::cancellation_type::terminal); });
    } catch (const std::exception&) {
      // Without memory it runs to its end.
    }
  }

  /// Ended, or destroyed by whoever was to go on with it.
  [[nodiscard]] bool over() const noexcept { return state_->over.load(std::memory_order_acquire); }
  /// Over without an end.
  [[nodiscard]] bool abandoned() const noexcept { return !state_->failure && !state_->value; }
  /// Null: it ended well, or was abandoned.
  [[nodiscard]] std::exception_ptr failure() const noexcept { return state_->failure; }
  /// What it returned; once only.
  [[nodiscard]] T take() { return *std::move(state_->value); }

 private:
  using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  struct state {
    state(const boost::asio::any_io_executor& executor, std::shared_ptr<event> notice_value)
        : strand(boost::asio::make_strand(executor)), notice(std::move(notice_value)) {}

    boost::asio::strand<boost::asio::any_io_executor> strand;
    boost::asio::cancellation_signal stop;
    const std::shared_ptr<event> notice;
    std::exception_ptr failure;
    std::optional<stored> value;
    std::atomic<bool> over{false};

    void end() {
      over.store(true, std::memory_order_release);
      notice->set();
    }
  };

  // Goes when the work has ended, and when nobody will go on with it.
  class completion {
   public:
    explicit completion(std::shared_ptr<state> of) : state_(std::move(of)) {}
    completion(completion&&) noexcept = default;
    completion& operator=(completion&&) = delete;
    ~completion() {
      if (state_ && !state_->over.load(std::memory_order_acquire)) state_->end();
    }
    void operator()(const std::exception_ptr&) {}

   private:
    std::shared_ptr<state> state_;
  };

  static boost::asio::awaitable<void> perform(std::shared_ptr<state> into, boost::asio::awaitable<T> work) {
    try {
      if constexpr (std::is_void_v<T>) {
        co_await std::move(work);
        into->value.emplace();
      } else {
        T got = co_await std::move(work);
        into->value.emplace(std::move(got));
      }
    } catch (...) {
      into->failure = std::current_exception();
    }
    into->end();  // here: Asio calls the completion handler by a post, and a caller need not wait for that
  }

  const std::shared_ptr<state> state_;
};

}  // namespace mwaa_serverless::async
