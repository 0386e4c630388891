// A whole client over real sockets: threads under throttling, and cancellation at any step of an exchange.
#include <doctest/doctest.h>
#include <algorithm>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/open_descriptors.hpp"
#include "support/repetitions.hpp"
#include "support/scripted_server.hpp"
#include "testing/local_service.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;

namespace {

mwaa::list_task_instances_request request_for(const char* run_id) {
  return {testing::emulator::default_workflow_arn, run_id};
}

// The server notices closed connections a little later.
void wait_until_closed(std::size_t descriptors) {
  const auto time_limit = std::chrono::steady_clock::now() + 20s;
  while (test::open_descriptors() > descriptors && std::chrono::steady_clock::now() < time_limit)
    std::this_thread::sleep_for(1ms);
}

/// The machine's clock, begun at another time.
class shifted_clock final : public mwaa::clock {
 public:
  explicit shifted_clock(time_point::duration by) : by_(by) {}
  time_point now() const noexcept override { return machine_->now() + by_; }
  wall_time_point wall_now() const noexcept override { return machine_->wall_now(); }
  asio::awaitable<void> sleep_until(time_point when) override { return machine_->sleep_until(when - by_); }

 private:
  const std::shared_ptr<mwaa::clock> machine_ = mwaa::make_system_clock();
  const time_point::duration by_;
};

/// Counts attempts from all threads.
class counting_observer final : public mwaa::observer {
 public:
  void attempt_started(const operation_id&, int) noexcept override { ++started; }
  void attempt_ended(const operation_id&, const mwaa::attempt_record& attempt) noexcept override {
    ++ended;
    if (attempt.http_status == 429) ++throttled;
  }
  void operation_ended(const operation_id&, std::chrono::nanoseconds, const mwaa::error*) noexcept override {
    ++operations;
  }

  std::atomic<int> started{0};
  std::atomic<int> ended{0};
  std::atomic<int> throttled{0};
  std::atomic<int> operations{0};
};

}  // namespace

TEST_CASE("client: a clock that begins anywhere, with the real network") {
  for (const auto by : {-std::chrono::hours{1} * 24 * 365, std::chrono::hours{0}, std::chrono::hours{24 * 365 * 10}}) {
    CAPTURE(by.count());
    testing::local_service service{{}};
    auto config = service.config();
    config.time = std::make_shared<shifted_clock>(by);
    config.retry.max_attempts = 1;
    asio::io_context io;
    const mwaa::client client{io.get_executor(), config};
    service.emulator.script(
        {testing::fault::delay(1ms), testing::fault::never_answer(), testing::fault::never_answer()});
    auto work = [&]() -> asio::awaitable<void> {
      const auto page = co_await client.list_task_instances(request_for("run-finished"));
      CHECK(page.task_instances.size() == 20);
      auto late = co_await mwaa::as_result(
          client.list_task_instances(request_for("run-finished"), mwaa::call_options{}.with_attempt_timeout(100ms)));
      REQUIRE(late.has_error());
      CHECK(late.error().code == mwaa::errc::attempt_timeout);
      late = co_await mwaa::as_result(
          client.list_task_instances(request_for("run-finished"), mwaa::call_options{}.with_operation_timeout(100ms)));
      REQUIRE(late.has_error());
      CHECK(late.error().code == mwaa::errc::operation_timeout);
    };
    std::exception_ptr failure;
    asio::co_spawn(io, work(), [&](const std::exception_ptr& e) { failure = e; });
    io.run();
    CHECK_FALSE(failure);
  }
}

TEST_CASE("client: four threads share one client and one throttled quota") {
  for (const auto mode : {mwaa::retry_mode::standard, mwaa::retry_mode::adaptive}) {
    CAPTURE(to_string(mode));
    testing::emulator_options options;
    options.rate_limit = 400;
    options.burst = 10;  // fewer than there are connections: also a slow machine is throttled
    testing::local_service service{options};
    // Whatever the machine's speed; with hints, by which the gate of standard mode goes.
    for (int i = 0; i < 8; ++i) service.emulator.script(testing::fault::throttle(1s));
    const auto seen = std::make_shared<counting_observer>();
    auto config = service.config();
    config.retry.mode = mode;
    config.retry.max_attempts = 50;  // the rate of a machine under sanitizers is anybody's guess
    config.max_connections = 16;
    config.attempt_observer = seen;

    asio::io_context io{4};
    const mwaa::client client{io.get_executor(), config};
    std::atomic<int> succeeded{0};
    std::atomic<int> wrong{0};
    constexpr int callers = 64;
    constexpr int calls = 3;
    const auto work = [](mwaa::client api, std::atomic<int>& good, std::atomic<int>& bad) -> asio::awaitable<void> {
      for (int i = 0; i < calls; ++i) {
        auto page = co_await mwaa::as_result(api.list_task_instances(request_for("run-failed")));
        ++(page && page->task_instances.size() == 12 ? good : bad);
        (void)api.metrics();
      }
    };
    for (int i = 0; i < callers; ++i)
      asio::co_spawn(io, work(client, succeeded, wrong), [](std::exception_ptr e) { CHECK_FALSE(e); });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&io] { io.run(); });
    for (auto& each : threads) each.join();

    CHECK(succeeded == callers * calls);
    CHECK(wrong == 0);
    const auto metrics = client.metrics();
    CHECK(seen->operations == callers * calls);
    CHECK(seen->started == seen->ended);
    CHECK(static_cast<std::uint64_t>(seen->throttled) == metrics.throttled);
    CHECK(metrics.throttled > 0);
    CHECK(metrics.transport.in_use == 0);
    REQUIRE(metrics.gates.size() == 1);
    CHECK(metrics.gates[0].waiting == 0);
    CHECK(metrics.gates[0].rate > 0);
  }
}

TEST_CASE("client: 10,000 operations cancelled at random steps leave no connection and no descriptor behind") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    testing::local_service service{{}, tls};
    service.emulator.strike_randomly(0.1, {testing::fault::delay(2ms), testing::fault::close_inside_body(),
                                           testing::fault::throttle(), testing::fault::status(500)});
    const std::size_t before = test::open_descriptors();
    {
      auto config = service.config();
      config.max_connections = 8;
      asio::io_context io{1};
      const mwaa::client client{io.get_executor(), config};
      std::mt19937 random{20261123};
      int ended = 0;
      int aborted = 0;
      constexpr int batch = 50;
      for (int round = 0; round < test::on_one_thread(100); ++round) {
        std::vector<asio::cancellation_signal> signals(batch);
        const int ended_before = ended;
        for (auto& signal : signals) {
          asio::co_spawn(io, client.list_task_instances(request_for("run-failed")),
                         asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, auto&&) {
                           ++ended;
                           if (!e) return;
                           try {
                             std::rethrow_exception(e);
                           } catch (const mwaa::exception&) {
                           } catch (const boost::system::system_error& failure) {
                             CHECK(failure.code() == asio::error::operation_aborted);
                             ++aborted;
                           }
                         }));
        }
        io.restart();
        for (auto& signal : signals) {
          // A random number of the loop's steps: connecting, handshake, writing, reading, in line, backing off.
          for (int steps = std::uniform_int_distribution<int>{0, tls ? 60 : 30}(random); steps > 0; --steps)
            if (io.run_one_for(1ms) == 0) break;
          signal.emit(asio::cancellation_type::terminal);
        }
        io.restart();
        io.poll();  // cancellation is prompt: no peer is waited for
        CHECK(ended - ended_before == batch);
      }
      CHECK(aborted > 0);  // how many, and whether any succeeded, depends on the machine
      CHECK(client.metrics().transport.in_use == 0);
      CHECK(client.metrics().transport.waiting == 0);
      CHECK(client.metrics().transport.open <= 8);

      service.emulator.strike_randomly(0);
      std::size_t items = 0;
      asio::co_spawn(io, client.list_task_instances(request_for("run-failed")),
                     [&](std::exception_ptr e, const mwaa::list_task_instances_response& page) {
                       CHECK_FALSE(e);
                       items = page.task_instances.size();
                     });
      io.restart();
      io.run();  // ends: an idle client has no pending work
      CHECK(items == 12);
    }
    wait_until_closed(before);
    CHECK(test::open_descriptors() <= before);
  }
}

TEST_CASE("client: 4,096 polls at once through 64 connections") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    testing::local_service service{{}, tls};
    const std::size_t before = test::open_descriptors();
    {
      auto config = service.config();
      config.max_connections = 64;
      config.attempt_timeout = 10min;  // the wait in line is a part of it
      asio::io_context io{1};
      const mwaa::client client{io.get_executor(), config};
      constexpr int polls = 4096;
      int complete = 0;
      std::size_t most_open = 0;
      for (int i = 0; i < polls; ++i) {
        asio::co_spawn(io, client.list_task_instances(request_for("run-failed")),
                       [&](std::exception_ptr e, const mwaa::list_task_instances_response& page) {
                         CHECK_FALSE(e);
                         complete += page.task_instances.size() == 12 ? 1 : 0;
                         most_open = std::max(most_open, test::open_descriptors());
                       });
      }
      io.run();
      CHECK(complete == polls);
      const auto metrics = client.metrics().transport;
      CHECK(metrics.connections_opened == 64);
      CHECK(metrics.connections_reused == polls - 64);
      CHECK(metrics.waited == polls - 64);
      CHECK(metrics.waiting == 0);
      CHECK(metrics.refused == 0);
      CHECK(most_open <= before + 2 * 64 + 4);  // both ends of each connection, and the loop's own
    }
    wait_until_closed(before);
    CHECK(test::open_descriptors() <= before);
  }
}

TEST_CASE("client: connections are opened before the first call") {
  testing::local_service service{{}, true};
  auto config = service.config();
  config.max_connections = 8;
  asio::io_context io{1};
  const mwaa::client client{io.get_executor(), config};
  const auto prewarm = [&](std::size_t connections) {
    boost::system::error_code got;
    asio::co_spawn(io, client.prewarm(connections), [&](std::exception_ptr e) {
      try {
        if (e) std::rethrow_exception(e);
      } catch (const mwaa::exception& refused) {
        got = refused.code();
      }
    });
    io.restart();
    io.run();
    return got;
  };
  CHECK(prewarm(0) == mwaa::errc::invalid_argument);
  CHECK(prewarm(9) == mwaa::errc::invalid_argument);
  CHECK_FALSE(prewarm(8));
  CHECK(client.metrics().transport.idle == 8);
  CHECK(client.metrics().transport.tls_handshakes == 8);
  asio::co_spawn(io, client.list_task_instances(request_for("run-failed")),
                 [&](std::exception_ptr e, auto&&) { CHECK_FALSE(e); });
  io.restart();
  io.run();
  CHECK(client.metrics().transport.connections_opened == 8);
  asio::co_spawn(io, client.close(), [&](std::exception_ptr e) { CHECK_FALSE(e); });
  io.restart();
  io.run();
  CHECK(prewarm(1) == mwaa::errc::client_closed);
}

TEST_CASE("client: connections opened ahead on a bare thread_pool, cancelled or not") {
  testing::local_service service{{}, true};
  auto config = service.config();
  config.max_connections = 8;
  for (int round = 0; round < 20; ++round) {
    asio::thread_pool threads{4};
    std::atomic<int> ended{0};
    {
      const mwaa::client client{threads.get_executor(), config};
      const auto strand = asio::make_strand(threads.get_executor());
      asio::cancellation_signal stop;
      asio::co_spawn(threads, client.prewarm(8), [&ended](const std::exception_ptr&) { ++ended; });
      asio::co_spawn(strand, client.prewarm(4),
                     asio::bind_cancellation_slot(stop.slot(), [&ended](const std::exception_ptr&) { ++ended; }));
      if (round % 2 == 0)
        asio::post(strand, [&stop] { stop.emit(asio::cancellation_type::terminal); });
      else
        asio::co_spawn(threads, client.close(), [](const std::exception_ptr&) {});
      threads.join();
    }
    CHECK(ended == 2);
  }
}

TEST_CASE("client: the loop goes while connections are opened ahead, and while close() waits for that") {
  const test::silent_address nobody;
  auto io = std::make_unique<asio::io_context>();
  mwaa::client_config config;
  config.region = "us-east-1";
  config.endpoint_url = "http://127.0.0.1:" + std::to_string(nobody.port());
  config.credentials = mwaa::make_static_credentials({"AKID", "secret"});
  auto client = std::make_unique<mwaa::client>(io->get_executor(), config);
  int ended = 0;
  const auto note = [&ended](const std::exception_ptr&) { ++ended; };
  asio::co_spawn(*io, client->prewarm(4), note);
  asio::co_spawn(*io, client->list_task_instances(request_for("run")),
                 [&ended](const std::exception_ptr&, auto&&) { ++ended; });
  io->poll();
  CHECK(client->metrics().transport.in_use == 5);
  asio::co_spawn(*io, client->close(), note);
  asio::co_spawn(*io, client->close(), note);
  io->restart();
  io->poll();
  client.reset();
  io.reset();
  CHECK(ended == 0);
}

TEST_CASE("client: an unreadable CA bundle is refused for https, and no matter for http") {
  asio::io_context io;
  mwaa::client_config config;
  config.region = "us-east-1";
  config.ca_bundle = "/nowhere/at/all.pem";
  config.endpoint_url = "http://127.0.0.1:1";
  CHECK_NOTHROW(mwaa::client(io.get_executor(), config));
  config.endpoint_url = "https://127.0.0.1:1";
  CHECK_THROWS_AS(mwaa::client(io.get_executor(), config), mwaa::exception);
}
