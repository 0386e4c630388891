// Cancelling and deadlines at any moment, in virtual time: nothing is left behind, and the client still works.
#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <mwaa_serverless/client.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/emulated_client.hpp"
#include "support/repetitions.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using test::config_for;
using test::emulated_service;
using test::request_for;
using testing::fault;

namespace {

testing::emulator_options slow_and_strict() {
  testing::emulator_options options;
  options.latency = 50ms;
  options.rate_limit = 100;
  options.burst = 20;
  return options;
}

/// Neither keys nor permission ever come.
class silent_provider final : public mwaa::credentials_provider {
 public:
  explicit silent_provider(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}
  asio::awaitable<mwaa::result<std::shared_ptr<const mwaa::credentials>>> get(
      mwaa::clock::time_point deadline) override {
    co_await time_->sleep_until(deadline);
    co_return mwaa::error(mwaa::errc::credentials_failed, "the source did not answer in time");
  }

 private:
  std::shared_ptr<mwaa::clock> time_;
};

class closed_gate final : public mwaa::attempt_gate {
 public:
  explicit closed_gate(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}
  asio::awaitable<std::optional<mwaa::error>> enter(std::string_view, mwaa::clock::time_point deadline) override {
    co_await time_->sleep_until(deadline);
    co_return mwaa::error(mwaa::errc::operation_timeout, "no permission in time");
  }

 private:
  std::shared_ptr<mwaa::clock> time_;
};

}  // namespace

TEST_CASE("cancellation and deadline: while keys are fetched, and at the caller's gate") {
  for (const bool keys : {true, false}) {
    CAPTURE(keys);
    emulated_service service;
    auto config = config_for(service);
    if (keys)
      config.credentials = std::make_shared<silent_provider>(service.time);
    else
      config.attempt_limiter = std::make_shared<closed_gate>(service.time);
    config.attempt_timeout = 1h;
    const mwaa::client client{service.io.get_executor(), config};
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(service.io, client.list_task_instances(request_for("run-failed")),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, auto&&) { failure = e; }));
    service.time->run_until(service.io, service.time->now() + 10s);
    CHECK_FALSE(failure);
    signal.emit(asio::cancellation_type::terminal);
    service.io.restart();
    service.io.poll();
    REQUIRE(failure);
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      CHECK(e.code() == asio::error::operation_aborted);
    }
    CHECK(service.time->sleepers() == 0);

    const auto before = service.time->now();
    auto outcome = test::run(service.io, *service.time,
                             mwaa::as_result(client.list_task_instances(
                                 request_for("run-failed"), mwaa::call_options{}.with_operation_timeout(3s))));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().phase == (keys ? mwaa::operation_phase::credentials : mwaa::operation_phase::attempt_gate));
    CHECK(service.time->now() - before == 3s);
    CHECK(service.emulator.request_count() == 0);
  }
}

TEST_CASE("cancellation: 10,000 operations at random moments leave nothing behind") {
  auto options = slow_and_strict();
  options.rate_limit = 2000;
  emulated_service service{options};
  const mwaa::client client{service.io.get_executor(), config_for(service)};
  service.emulator.strike_randomly(0.05);
  std::mt19937 random{20261123};
  int ended = 0;
  int aborted = 0;
  int other = 0;
  std::set<std::string> moments;  // what the client was doing, roughly: proof that the phases were met
  constexpr int batch = 100;
  constexpr int rounds = test::on_one_thread(100);
  for (int round = 0; round < rounds; ++round) {
    std::vector<asio::cancellation_signal> signals(batch);
    for (auto& signal : signals) {
      asio::co_spawn(service.io, client.list_task_instances(request_for("run-failed")),
                     asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e, auto&&) {
                       ++ended;
                       if (!e) return;
                       try {
                         std::rethrow_exception(e);
                       } catch (const mwaa::exception&) {
                         ++other;
                       } catch (const boost::system::system_error& failure) {
                         CHECK(failure.code() == asio::error::operation_aborted);
                         ++aborted;
                       }
                     }));
    }
    // Each is cancelled at a moment of its own.
    std::vector<int> order(batch);
    for (int i = 0; i < batch; ++i) order[static_cast<std::size_t>(i)] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (const int i : order) {
      const auto step = std::chrono::microseconds{std::uniform_int_distribution<int>{0, 60'000}(random)};
      service.time->run_until(service.io, service.time->now() + step);
      const auto metrics = client.metrics();
      if (metrics.gates.at(0).waiting > 0) moments.insert("in line");
      if (metrics.transport.in_use > 0) moments.insert("in an exchange");
      if (service.time->sleepers() > metrics.transport.in_use + 1) moments.insert("backing off");
      const int before = ended;
      signals[static_cast<std::size_t>(i)].emit(asio::cancellation_type::terminal);
      service.io.restart();
      service.io.poll();  // no time passes: cancellation is prompt
      CHECK(ended <= before + 1);
    }
    CHECK(ended == (round + 1) * batch);
    CHECK(service.time->sleepers() == 0);
    CHECK(client.metrics().gates.at(0).waiting == 0);
    CHECK(client.metrics().transport.in_use == 0);
  }
  CHECK(aborted > rounds * batch / 10);
  CHECK(ended - aborted - other > rounds * batch / 10);
  CHECK(moments == std::set<std::string>{"in line", "in an exchange", "backing off"});
  service.emulator.strike_randomly(0);
  const auto page = test::run(service.io, *service.time, client.list_task_instances(request_for("run-failed")));
  CHECK(page.task_instances.size() == 12);
}

TEST_CASE("deadline: no operation ends after it, whatever happens on the way") {
  std::vector<fault> faults = testing::transient_faults();
  for (const fault& each :
       {fault::never_answer(), fault::throttle(), fault::throttle(3s), fault::status(500), fault::status(503),
        fault::html(502), fault::garbage(), fault::drip(1, 100ms), fault::delay(700ms), fault::close_inside_body()})
    faults.push_back(each);
  for (const fault& each : faults) {
    CAPTURE(each.name());
    for (int milliseconds = 1; milliseconds <= 6000; milliseconds += 1 + milliseconds / 3) {
      const std::chrono::milliseconds limit{milliseconds};
      CAPTURE(limit.count());
      emulated_service service{slow_and_strict()};
      const mwaa::client client{service.io.get_executor(), config_for(service)};
      service.emulator.script(fault{each}.with_times(5));
      auto outcome = test::run(service.io, *service.time,
                               mwaa::as_result(client.list_task_instances(
                                   request_for("run-failed"), mwaa::call_options{}.with_operation_timeout(limit))));
      CHECK(service.time->elapsed() <= limit);
      if (!outcome) CHECK(outcome.error().code.category() == mwaa::error_category());
      service.time->run(service.io);
      CHECK(service.time->sleepers() == 0);
    }
  }
}

TEST_CASE("deadline: many callers in line, none ends after its own") {
  emulated_service service{slow_and_strict()};
  const mwaa::client client{service.io.get_executor(), config_for(service)};
  std::mt19937 random{7};
  int ended = 0;
  int late = 0;
  int failed = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::chrono::milliseconds limit{std::uniform_int_distribution<int>{1, 15'000}(random)};
    const auto started = service.time->now();
    asio::co_spawn(
        service.io,
        client.list_task_instances(request_for("run-failed"), mwaa::call_options{}.with_operation_timeout(limit)),
        [&, started, limit](std::exception_ptr e, auto&&) {
          ++ended;
          if (e) ++failed;
          if (service.time->now() - started > limit) ++late;
        });
  }
  service.time->run(service.io);
  CHECK(ended == 2000);
  CHECK(late == 0);
  CHECK(failed > 0);
  CHECK(failed < 2000);
}

TEST_CASE("cancellation: || takes what is first and cancels the other") {
  using namespace asio::experimental::awaitable_operators;
  emulated_service service{slow_and_strict()};
  const mwaa::client client{service.io.get_executor(), config_for(service)};
  service.emulator.script(fault::never_answer());
  const auto race = [&]() -> asio::awaitable<std::size_t> {
    const auto first = co_await (client.list_task_instances(request_for("run-failed")) ||
                                 service.time->sleep_until(service.time->now() + 100ms));
    co_return first.index();
  };
  CHECK(test::run(service.io, *service.time, race()) == 1);
  CHECK(service.time->elapsed() == 100ms);
  CHECK(client.metrics().transport.in_use == 0);
  CHECK(test::run(service.io, *service.time, race()) == 0);
}

TEST_CASE("cancellation: && waits for both, and the failure of one cancels the other") {
  using namespace asio::experimental::awaitable_operators;
  emulated_service service{slow_and_strict()};
  const mwaa::client client{service.io.get_executor(), config_for(service)};
  const auto both = [&](const char* other) -> asio::awaitable<std::size_t> {
    auto [one, two] = co_await (client.list_task_instances(request_for(other)) &&
                                client.list_task_instances(request_for("run-failed")));
    co_return one.task_instances.size() + two.task_instances.size();
  };
  CHECK(test::run(service.io, *service.time, both("run-empty")) == 12);
  service.emulator.script({fault::delay(1ms), fault::never_answer()});
  try {
    (void)test::run(service.io, *service.time, both("no-such-run"));
    FAIL("no exception");
  } catch (const asio::multiple_exceptions& failures) {  // Asio's: the failure, and the cancellation that it caused
    CHECK_THROWS_AS(std::rethrow_exception(failures.first_exception()), mwaa::exception);
  }
  CHECK(service.time->elapsed() < 1s);  // not the attempt timeout of the one that hangs
  CHECK(client.metrics().transport.in_use == 0);
}

TEST_CASE("cancellation: a generator dropped in the middle of a page, and of a fetch ahead") {
  emulated_service service{slow_and_strict()};
  const mwaa::client client{service.io.get_executor(), config_for(service)};
  for (const bool prefetch : {false, true}) {
    CAPTURE(prefetch);
    auto listing = client.paginate_list_task_instances(request_for(testing::emulator::run_finished))
                       .with_page_size(50)
                       .with_prefetch(prefetch);
    const auto some = [&]() -> asio::awaitable<int> {
      auto items = listing.items();
      int count = 0;
      while (count < 75) {
        if (!co_await items.next()) break;
        ++count;
      }
      co_return count;
    };
    CHECK(test::run(service.io, *service.time, some()) == 75);
    CHECK(service.time->sleepers() == 0);
    CHECK(client.metrics().transport.in_use == 0);
    const auto rest = [&]() -> asio::awaitable<int> {
      auto items = listing.items();
      int count = 0;
      while (co_await items.next()) ++count;
      co_return count;
    };
    CHECK(test::run(service.io, *service.time, rest()) == 175);
  }
}
