// Something that one coroutine waits for and another brings about.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <mwaa_serverless/clock.hpp>

namespace mwaa_serverless::net {

/// Set once, from any thread; waited for by one coroutine. Held by shared_ptr.
class event : public std::enable_shared_from_this<event> {
 public:
  /// `executor` is the waiter's: it is woken by a post to it. The wait ends at `deadline` at the latest.
  event(const boost::asio::any_io_executor& executor, clock::time_point deadline);

  void set();
  /// True when set() was called, false when the time was up first. Cancelled through Asio: throws
  /// system_error(operation_aborted), as a timer does.
  [[nodiscard]] boost::asio::awaitable<bool> wait();

 private:
  struct begin_waiting;

  std::mutex mutex_;
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

}  // namespace mwaa_serverless::net
