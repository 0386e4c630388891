// Every duration, point in time and count that can be configured, at the ends of its range: refused by name, or without
// an overflow (the sanitizers look for those) as good as no limit.
#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <limits>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <optional>
#include <string>
#include <vector>

#include "net/pooled_transport.hpp"
#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::canned_service;

namespace {

const std::vector<milliseconds> extremes{
    milliseconds::min(),
    milliseconds::min() + 1ms,
    -1ms,
    0ms,
    1ms,
    std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds::max()),
    std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds::max()) + 1ms,
    milliseconds::max() - 1ms,
    milliseconds::max()};

// A call that throttles, waits, fails and succeeds; or the construction that is refused by an error with `name` in it.
void check(canned_service& service, const std::string& name, mwaa::call_options options = {}) {
  service.network->script.emplace_back(test::throttle(1), 1us);
  service.network->script.emplace_back(test::internal_error(), 1us);
  service.network->script.emplace_back(test::page({"x"}), 1us);
  try {
    const auto client = service.make_client();
    const auto got = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"}, std::move(options))));
    if (got) return;
    const auto& failure = got.error();
    if (failure.code == mwaa::errc::invalid_argument) {
      CHECK_MESSAGE(failure.message.find(name) != std::string::npos, failure.message);
      return;
    }
    // One that is short: 1 ms for a call that has to wait for longer.
    const bool short_limit = failure.code == mwaa::condition::timeout || failure.code == mwaa::condition::throttled ||
                             failure.code == mwaa::errc::internal_server;
    CHECK_MESSAGE(short_limit, failure.message);
    (void)client.metrics();
  } catch (const mwaa::exception& refused) {
    CHECK(refused.code() == mwaa::errc::invalid_configuration);
    CHECK_MESSAGE(std::string{refused.what()}.find(name) != std::string::npos, refused.what());
  }
}

}  // namespace

TEST_CASE("ranges: every duration of client_config") {
  struct row {
    const char* name;
    std::function<void(mwaa::client_config&, milliseconds)> set;
  };
  const std::vector<row> rows{
      {"connect_timeout", [](auto& c, auto value) { c.connect_timeout = value; }},
      {"attempt_timeout", [](auto& c, auto value) { c.attempt_timeout = value; }},
      {"read_timeout", [](auto& c, auto value) { c.read_timeout = value; }},
      {"operation_timeout", [](auto& c, auto value) { c.operation_timeout = value; }},
      {"acquire_timeout", [](auto& c, auto value) { c.acquire_timeout = value; }},
      {"max_connection_age", [](auto& c, auto value) { c.max_connection_age = value; }},
      {"max_idle_time", [](auto& c, auto value) { c.max_idle_time = value; }},
      {"base_delay", [](auto& c, auto value) { c.retry.base_delay = value; }},
      {"throttling_base_delay", [](auto& c, auto value) { c.retry.throttling_base_delay = value; }},
      {"max_backoff", [](auto& c, auto value) { c.retry.max_backoff = value; }},
      {"max_hint", [](auto& c, auto value) { c.retry.max_hint = value; }},
      {"max_gate_wait", [](auto& c, auto value) { c.retry.max_gate_wait = value; }},
  };
  for (const row& each : rows) {
    for (const milliseconds value : extremes) {
      CAPTURE(each.name);
      CAPTURE(value.count());
      canned_service service;
      each.set(service.config, value);
      // Of max_backoff and its bases one is told, that the other does not fit.
      const bool base = std::string{each.name}.find("base_delay") != std::string::npos && value > 0ms;
      check(service, base ? "max_backoff" : each.name);
    }
  }
  for (const milliseconds value : extremes) {
    canned_service service;
    service.config.retry.base_delay = value;
    service.config.retry.throttling_base_delay = value;
    service.config.retry.max_backoff = value;
    check(service, value > 0ms ? "max_backoff" : "base_delay");
  }
}

TEST_CASE("ranges: every duration and point in time of call_options") {
  for (const milliseconds value : extremes) {
    CAPTURE(value.count());
    canned_service service;
    check(service, "attempt_timeout", mwaa::call_options{}.with_attempt_timeout(value));
    check(service, "operation_timeout", mwaa::call_options{}.with_operation_timeout(value));
  }
  using time_point = mwaa::clock::time_point;
  for (const time_point value : {time_point::min(), time_point::min() + 1ns, time_point{}, time_point::max() - 1ns,
                                 time_point::max() - 1ms, time_point::max()}) {
    CAPTURE(value.time_since_epoch().count());
    canned_service service;
    check(service, "deadline", mwaa::call_options{}.with_deadline(value));
    check(service, "deadline",
          mwaa::call_options{}
              .with_deadline(value)
              .with_operation_timeout(milliseconds::max())
              .with_attempt_timeout(milliseconds::max()));
  }
}

TEST_CASE("ranges: a deadline that has passed ends the call before any I/O") {
  using time_point = mwaa::clock::time_point;
  canned_service service;
  const auto client = service.make_client();
  for (const time_point value : {time_point::min(), time_point{}, service.time->now()}) {
    const auto got = service.run(
        mwaa::as_result(client.list_task_instances({"arn", "run"}, mwaa::call_options{}.with_deadline(value))));
    REQUIRE(got.has_error());
    CHECK(got.error().code == mwaa::errc::operation_timeout);
    CHECK(got.error().attempts.empty());
    CHECK_FALSE(got.error().may_have_reached_service);
  }
  CHECK(service.network->requests.empty());
}

TEST_CASE("ranges: every count") {
  constexpr int most = std::numeric_limits<int>::max();
  static constexpr auto all = std::numeric_limits<std::size_t>::max();
  struct row {
    const char* name;
    std::function<void(mwaa::client_config&)> set;
    bool refused;
  };
  const std::vector<row> rows{
      {"max_attempts", [](auto& c) { c.retry.max_attempts = most; }, false},
      {"max_attempts", [](auto& c) { c.retry.max_attempts = 0; }, true},
      {"max_attempts", [](auto& c) { c.retry.max_attempts = std::numeric_limits<int>::min(); }, true},
      {"quota", [](auto& c) { c.retry.quota = most; }, false},
      {"quota", [](auto& c) { c.retry.quota = 0; }, false},
      {"quota", [](auto& c) { c.retry.quota = -1; }, true},
      {"quota", [](auto& c) { c.retry.quota = std::numeric_limits<int>::min(); }, true},
      {"max_connections", [](auto& c) { c.max_connections = 0; }, true},
      {"max_connections", [](auto& c) { c.max_connections = all; }, false},
      {"max_waiting", [](auto& c) { c.max_waiting = 0; }, false},
      {"max_waiting", [](auto& c) { c.max_waiting = all; }, false},
      {"max_response_bytes", [](auto& c) { c.max_response_bytes = 0; }, true},
      {"max_response_bytes", [](auto& c) { c.max_response_bytes = all; }, false},
  };
  for (const row& each : rows) {
    for (const bool own_network : {false, true}) {
      CAPTURE(each.name);
      canned_service service;
      each.set(service.config);
      if (own_network) service.config.network = nullptr;
      if (each.refused) {
        CHECK_THROWS_WITH_AS(service.make_client(), doctest::Contains(each.name), mwaa::exception);
      } else if (own_network) {
        CHECK_NOTHROW(service.make_client());
      } else {
        check(service, each.name);
      }
    }
  }
}

TEST_CASE("ranges: max_attempts of a call") {
  for (const int value : {std::numeric_limits<int>::min(), -1, 0, 1, std::numeric_limits<int>::max()}) {
    canned_service service;
    check(service, "max_attempts", mwaa::call_options{}.with_max_attempts(value));
  }
}

TEST_CASE("ranges: prewarm without a limit on connections is bounded") {
  canned_service service;
  service.config.max_connections = std::numeric_limits<std::size_t>::max();
  for (const bool own_network : {false, true}) {
    if (own_network) service.config.network = nullptr;
    const auto client = service.make_client();
    for (const std::size_t count : {std::size_t{0}, service.config.max_connections}) {
      const auto got = service.run(mwaa::as_result(client.prewarm(count)));
      REQUIRE(got.has_error());
      CHECK(got.error().code == mwaa::errc::invalid_argument);
    }
  }
}

TEST_CASE("ranges: pages and items of a listing") {
  for (const std::int32_t size : {std::numeric_limits<std::int32_t>::min(), -1, 0}) {
    canned_service service;
    const auto client = service.make_client();
    auto items = client.paginate_list_task_instances({"arn", "run"}).with_page_size(size).items();
    CHECK_THROWS_WITH_AS(service.run(items.next()), doctest::Contains("MaxResults"), mwaa::exception);
    CHECK(service.network->requests.empty());
  }
  canned_service service;
  const auto client = service.make_client();
  auto none = client.paginate_list_task_instances({"arn", "run"}).with_max_items(0).items();
  CHECK_FALSE(service.run(none.next()).has_value());
  service.network->script.emplace_back(test::page({"x"}));
  auto all = client.paginate_list_task_instances({"arn", "run"})
                 .with_max_items(std::numeric_limits<std::uint64_t>::max())
                 .items();
  CHECK(service.run(all.next()).has_value());
  CHECK_FALSE(service.run(all.next()).has_value());
}

TEST_CASE("ranges: every duration of the pooled transport") {
  using options = mwaa::network_options;
  struct row {
    const char* name;
    std::function<void(options&, milliseconds)> set;
  };
  const std::vector<row> rows{
      {"acquire_timeout", [](auto& o, auto value) { o.acquire_timeout = value; }},
      {"max_connection_age", [](auto& o, auto value) { o.max_connection_age = value; }},
      {"max_idle_time", [](auto& o, auto value) { o.max_idle_time = value; }},
      {"read_timeout", [](auto& o, auto value) { o.read_timeout = value; }},
      {"connect_timeout", [](auto& o, auto value) { o.connect_timeout = value; }},
  };
  asio::io_context io;
  for (const row& each : rows) {
    for (const milliseconds value : extremes) {
      CAPTURE(each.name);
      CAPTURE(value.count());
      options given;
      each.set(given, value);
      if (value == 1ms) {
        CHECK_NOTHROW(mwaa::net::make_pooled_transport(io.get_executor(), given));
      } else {
        CHECK_THROWS_WITH_AS(mwaa::net::make_pooled_transport(io.get_executor(), given), doctest::Contains(each.name),
                             mwaa::exception);
      }
    }
  }
  CHECK_THROWS_WITH_AS(mwaa::net::make_pooled_transport({}, {}), doctest::Contains("executor"), mwaa::exception);
}

TEST_CASE("ranges: durations of the credentials") {
  for (const milliseconds value : extremes) {
    CAPTURE(value.count());
    if (value == 1ms) continue;
    mwaa::provider_options options;
    options.fetch_timeout = value;
    CHECK_THROWS_WITH_AS(mwaa::make_instance_credentials(options), doctest::Contains("fetch_timeout"), mwaa::exception);
  }
  for (const auto value : {std::chrono::seconds::min(), -1s, 0s, 899s, 43'201s, std::chrono::seconds::max()}) {
    CAPTURE(value.count());
    mwaa::assume_role_options role{"arn:aws:iam::123456789012:role/name", "us-east-1"};
    role.duration = value;
    const auto base = mwaa::make_static_credentials({"AKID", "secret"});
    CHECK_THROWS_WITH_AS(mwaa::make_assume_role_credentials(base, role),
                         doctest::Contains("assume_role_options::duration"), mwaa::exception);
    CHECK_THROWS_WITH_AS(mwaa::make_web_identity_credentials("/token", role),
                         doctest::Contains("assume_role_options::duration"), mwaa::exception);
  }
}

TEST_CASE("ranges: credentials that expire at the ends of time") {
  using wall = mwaa::clock::wall_time_point;
  class source final : public mwaa::credentials_provider {
   public:
    explicit source(wall end_value) : end(end_value) {}
    asio::awaitable<mwaa::result<std::shared_ptr<const mwaa::credentials>>> get(mwaa::clock::time_point) override {
      co_return std::make_shared<const mwaa::credentials>("AKID", "secret", "token", end);
    }
    wall end;
  };
  for (const wall end : {wall::min(), wall{}, wall::max()}) {
    for (const bool cached : {false, true}) {
      canned_service service;
      service.config.credentials = std::make_shared<source>(end);
      if (cached) {
        mwaa::provider_options options;
        options.time = service.time;
        service.config.credentials = mwaa::make_cached_credentials(service.config.credentials, options);
      }
      service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{test::page({"x"})}; };
      const auto client = service.make_client();
      for (int i = 0; i < 2; ++i) {
        const auto got = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"})));
        CHECK(got.has_value() == (end == wall::max() || !cached));
      }
    }
  }
}
