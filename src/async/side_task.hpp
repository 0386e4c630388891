// Something that runs beside its owner, who may take what it brings in the end.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "async/event.hpp"

namespace mwaa_serverless::async {

/// Starts `work` on a strand of `executor`; sets `notice` when it is over. Dropping the object cancels the work and
/// leaves it alone, whether or not it obeys: it must own what it uses. The object may outlive the context of the
/// executor.
///
/// The strand keeps the cancellation, which is posted there, from meeting the work on another thread. (Several tasks in
/// one parallel_group of Asio's, or behind `||`, would need a strand around all of them and their owner.)
template <class T>
class side_task {
 public:
  side_task(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> work,
            std::shared_ptr<event> notice = std::make_shared<event>())
      : state_(std::make_shared<state>(executor, std::move(notice))) {
    boost::asio::co_spawn(state_->under_way->strand, perform(state_, std::move(work)),
                          boost::asio::bind_cancellation_slot(state_->under_way->stop.slot(), completion{state_}));
  }
  side_task(side_task&&) noexcept = default;
  side_task& operator=(side_task&&) = delete;
  ~side_task() {
    if (!state_ || over()) return;
    const auto under_way = [this] {
      const std::lock_guard lock{state_->mutex};
      return state_->under_way;
    }();
    if (!under_way) return;
    try {
      boost::asio::post(under_way->strand,
                        [under_way] { under_way->stop.emit(boost::asio::cancellation_type::terminal); });
    } catch (const std::exception&) {
      // Without memory it runs to its end.
    }
  }

  /// Waits for the end of a task that has its notice for itself.
  [[nodiscard]] boost::asio::awaitable<bool> ended() { return state_->notice->wait(); }
  /// Ended, or destroyed by whoever was to go on with it.
  [[nodiscard]] bool over() const noexcept { return state_->over.load(std::memory_order_acquire); }
  /// Over without an end.
  [[nodiscard]] bool abandoned() const noexcept { return !state_->failure && !state_->value; }
  /// Null: it ended well, or was abandoned.
  [[nodiscard]] std::exception_ptr failure() const noexcept { return state_->failure; }
  /// Of one that is over: what it returned, or throws its exception, or operation_aborted when it was abandoned. Once
  /// only.
  [[nodiscard]] T take() {
    if (state_->failure) std::rethrow_exception(state_->failure);
    if (!state_->value) throw boost::system::system_error(boost::asio::error::operation_aborted, "side_task");
    return *std::move(state_->value);
  }

 private:
  using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  // What cancels the work. It may not outlive the context of the executor, as the object and its value may.
  struct running {
    explicit running(const boost::asio::any_io_executor& executor) : strand(boost::asio::make_strand(executor)) {}

    boost::asio::strand<boost::asio::any_io_executor> strand;
    boost::asio::cancellation_signal stop;
  };

  struct state {
    state(const boost::asio::any_io_executor& executor, std::shared_ptr<event> notice_value)
        : under_way(std::make_shared<running>(executor)), notice(std::move(notice_value)) {}

    std::mutex mutex;                    // guards the next
    std::shared_ptr<running> under_way;  // null once the work has gone
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
      if (!state_) return;
      {
        const std::lock_guard lock{state_->mutex};
        state_->under_way.reset();
      }
      if (!state_->over.load(std::memory_order_acquire)) state_->end();
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

  std::shared_ptr<state> state_;
};

}  // namespace mwaa_serverless::async
