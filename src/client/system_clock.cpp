#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mwaa_serverless/clock.hpp>

namespace mwaa_serverless {

namespace {

class system_clock final : public clock {
 public:
  time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  wall_time_point wall_now() const noexcept override { return std::chrono::system_clock::now(); }

  boost::asio::awaitable<void> sleep_until(time_point when) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer{executor, when};
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
};

}  // namespace

std::shared_ptr<clock> make_system_clock() {
  return std::make_shared<system_clock>();
}

}  // namespace mwaa_serverless
