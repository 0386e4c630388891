// One request quota for all processes of a fleet: an attempt_gate that asks a Redis before each attempt.
// usage: shared_quota REDIS CALLS [PATIENCE_MS [CALL_LIMIT_MS]]
//   REDIS is IP:PORT or the path of a Unix socket; the client takes its settings from the environment, as in
//   report.cpp.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <thread>

#include "redis_connection.hpp"
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using std::chrono::microseconds;
using std::chrono::steady_clock;

namespace {

// The quota that all processes share, which is a little less than what the service grants; and callers a process.
constexpr double attempts_a_second = 100;
constexpr int attempts_at_once = 5;
constexpr int callers = 10;

// A leaky bucket (GCRA): the key holds when, in microseconds by the one clock that all share, the bucket is empty
// again. Answers how long to wait until the caller's turn, which is booked, so callers of all processes go in the order
// in which they asked. A wait that would be too long is not booked, and answered as a negative number.
constexpr const char* book_a_turn = R"(
  local step, at_once, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local empty = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
  local wait = math.max(0, empty - now - (at_once - 1) * step)
  if wait > longest then return -wait end
  redis.call('SET', KEYS[1], string.format('%.0f', empty + step), 'EX', 86400)
  return wait)";

/// The turn of a caller that is cancelled while it waits stays booked: nobody gets it.
class redis_quota final : public mwaa::attempt_gate {
 public:
  redis_quota(asio::any_io_executor executor, std::string address, std::chrono::milliseconds time_limit)
      : redis_(std::move(executor), std::move(address), time_limit) {}

  // Redis lives in real time, so this gate does too: it does not go with a client in virtual time.
  asio::awaitable<std::optional<mwaa::error>> enter(std::string_view operation,
                                                    mwaa::clock::time_point deadline) override {
    const auto left = std::chrono::duration_cast<microseconds>(deadline - steady_clock::now());
    const auto step = static_cast<int>(1e6 / attempts_a_second);
    std::vector<std::string> script{"EVAL",
                                    book_a_turn,
                                    "1",
                                    "quota:" + std::string{operation},
                                    std::to_string(step),
                                    std::to_string(attempts_at_once),
                                    std::to_string(left.count())};
    const redis_answer wait = co_await redis_.command(std::move(script), deadline);
    if (steady_clock::now() >= deadline || (wait && *wait < 0)) {
      mwaa::error late{mwaa::errc::operation_timeout, "the fleet's quota has no turn for this call in time"};
      late.phase = mwaa::operation_phase::attempt_gate;
      co_return late;
    }
    if (!wait) {
      // Without Redis the attempt goes: the client's own throttle gate still protects the service.
      if (!alone_.exchange(true)) std::cerr << "going on without the shared quota: " + wait.error() + "\n";
      co_return std::nullopt;
    }
    if (alone_.exchange(false)) std::cerr << "the shared quota is back\n";
    asio::steady_timer turn{co_await asio::this_coro::executor, microseconds{*wait}};
    co_await turn.async_wait(asio::use_awaitable);
    ++turns_;
    co_return std::nullopt;
  }

  [[nodiscard]] int turns() const { return turns_; }

 private:
  redis_connection redis_;
  std::atomic<bool> alone_ = false;
  std::atomic<int> turns_ = 0;
};

std::atomic<int> calls_left = 0;
std::atomic<int> succeeded = 0;

asio::awaitable<void> call(mwaa::client client) {
  while (calls_left-- > 0) {
    const auto page = co_await mwaa::as_result(client.list_task_instances(
        {"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef", "run-finished"}));
    if (page)
      ++succeeded;
    else
      std::cerr << page.error().message + " (" + std::string{to_string(page.error().phase)} + ")\n";
  }
}

asio::awaitable<void> call_until(mwaa::client client, std::unique_ptr<asio::signal_set> stop) {
  using namespace asio::experimental::awaitable_operators;
  co_await (call(client) || stop->async_wait(asio::use_awaitable));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: shared_quota REDIS CALLS [PATIENCE_MS [CALL_LIMIT_MS]]\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);  // hiredis
  const int calls = std::stoi(argv[2]);
  calls_left = calls;
  asio::io_context io;
  const std::chrono::milliseconds time_limit{argc > 3 ? std::stoi(argv[3]) : 1000};
  const auto quota = std::make_shared<redis_quota>(io.get_executor(), argv[1], time_limit);
  auto config = mwaa::client_config::from_environment();
  config.attempt_limiter = quota;
  if (argc > 4) config.operation_timeout = std::chrono::milliseconds{std::stoi(argv[4])};
  const mwaa::client client{io.get_executor(), std::move(config)};
  for (int i = 0; i < callers; ++i) {
    const auto strand = asio::make_strand(io);
    // Made before there is a second thread: Asio of Boost 1.81 may lose all signals when two threads make the first
    // set.
    auto stop = std::make_unique<asio::signal_set>(strand, SIGINT, SIGTERM);
    asio::co_spawn(strand, call_until(client, std::move(stop)), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
  }
  std::thread second{[&io] { io.run(); }};  // client, gate and connection serve any number of threads
  io.run();
  second.join();
  const auto metrics = client.metrics();
  std::cout << calls << " calls: " << succeeded << " succeeded, " << metrics.attempts << " attempts, "
            << metrics.throttled << " throttled, " << quota->turns() << " turns of the shared quota\n";
  return succeeded == calls ? 0 : 1;
}
