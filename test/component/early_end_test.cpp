// Clients, configurations, providers and loops that go while something is under way; close() at odd moments.
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <memory>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::canned_service;

namespace {

/// Keys after ten seconds.
class slow_source final : public mwaa::credentials_provider {
 public:
  explicit slow_source(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}
  asio::awaitable<mwaa::result<std::shared_ptr<const mwaa::credentials>>> get(mwaa::clock::time_point) override {
    co_await time_->sleep_until(time_->now() + 10s);
    co_return std::make_shared<const mwaa::credentials>("AKID", "secret");
  }

 private:
  std::shared_ptr<mwaa::clock> time_;
};

class slow_gate final : public mwaa::attempt_gate {
 public:
  explicit slow_gate(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}
  asio::awaitable<std::optional<mwaa::error>> enter(std::string_view, mwaa::clock::time_point) override {
    co_await time_->sleep_until(time_->now() + 10s);
    co_return std::nullopt;
  }

 private:
  std::shared_ptr<mwaa::clock> time_;
};

/// A canned transport whose prewarm() and close() take ten seconds.
class slow_network final : public mwaa::transport {
 public:
  explicit slow_network(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request&, mwaa::clock::time_point) override {
    co_await time_->sleep_until(time_->now() + 10s);
    co_return test::page({"x"});
  }
  asio::awaitable<mwaa::result<void>> prewarm(std::shared_ptr<const mwaa::origin>, std::size_t) override {
    co_await time_->sleep_until(time_->now() + 10s);
    ++warmed;
    co_return mwaa::result<void>{};
  }
  asio::awaitable<void> close() override {
    co_await time_->sleep_until(time_->now() + 10s);
    ++closed;
  }
  mwaa::transport_metrics metrics() const override { return {}; }

  int warmed = 0;
  int closed = 0;

 private:
  std::shared_ptr<mwaa::clock> time_;
};

// Where a call may stand when the world around it ends.
struct situation {
  const char* name;
  std::function<void(canned_service&)> prepare;
};

const std::vector<situation>& situations() {
  static const std::vector<situation> all{
      {"sending", [](auto& s) { s.network->script.emplace_back(test::page({"x"}), 10s); }},
      {"backing off", [](auto& s) { s.network->script.emplace_back(test::throttle(30)); }},
      {"at the gate", [](auto& s) { s.config.attempt_limiter = std::make_shared<slow_gate>(s.time); }},
      {"for keys", [](auto& s) { s.config.credentials = std::make_shared<slow_source>(s.time); }},
      {"for shared keys",
       [](auto& s) {
         mwaa::provider_options options;
         options.time = s.time;
         s.config.credentials = mwaa::make_cached_credentials(std::make_shared<slow_source>(s.time), options);
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("early end: the loop goes while calls, close() and prewarm() wait") {
  for (const situation& each : situations()) {
    for (const bool client_first : {false, true}) {
      CAPTURE(each.name);
      CAPTURE(client_first);
      int ended = 0;
      auto service = std::make_unique<canned_service>();
      each.prepare(*service);
      auto client = std::make_unique<mwaa::client>(service->make_client());
      for (int i = 0; i < 5; ++i) {
        asio::co_spawn(service->io, client->list_task_instances({"arn", "run"}),
                       [&ended](const std::exception_ptr&, auto&&) { ++ended; });
      }
      service->time->run_until(service->io, service->time->now() + 1s);
      asio::co_spawn(service->io, client->prewarm(), asio::detached);
      asio::co_spawn(service->io, client->close(), [&ended](const std::exception_ptr&) { ++ended; });
      service->time->run_until(service->io, service->time->now() + 1s);
      ended = 0;
      if (client_first) client.reset();
      service.reset();
      client.reset();
      CHECK(ended == 0);  // destroyed, not completed
    }
  }
}

namespace {

bool is_aborted(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  }
  return false;
}

}  // namespace

TEST_CASE("early end: the clock goes while somebody sleeps on it") {
  asio::io_context io;
  auto time = std::make_unique<mwaa::testing::virtual_clock>();
  int aborted = 0;
  const auto note = [&](const std::exception_ptr& failure) { aborted += is_aborted(failure) ? 1 : 0; };
  for (const auto length : {1s, 2s, 1s}) asio::co_spawn(io, time->sleep_until(time->now() + length), note);
  asio::co_spawn(io, time->sleep_until(mwaa::clock::time_point::max()), note);
  auto later = time->sleep_until(time->now() + 1s);
  auto at_once = time->sleep_until(time->now());
  io.poll();
  CHECK(time->sleepers() == 4);
  time.reset();
  CHECK(aborted == 0);  // by a turn of the loop
  asio::co_spawn(io, std::move(later), note);
  asio::co_spawn(io, std::move(at_once), note);
  io.restart();
  io.run_for(60s);  // run() would hang where a sleeper stays asleep
  CHECK(io.stopped());
  CHECK(aborted == 6);
}

TEST_CASE("early end: the clock goes with one who sleeps on a loop that does not run") {
  asio::io_context io;
  auto still = std::make_unique<asio::io_context>();
  auto time = std::make_unique<mwaa::testing::virtual_clock>();
  bool ended = false;
  asio::co_spawn(*still, time->sleep_until(time->now() + 2s), [&](const std::exception_ptr&) { ended = true; });
  still->poll();
  asio::co_spawn(io, time->sleep_until(time->now() + 1s), [&](const std::exception_ptr&) { time.reset(); });
  CHECK(time->run(io) == 1);
  CHECK_FALSE(time);
  CHECK_FALSE(ended);
  still.reset();
  CHECK_FALSE(ended);
}

TEST_CASE("early end: the calls of a client whose clock goes end with an error") {
  canned_service service;
  // A wrapper keeps the clock that the client is given alive; what it wraps goes.
  class lent_clock final : public mwaa::clock {
   public:
    explicit lent_clock(mwaa::clock& of) : of_(of) {}
    time_point now() const noexcept override { return gone ? last : last = of_.now(); }
    wall_time_point wall_now() const noexcept override { return {}; }
    asio::awaitable<void> sleep_until(time_point when) override { return of_.sleep_until(when); }
    bool gone = false;

   private:
    mwaa::clock& of_;
    mutable time_point last{};
  };
  auto time = std::make_unique<mwaa::testing::virtual_clock>();
  const auto lent = std::make_shared<lent_clock>(*time);
  service.config.time = lent;
  service.network->script.emplace_back(test::throttle(30));
  const auto client = service.make_client();
  std::exception_ptr failure;
  asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                 [&](const std::exception_ptr& e, auto&&) { failure = e; });
  time->run_until(service.io, time->now() + 1s);
  CHECK_FALSE(failure);
  (void)lent->now();
  lent->gone = true;
  time.reset();
  service.io.restart();
  service.io.run_for(60s);
  CHECK(service.io.stopped());
  REQUIRE(failure);
  CHECK_THROWS_AS(std::rethrow_exception(failure), mwaa::exception);
}

TEST_CASE("early end: a clock destroyed by what it wakes") {
  asio::io_context io;
  auto time = std::make_unique<mwaa::testing::virtual_clock>();
  asio::co_spawn(io, time->sleep_until(time->now() + 1s), [&](const std::exception_ptr&) { time.reset(); });
  time->run(io);
  CHECK_FALSE(time);
}

TEST_CASE("early end: one who sleeps until the end of time is not waited for") {
  asio::io_context io;
  mwaa::testing::virtual_clock time;
  bool woken = false;
  asio::co_spawn(io, time.sleep_until(mwaa::clock::time_point::max()),
                 [&](const std::exception_ptr&) { woken = true; });
  time.run(io);
  CHECK_FALSE(woken);
  CHECK(time.elapsed() == 0s);
}

TEST_CASE("early end: the handles go while their work runs on other threads") {
  asio::thread_pool threads{3};
  std::atomic<int> ended{0};
  constexpr int calls = 200;
  for (int i = 0; i < calls; ++i) {
    mwaa::client_config config;
    config.region = "us-east-1";
    config.endpoint_url = "http://127.0.0.1:1";  // refused
    config.retry.max_attempts = 1;
    class source final : public mwaa::credentials_provider {
     public:
      asio::awaitable<mwaa::result<std::shared_ptr<const mwaa::credentials>>> get(mwaa::clock::time_point) override {
        co_return std::make_shared<const mwaa::credentials>("AKID", "secret");
      }
    };
    config.credentials = mwaa::make_cached_credentials(std::make_shared<source>());
    const mwaa::client client{threads.get_executor(), std::move(config)};
    const auto strand = asio::make_strand(threads.get_executor());
    asio::co_spawn(strand, client.list_task_instances({"arn", "run"}),
                   [&ended](const std::exception_ptr& e, auto&&) { ended += e ? 1 : 0; });
    asio::co_spawn(threads, client.prewarm(2), [&ended](const std::exception_ptr& e) { ended += e ? 1 : 0; });
    if (i % 2 == 0) asio::co_spawn(strand, client.close(), asio::detached);
  }
  threads.join();
  CHECK(ended == 2 * calls);  // none succeeds: nobody listens there
}

TEST_CASE("close: twice at once, during prewarm(), and calls after it") {
  canned_service service;
  const auto net = std::make_shared<slow_network>(service.time);
  service.config.network = net;
  const auto client = service.make_client();
  std::vector<std::string> events;
  const auto note = [&events](const char* what) {
    return [&events, what](const std::exception_ptr& e) { events.push_back(std::string{what} + (e ? " failed" : "")); };
  };
  asio::co_spawn(service.io, client.prewarm(), note("prewarm"));
  service.time->run_until(service.io, service.time->now() + 1s);
  asio::co_spawn(service.io, client.close(), note("close"));
  asio::co_spawn(service.io, client.close(), note("close"));
  service.time->run_until(service.io, service.time->now() + 1s);
  CHECK(events.empty());
  CHECK(net->closed == 0);  // prewarm() is under way
  asio::co_spawn(service.io, client.prewarm(), note("late prewarm"));
  service.time->run(service.io);
  CHECK(events == std::vector<std::string>{"late prewarm failed", "prewarm", "close", "close"});
  CHECK(net->warmed == 1);
  const auto refused = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"})));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == mwaa::errc::client_closed);
  service.run(client.close());
  CHECK(service.run(mwaa::as_result(client.prewarm())).error().code == mwaa::errc::client_closed);
}

TEST_CASE("close: one that is cancelled leaves the client closed, and the next one drains") {
  canned_service service;
  service.network->script.emplace_back(test::page({"x"}), 10s);
  const auto client = service.make_client();
  bool listed = false;
  asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                 [&](const std::exception_ptr& e, auto&&) { listed = !e; });
  service.time->run_until(service.io, service.time->now() + 1s);
  asio::cancellation_signal stop;
  bool cancelled = false;
  asio::co_spawn(service.io, client.close(),
                 asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& e) { cancelled = !!e; }));
  service.time->run_until(service.io, service.time->now() + 1s);
  stop.emit(asio::cancellation_type::terminal);
  service.time->run_until(service.io, service.time->now() + 1s);
  CHECK(cancelled);
  CHECK_FALSE(service.network->closed);
  service.run(client.close());
  CHECK(listed);
  CHECK(service.network->closed);
}

TEST_CASE("may_have_reached_service: what a call's failure says about its attempts") {
  const auto lost = [](bool reached) {
    mwaa::error out{mwaa::errc::connection_lost, "reset"};
    out.may_have_reached_service = reached;
    return out;
  };
  struct row {
    const char* name;
    std::vector<test::canned_answer> answers;
    bool reached;
  };
  const std::vector<row> rows{
      {"refused by the service", {test::response(400, R"({"__type":"ValidationException"})")}, true},
      {"throttled", {test::throttle()}, true},
      {"a page that cannot be read", {test::response(200, "{")}, true},
      {"lost before a byte was sent", {lost(false)}, false},
      {"lost after it", {lost(true)}, true},
      {"an attempt before the last one reached it", {lost(true), lost(false)}, true},
      {"no attempt did", {lost(false), lost(false)}, false},
  };
  for (const row& each : rows) {
    CAPTURE(each.name);
    canned_service service;
    for (const auto& answer : each.answers) service.network->script.push_back(answer);
    const auto options = mwaa::call_options{}.with_max_attempts(static_cast<int>(each.answers.size()));
    const auto got = service.run(mwaa::as_result(service.make_client().list_task_instances({"arn", "run"}, options)));
    REQUIRE(got.has_error());
    CHECK(got.error().may_have_reached_service == each.reached);
  }
  SUBCASE("the deadline passed in an attempt") {
    canned_service service;
    service.network->script.emplace_back(test::page({"late"}), 10s);
    const auto got = service.run(mwaa::as_result(
        service.make_client().list_task_instances({"arn", "run"}, mwaa::call_options{}.with_operation_timeout(3s))));
    REQUIRE(got.has_error());
    CHECK(got.error().code == mwaa::errc::operation_timeout);
    CHECK(got.error().may_have_reached_service);
  }
  SUBCASE("no keys") {
    canned_service service;
    service.config.credentials = nullptr;
    const auto got = service.run(mwaa::as_result(service.make_client().list_task_instances({"arn", "run"})));
    REQUIRE(got.has_error());
    CHECK_FALSE(got.error().may_have_reached_service);
  }
}
