#include "transport/event.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace mwaa_serverless::net {

namespace asio = boost::asio;

// Starting the wait and set() may meet on two threads: one of them comes first, and either way the waiter is woken.
struct event::begin_waiting {
  std::shared_ptr<event> self;

  template <class Handler>
  void operator()(Handler&& handler) const {
    // The waiter may be woken, and may destroy this object, before the lock is given back.
    const auto keep_alive = self;
    const std::lock_guard lock{keep_alive->mutex_};
    if (keep_alive->set_) keep_alive->timer_->expires_at(clock::time_point::min());
    keep_alive->timer_->async_wait(std::forward<Handler>(handler));
  }
};

// Lends the waiter's timer to the event.
class event::waiting {
 public:
  waiting(event& of, asio::steady_timer& timer) : event_(of) {
    const std::lock_guard lock{event_.mutex_};
    event_.timer_ = &timer;
  }
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;
  ~waiting() {
    const std::lock_guard lock{event_.mutex_};
    event_.timer_ = nullptr;
  }

 private:
  event& event_;
};

event::event(clock::time_point deadline) : deadline_(deadline) {}

void event::set() {
  const std::lock_guard lock{mutex_};
  set_ = true;
  if (timer_ != nullptr) timer_->cancel();
}

asio::awaitable<bool> event::wait() {
  const auto self = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, deadline_};
  const waiting lent{*this, timer};
  boost::system::error_code code;
  auto token = asio::redirect_error(asio::use_awaitable, code);
  begin_waiting begin{self};
  co_await asio::async_initiate<decltype(token), void(boost::system::error_code)>(begin, token);
  const std::lock_guard lock{mutex_};
  if (!set_ && code == asio::error::operation_aborted) throw boost::system::system_error(code, "wait");
  co_return set_;
}

}  // namespace mwaa_serverless::net
