// One fetch for all who ask, in virtual time.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"
#include "support/run.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

namespace {

using keys_result = mwaa::result<std::shared_ptr<const mwaa::credentials>>;

/// A source that takes a second, and gives keys for an hour or fails as told.
class slow_source final : public mwaa::credentials_provider {
 public:
  explicit slow_source(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}

  asio::awaitable<keys_result> get(mwaa::clock::time_point deadline) override {
    ++begun;
    const held here{*this};
    co_await time_->sleep_until(std::min(deadline, time_->now() + takes));
    if (time_->now() >= deadline) co_return mwaa::error(mwaa::errc::attempt_timeout, "the source took too long");
    ++ended;
    if (throws) throw std::runtime_error("thrown");
    if (failure) co_return *failure;
    co_return std::make_shared<const mwaa::credentials>(id + std::to_string(ended), "s", "t",
                                                        time_->wall_now() + lifetime);
  }

  int begun = 0;
  int ended = 0;
  int running = 0;
  bool throws = false;
  std::string id = "K";
  std::chrono::seconds takes{1};
  std::chrono::seconds lifetime{3600};
  std::optional<mwaa::error> failure;

 private:
  class held {
   public:
    explicit held(slow_source& of) : of_(of) { ++of_.running; }
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    ~held() { --of_.running; }

   private:
    slow_source& of_;
  };

  std::shared_ptr<mwaa::clock> time_;
};

class cache {
 public:
  cache() {
    mwaa::provider_options options;
    options.time = time;
    options.random = [] { return 0.0; };
    provider = mwaa::make_cached_credentials(source, options);
  }

  /// What a caller gets: the key's id, or the error's text.
  static asio::awaitable<std::string> ask(std::shared_ptr<mwaa::credentials_provider> from,
                                          mwaa::clock::time_point deadline) {
    const auto got = co_await from->get(deadline);
    co_return got ? (*got)->access_key_id() : got.error().message;
  }
  std::string get(mwaa::clock::time_point deadline = mwaa::clock::time_point::max()) {
    return test::run(io, *time, ask(provider, deadline));
  }
  /// Begins a caller; its answer goes into `into`.
  void begin(std::string& into, mwaa::clock::time_point deadline = mwaa::clock::time_point::max()) {
    asio::co_spawn(io, ask(provider, deadline),
                   [&into](const std::exception_ptr& e, const std::string& said) { into = e ? "exception" : said; });
  }
  void pass(std::chrono::nanoseconds how_long) { time->run_until(io, time->now() + how_long); }

  asio::io_context io;
  std::shared_ptr<mwaa::testing::virtual_clock> time = std::make_shared<mwaa::testing::virtual_clock>();
  std::shared_ptr<slow_source> source = std::make_shared<slow_source>(time);
  std::shared_ptr<mwaa::credentials_provider> provider;
};

std::string what(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& problem) {
    return problem.code() == asio::error::operation_aborted ? "cancelled" : problem.what();
  } catch (...) {
    return "another exception";
  }
}

}  // namespace

TEST_CASE("cached credentials: 1,000 coroutines that ask at once cause one fetch") {
  cache it;
  std::vector<std::string> said(1000);
  for (std::string& each : said) it.begin(each);
  it.pass(2s);
  CHECK(it.source->begun == 1);
  CHECK(std::count(said.begin(), said.end(), "K1") == 1000);
  CHECK(it.get() == "K1");
  CHECK(it.source->begun == 1);
}

TEST_CASE("cached credentials: the same pointer as long as the keys are the same") {
  cache it;
  const auto twice = [](std::shared_ptr<mwaa::credentials_provider> from) -> asio::awaitable<bool> {
    const auto first = co_await from->get(mwaa::clock::time_point::max());
    const auto second = co_await from->get(mwaa::clock::time_point::max());
    co_return *first == *second;
  };
  CHECK(test::run(it.io, *it.time, twice(it.provider)));
}

TEST_CASE("cached credentials: a refresh in good time keeps nobody waiting") {
  cache it;
  CHECK(it.get() == "K1");
  it.pass(46min);
  std::string said;
  it.begin(said);
  it.io.restart();
  it.io.poll();
  CHECK(said == "K1");  // at once, with the old ones
  CHECK(it.source->begun == 2);
  it.pass(2s);
  CHECK(it.get() == "K2");
  CHECK(it.source->begun == 2);
}

TEST_CASE("cached credentials: a source that fails for an hour costs no call") {
  cache it;
  it.source->lifetime = 6h;
  CHECK(it.get() == "K1");
  it.pass(5h + 1min);  // an hour before their end, and for an hour
  it.source->failure = mwaa::error(mwaa::errc::connect_failed, "down");
  const int before = it.source->begun;
  for (int minute = 0; minute < 70; ++minute) {
    CHECK(it.get() == "K1");
    it.pass(1min);
  }
  CHECK(it.source->begun - before == 14);  // every 5 minutes
  it.source->failure.reset();
  it.pass(5min);
  (void)it.get();
  it.pass(5s);
  CHECK(it.get().starts_with("K"));
  CHECK(it.get() != "K1");
}

TEST_CASE("cached credentials: a caller waits until its own deadline, and leaves the fetch to the others") {
  cache it;
  it.source->takes = 10s;
  std::string hurried;
  std::string patient;
  it.begin(hurried, it.time->now() + 3s);
  it.begin(patient);
  it.pass(3s);
  CHECK(hurried == "no credentials came within the time limit of the attempt");
  CHECK(patient.empty());
  it.pass(7s);
  CHECK(patient == "K1");
  CHECK(it.source->begun == 1);
}

TEST_CASE("cached credentials: a fetch goes on when the deadlines of all its callers have passed") {
  cache it;
  it.source->takes = 10s;
  CHECK(it.get(it.time->now() + 3s) == "no credentials came within the time limit of the attempt");
  it.pass(10s);
  CHECK(it.get() == "K1");
  CHECK(it.source->begun == 1);
}

TEST_CASE("cached credentials: a fetch has a limit of its own") {
  cache it;
  it.source->takes = 1h;
  const auto start = it.time->now();
  CHECK(it.get() == "the source took too long");
  CHECK(it.time->now() - start == 30s);
}

TEST_CASE("cached credentials: cancelling one caller leaves the others their fetch; cancelling the last ends it") {
  cache it;
  it.source->takes = 10s;
  std::vector<asio::cancellation_signal> stop(2);
  std::vector<std::string> ended(2);
  for (std::size_t i = 0; i < 2; ++i) {
    asio::co_spawn(
        it.io, cache::ask(it.provider, mwaa::clock::time_point::max()),
        asio::bind_cancellation_slot(stop[i].slot(), [&ended, i](const std::exception_ptr& e, std::string said) {
          ended[i] = e ? what(e) : said;
        }));
  }
  it.pass(1s);
  stop[0].emit(asio::cancellation_type::terminal);
  it.pass(1s);
  CHECK(ended[0] == "cancelled");
  CHECK(it.source->running == 1);
  stop[1].emit(asio::cancellation_type::terminal);
  it.pass(0s);
  CHECK(ended[1] == "cancelled");
  CHECK(it.source->running == 0);
  CHECK(it.time->sleepers() == 0);  // no pending work
  it.source->takes = 1s;
  CHECK(it.get() == "K1");
  CHECK(it.source->begun == 2);
}

TEST_CASE("cached credentials: who asks while the last caller's cancellation is under way gets keys all the same") {
  cache it;
  it.source->takes = 10s;
  asio::cancellation_signal stop;
  asio::co_spawn(it.io, cache::ask(it.provider, mwaa::clock::time_point::max()),
                 asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&, const std::string&) {}));
  it.pass(1s);
  stop.emit(asio::cancellation_type::terminal);
  std::string said;
  it.begin(said);
  it.pass(20s);
  CHECK(said == "K1");
}

TEST_CASE("cached credentials: letting go of the provider ends a refresh that nobody waits for") {
  cache it;
  CHECK(it.get() == "K1");
  it.pass(46min);
  it.source->takes = 20s;
  std::string said;
  it.begin(said);
  it.pass(1s);
  CHECK(said == "K1");
  CHECK(it.source->running == 1);
  it.provider.reset();
  it.pass(0s);
  CHECK(it.source->running == 0);
  CHECK(it.time->sleepers() == 0);
}

TEST_CASE("cached credentials: letting go of the provider leaves those who wait their keys") {
  cache it;
  std::string said;
  it.begin(said);
  it.pass(500ms);
  it.provider.reset();
  it.pass(1s);
  CHECK(said == "K1");
}

TEST_CASE("cached credentials: an io_context that goes in the middle of a fetch leaves the provider usable elsewhere") {
  cache it;
  {
    asio::io_context other;
    asio::co_spawn(other, cache::ask(it.provider, mwaa::clock::time_point::max()), asio::detached);
    other.poll();
    CHECK(it.source->running == 1);
  }
  CHECK(it.source->running == 0);
  CHECK(it.get() == "K1");
}

TEST_CASE("cached credentials: a fetch whose loop stands still is given up after its limit") {
  cache it;
  asio::io_context stuck;
  asio::co_spawn(stuck, cache::ask(it.provider, mwaa::clock::time_point::max()), asio::detached);
  stuck.poll();
  std::string said;
  it.begin(said);
  // Only `it.io` runs from here on; the stuck one's timers do not.
  it.pass(40s);
  CHECK(said == "K1");
  CHECK(it.source->begun == 2);
}

TEST_CASE("cached credentials: what a source throws is its failure") {
  cache it;
  it.source->throws = true;
  CHECK(it.get() == "make_cached_credentials: get() of the source threw: thrown; return an error instead");
  it.source->throws = false;
  it.pass(2s);
  CHECK(it.get() == "K2");
}

TEST_CASE("cached credentials: errors of the network leave as errors of credentials") {
  cache it;
  it.source->failure = mwaa::error(mwaa::errc::connect_failed, "down");
  const auto code = [](std::shared_ptr<mwaa::credentials_provider> from) -> asio::awaitable<boost::system::error_code> {
    const auto got = co_await from->get(mwaa::clock::time_point::max());
    co_return got.error().code;
  };
  CHECK(test::run(it.io, *it.time, code(it.provider)) == mwaa::errc::credentials_failed);
  it.source->failure = mwaa::error(mwaa::errc::no_credentials, "none");
  it.pass(5s);
  CHECK(test::run(it.io, *it.time, code(it.provider)) == mwaa::errc::no_credentials);
}

TEST_CASE("cached credentials: options that cannot be are refused") {
  mwaa::provider_options options;
  options.fetch_timeout = 0ms;
  CHECK_THROWS_AS(mwaa::make_instance_credentials(options), mwaa::exception);
  options.fetch_timeout = 2h;
  CHECK_THROWS_AS(mwaa::make_instance_credentials(options), mwaa::exception);
}

TEST_CASE("client: keys that the service refuses are fetched anew, and the call is tried with them, once") {
  test::canned_service service;
  const auto source = std::make_shared<slow_source>(service.time);
  mwaa::provider_options options;
  options.time = service.time;
  service.config.credentials = mwaa::make_cached_credentials(source, options);
  const auto expired = test::response(403, R"({"__type":"ExpiredTokenException","message":"expired"})");

  service.network->script.emplace_back(expired);
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  const auto page = service.run(client.list_task_instances({"arn", "run"}));
  CHECK(page.task_instances.size() == 1);
  REQUIRE(service.network->requests.size() == 2);
  CHECK(service.network->requests[0].header("authorization")->find("Credential=K1/") != std::string_view::npos);
  CHECK(service.network->requests[1].header("authorization")->find("Credential=K2/") != std::string_view::npos);

  service.network->script.emplace_back(expired);
  service.network->script.emplace_back(expired);
  const auto failed = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"})));
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == mwaa::errc::expired_token);
  REQUIRE(failed.error().attempts.size() == 2);
  CHECK(failed.error().attempts[0].reason.find("the keys were refused, and others can be fetched") !=
        std::string::npos);
}
