// Something that one coroutine waits for and another brings about.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <mwaa_serverless/clock.hpp>
#include <vector>

namespace mwaa_serverless::async {

/// Set once, from any thread; waited for by one coroutine. Held by shared_ptr.
class event : public std::enable_shared_from_this<event> {
 public:
  /// The wait ends at `deadline` at the latest.
  explicit event(clock::time_point deadline = clock::time_point::max());

  void set() noexcept;
  /// True when set() was called, false when the time was up first. The waiter is woken by a post to its own executor.
  /// Cancelled through Asio: throws system_error(operation_aborted), as a timer does.
  [[nodiscard]] boost::asio::awaitable<bool> wait();

 private:
  class waiting;

  const clock::time_point deadline_;
  std::mutex mutex_;
  // Lives in the coroutine that waits, and goes with it: so an event may outlive the io_context of its waiter.
  boost::asio::steady_timer* timer_ = nullptr;
  bool set_ = false;
};

/// Those who wait until the last of something has gone. Guarded by the lock that guards the something.
class latch {
 public:
  /// For one coroutine to wait for.
  [[nodiscard]] std::shared_ptr<event> join() { return waiting_.emplace_back(std::make_shared<event>()); }
  void open() noexcept {
    for (const auto& each : waiting_) each->set();
    waiting_.clear();
  }

 private:
  std::vector<std::shared_ptr<event>> waiting_;
};

}  // namespace mwaa_serverless::async
