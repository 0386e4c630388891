#include "async/event.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <tuple>
#include <utility>

#include "async/start_operation.hpp"

namespace mwaa_serverless::async {

namespace asio = boost::asio;

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

void event::set() noexcept {
  const std::lock_guard lock{mutex_};
  set_ = true;
  if (timer_ != nullptr) timer_->cancel();
}

asio::awaitable<bool> event::wait() {
  const auto self = shared_from_this();
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, deadline_};
  const waiting lent{*this, timer};
  // Starting the wait and set() may meet on two threads: one of them comes first, and either way the waiter is woken.
  const auto start = [&self, &timer](auto handler) {
    // The waiter may be woken, and may destroy this object, before the lock is given back.
    const auto keep_alive = self;
    const std::lock_guard lock{keep_alive->mutex_};
    if (keep_alive->set_) timer.expires_at(clock::time_point::min());
    timer.async_wait(std::move(handler));
  };
  const std::tuple<boost::system::error_code> ended = co_await start_operation(start);
  const boost::system::error_code code = std::get<0>(ended);
  throw_if_no_memory(code);
  const std::lock_guard lock{mutex_};
  if (!set_ && code == asio::error::operation_aborted) throw boost::system::system_error(code, "wait");
  co_return set_;
}

}  // namespace mwaa_serverless::async
