#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <utility>

namespace mwaa_serverless::testing {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// A sleeping coroutine: a timer that never expires by itself and is cancelled to wake it. So cancellation, executors
// and the destruction of an io_context with sleepers are Asio's own.
struct sleeper {
  asio::steady_timer* timer;
  bool* woken;
};
using sleepers_by_time = std::multimap<clock::time_point, sleeper>;

// Takes its entry out on every way out of the sleep.
class registration {
 public:
  registration(sleepers_by_time& sleepers, sleepers_by_time::iterator position, const bool& woken)
      : sleepers_(sleepers), position_(position), woken_(woken) {}
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  ~registration() {
    if (!woken_) sleepers_.erase(position_);
  }

 private:
  sleepers_by_time& sleepers_;
  sleepers_by_time::iterator position_;
  const bool& woken_;
};

}  // namespace

struct virtual_clock::state {
  explicit state(wall_time_point wall) : start_wall(wall) {}

  // Not zero: a time point of zero is too easily taken for "not set".
  const time_point start{1h};
  const wall_time_point start_wall;
  time_point now{start};
  sleepers_by_time sleepers;
  bool gone = false;
};

virtual_clock::virtual_clock() : virtual_clock(wall_time_point{std::chrono::seconds{1'767'225'600}}) {}
virtual_clock::virtual_clock(wall_time_point wall) : state_(std::make_shared<state>(wall)) {}
virtual_clock::~virtual_clock() {
  state_->gone = true;
  for (const auto& [when, each] : state_->sleepers) each.timer->cancel();  // each takes its own entry out
}

clock::time_point virtual_clock::now() const noexcept {
  return state_->now;
}

clock::wall_time_point virtual_clock::wall_now() const noexcept {
  const auto passed = std::chrono::duration_cast<wall_time_point::duration>(elapsed());
  return state_->start_wall > wall_time_point::max() - passed ? wall_time_point::max() : state_->start_wall + passed;
}

std::chrono::nanoseconds virtual_clock::elapsed() const noexcept {
  return state_->now - state_->start;
}

std::size_t virtual_clock::sleepers() const noexcept {
  return state_->sleepers.size();
}

asio::awaitable<void> virtual_clock::sleep_until(time_point when) {
  return sleep(state_, when);  // the clock may go before its sleepers
}

asio::awaitable<void> virtual_clock::sleep(std::shared_ptr<state> shared, time_point when) {
  const auto aborted = [] { return boost::system::system_error(asio::error::operation_aborted, "sleep_until"); };
  if (shared->gone) throw aborted();
  if (when <= shared->now) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, time_point::max()};
  bool woken = false;
  const auto position = shared->sleepers.emplace(when, sleeper{&timer, &woken});
  const registration entry{shared->sleepers, position, woken};
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (!woken) throw aborted();
}

std::size_t virtual_clock::run(asio::io_context& io) {
  return run_until(io, time_point::max());
}

std::size_t virtual_clock::run_until(asio::io_context& io, time_point when) {
  const auto shared = state_;  // a handler may destroy the clock
  std::size_t wake_ups = 0;
  for (;;) {
    io.restart();
    io.poll();
    if (shared->gone) break;
    const auto first = shared->sleepers.begin();
    // One who sleeps until the end of time is not waited for.
    if (first == shared->sleepers.end() || first->first > when || first->first == time_point::max()) break;
    // One at a time, in order of time and then of arrival: every run takes the same steps.
    const sleeper next = first->second;
    shared->now = std::max(shared->now, first->first);
    shared->sleepers.erase(first);
    *next.woken = true;
    next.timer->cancel();
    ++wake_ups;
  }
  if (when != time_point::max()) shared->now = std::max(shared->now, when);
  return wake_ups;
}

}  // namespace mwaa_serverless::testing
