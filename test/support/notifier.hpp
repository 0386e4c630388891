// Something that a test brings about at the moment it chooses.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace test {

namespace asio = boost::asio;

/// Two bells that are rung in one turn of the loop end their waits one right after the other: the second has ended
/// already when the first can cancel it. One waiter at a time.
class notifier {
 public:
  explicit notifier(asio::io_context& io) : timer_(io, asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> wait() {
    rung_ = false;
    waiting_ = true;
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    waiting_ = false;
    if (!rung_) throw boost::system::system_error(asio::error::operation_aborted, "notifier");
  }
  void ring() {
    rung_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool waiting() const { return waiting_; }

 private:
  asio::steady_timer timer_;
  bool rung_ = false;
  bool waiting_ = false;
};

/// Rings both in the same turn, `first` first, as often as somebody waits for `first`.
inline void ring_together(asio::io_context& io, notifier& first, notifier& second) {
  for (;;) {
    io.restart();
    io.poll();
    if (!first.waiting() && !second.waiting()) return;
    first.ring();
    second.ring();
  }
}

}  // namespace test
