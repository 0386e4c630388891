// One page fetched ahead of its reader.
#pragma once

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
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "async/event.hpp"

namespace mwaa_serverless {

/// A fetch that runs beside its reader from construction on; dropping the object cancels it.
///
/// The fetch runs on a separate strand, so that the cancellation, which is posted there, never meets it on another
/// thread of the executor. May outlive the context of the executor.
template <class Response>
class page_prefetch {
 public:
  using attempts = std::vector<attempt_record>;

  /// `log` is filled by the fetch, and may be null.
  page_prefetch(const boost::asio::any_io_executor& executor, boost::asio::awaitable<Response> fetch,
                std::shared_ptr<attempts> log)
      : shared_(std::make_shared<shared>(executor, std::move(log))) {
    boost::asio::co_spawn(shared_->under_way->strand, std::move(fetch),
                          boost::asio::bind_cancellation_slot(shared_->under_way->signal.slot(), completion{shared_}));
  }
  page_prefetch(page_prefetch&&) noexcept = default;
  page_prefetch& operator=(page_prefetch&&) = delete;
  ~page_prefetch() {
    if (!shared_) return;
    const auto under_way = [this] {
      const std::lock_guard lock{shared_->mutex};
      return shared_->under_way;
    }();
    if (!under_way) return;
    try {
      boost::asio::post(under_way->strand,
                        [under_way] { under_way->signal.emit(boost::asio::cancellation_type::terminal); });
    } catch (const std::exception&) {
      // Without memory it runs to its end.
    }
  }

  /// The page, or the exception of its fetch, and in `log`, unless it is null, the attempts. Once only. The object
  /// outlives the awaitable.
  boost::asio::awaitable<Response> get(attempts* log) {
    co_await shared_->done->wait();
    if (log != nullptr && shared_->log) *log = std::move(*shared_->log);
    if (shared_->failure) std::rethrow_exception(shared_->failure);
    if (!shared_->value) throw boost::system::system_error(boost::asio::error::operation_aborted, "page_prefetch");
    co_return *std::move(shared_->value);
  }

 private:
  // What cancels the fetch. It may not outlive the context of the executor, as the object and its page may.
  struct fetching {
    explicit fetching(const boost::asio::any_io_executor& executor) : strand(boost::asio::make_strand(executor)) {}

    boost::asio::strand<boost::asio::any_io_executor> strand;
    boost::asio::cancellation_signal signal;
  };

  struct shared {
    shared(const boost::asio::any_io_executor& executor, std::shared_ptr<attempts> log_value)
        : under_way(std::make_shared<fetching>(executor)),
          done(std::make_shared<async::event>()),
          log(std::move(log_value)) {}

    void ended() {
      {
        const std::lock_guard lock{mutex};
        under_way.reset();
      }
      done->set();
    }

    std::mutex mutex;
    std::shared_ptr<fetching> under_way;  // null once the fetch is over, or was destroyed
    std::shared_ptr<async::event> done;
    std::shared_ptr<attempts> log;
    std::exception_ptr failure;
    std::optional<Response> value;
  };

  class completion {
   public:
    explicit completion(std::shared_ptr<shared> state) : state_(std::move(state)) {}
    completion(completion&&) noexcept = default;
    completion& operator=(completion&&) = delete;
    ~completion() {
      // Destroyed with its context without a result: who waits on another one is to know.
      if (state_) state_->ended();
    }
    void operator()(std::exception_ptr failure, Response value) {
      state_->failure = std::move(failure);
      if (!state_->failure) state_->value.emplace(std::move(value));
      state_->ended();
    }

   private:
    std::shared_ptr<shared> state_;
  };

  std::shared_ptr<shared> shared_;
};

}  // namespace mwaa_serverless
