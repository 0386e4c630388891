#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <mwaa_serverless/clock.hpp>
#include <tuple>
#include <utility>

#include "async/start_operation.hpp"

namespace mwaa_serverless {

namespace {

class system_clock final : public clock {
 public:
  time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  wall_time_point wall_now() const noexcept override { return std::chrono::system_clock::now(); }

  boost::asio::awaitable<void> sleep_until(time_point when) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer{executor, when};
    const auto start = [&timer](auto handler) { timer.async_wait(std::move(handler)); };
    const std::tuple<boost::system::error_code> ended = co_await async::start_operation(start);
    const boost::system::error_code code = std::get<0>(ended);
    async::throw_if_no_memory(code);
    if (code) throw boost::system::system_error(code, "sleep_until");
  }
};

}  // namespace

std::shared_ptr<clock> make_system_clock() {
  return std::make_shared<system_clock>();
}

}  // namespace mwaa_serverless
