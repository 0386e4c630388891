// Work that runs beside its owner, who takes what it brings in the end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "async/event.hpp"
#include "async/side_task.hpp"

namespace mwaa_serverless::async {

/// Runs from construction on, on a strand of its own; dropping the object cancels it. (Several in one parallel_group of
/// Asio's, or behind `||`, would need a strand around all of them and their owner.)
template <class T>
class background {
 public:
  background(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> work)
      : done_(std::make_shared<event>()), task_(std::make_unique<side_task<T>>(executor, std::move(work), done_)) {}

  /// What the work returned, or its exception. Once only. The object outlives the awaitable.
  boost::asio::awaitable<T> get() {
    co_await done_->wait();
    if (const auto failure = task_->failure()) std::rethrow_exception(failure);
    if (task_->abandoned()) throw boost::system::system_error(boost::asio::error::operation_aborted, "background");
    co_return task_->take();
  }

 private:
  std::shared_ptr<event> done_;
  std::unique_ptr<side_task<T>> task_;
};

}  // namespace mwaa_serverless::async
