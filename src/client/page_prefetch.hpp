// One page fetched ahead of its reader.
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
#include <utility>

#include "transport/event.hpp"

namespace mwaa_serverless {

/// A fetch that runs beside its reader from construction on; dropping the object cancels it.
///
/// The fetch runs on a strand of its own, so that the cancellation, which is posted there, never meets it on another
/// thread of the executor.
template <class Response>
class page_prefetch {
 public:
  page_prefetch(const boost::asio::any_io_executor& executor, boost::asio::awaitable<Response> fetch)
      : shared_(std::make_shared<shared>(executor)) {
    boost::asio::co_spawn(shared_->strand, std::move(fetch),
                          boost::asio::bind_cancellation_slot(shared_->signal.slot(), completion{shared_}));
  }
  page_prefetch(page_prefetch&&) noexcept = default;
  page_prefetch& operator=(page_prefetch&&) = delete;
  ~page_prefetch() {
    if (shared_ && shared_->running.load(std::memory_order_acquire))
      boost::asio::post(shared_->strand,
                        [state = shared_] { state->signal.emit(boost::asio::cancellation_type::terminal); });
  }

  /// The page, or the exception of its fetch. Once only. The object outlives the awaitable.
  boost::asio::awaitable<Response> get() {
    co_await shared_->done->wait();
    if (shared_->failure) std::rethrow_exception(shared_->failure);
    co_return *std::move(shared_->value);
  }

 private:
  struct shared {
    explicit shared(const boost::asio::any_io_executor& executor)
        : strand(boost::asio::make_strand(executor)), done(std::make_shared<net::event>()) {}

    boost::asio::strand<boost::asio::any_io_executor> strand;
    boost::asio::cancellation_signal signal;
    std::shared_ptr<net::event> done;
    std::exception_ptr failure;
    std::optional<Response> value;
    // False once the fetch is over, or was destroyed: nothing is left to cancel.
    std::atomic<bool> running{true};
  };

  class completion {
   public:
    explicit completion(std::shared_ptr<shared> state) : state_(std::move(state)) {}
    completion(completion&&) noexcept = default;
    completion& operator=(completion&&) = delete;
    ~completion() {
      if (state_) state_->running.store(false, std::memory_order_release);
    }
    void operator()(std::exception_ptr failure, Response value) {
      state_->failure = std::move(failure);
      if (!state_->failure) state_->value.emplace(std::move(value));
      state_->running.store(false, std::memory_order_release);
      state_->done->set();
    }

   private:
    std::shared_ptr<shared> state_;
  };

  std::shared_ptr<shared> shared_;
};

}  // namespace mwaa_serverless
