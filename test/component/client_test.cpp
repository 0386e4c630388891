#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <mwaa_serverless/client.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::canned_service;

namespace {

// The operation's error; a success is a failed test.
mwaa::error failure_of(canned_service& service, const mwaa::client& client, mwaa::list_task_instances_request request,
                       mwaa::call_options options = {}) {
  auto outcome = service.run(mwaa::as_result(client.list_task_instances(std::move(request), std::move(options))));
  REQUIRE(outcome.has_error());
  return outcome.error();
}

std::vector<std::chrono::nanoseconds> waits(const canned_service& service) {
  std::vector<std::chrono::nanoseconds> out;
  for (std::size_t i = 1; i < service.network->times.size(); ++i)
    out.push_back(service.network->times[i] - service.network->times[i - 1]);
  return out;
}

}  // namespace

TEST_CASE("client: one page, as one signed request") {
  canned_service service;
  service.network->script.emplace_back(test::page({"extract", "load"}, "t1"));
  const auto client = service.make_client();
  const auto page = service.run(client.list_task_instances(
      mwaa::list_task_instances_request{"arn", "run"}.with_max_results(2).with_next_token("t0")));
  REQUIRE(page.task_instances.size() == 2);
  CHECK(page.task_instances[1].task_instance_id == "load");
  CHECK(page.task_instances[1].status == mwaa::task_instance_status::running);
  CHECK(page.next_token == "t1");
  CHECK(page.request_id == "request-1");

  REQUIRE(service.network->requests.size() == 1);
  const auto& request = service.network->requests[0];
  CHECK(request.body() == R"({"WorkflowArn":"arn","RunId":"run","MaxResults":2,"NextToken":"t0"})");
  CHECK(request.header("host") == "airflow-serverless.us-east-1.api.aws");
  CHECK(request.header("X-Amz-Target") == "AmazonMWAAServerless.ListTaskInstances");
  CHECK(request.header("x-amz-date") == "20260101T000000Z");
  CHECK(request.header("amz-sdk-request") == "attempt=1; max=3");
  CHECK(request.header("authorization")
            .value_or("")
            .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/airflow-serverless/aws4_request, "
                         "SignedHeaders="));
  CHECK(request.repeatable);
  CHECK(client.metrics().attempts == 1);
  CHECK(client.metrics().retries == 0);
}

TEST_CASE("client: what AWS's own tools refuse is refused before any I/O") {
  canned_service service;
  const auto client = service.make_client();
  struct row {
    mwaa::list_task_instances_request request;
    const char* member;
  };
  const std::vector<row> rows{{{"", "run"}, "WorkflowArn"},
                              {{"arn", ""}, "RunId"},
                              {mwaa::list_task_instances_request{"arn", "run"}.with_max_results(0), "MaxResults"}};
  for (const row& each : rows) {
    const auto failure = failure_of(service, client, each.request);
    CHECK(failure.code == mwaa::errc::invalid_argument);
    CHECK(failure.code == mwaa::condition::caller);
    CHECK(failure.message.find(each.member) != std::string::npos);
    CHECK(failure.operation == "ListTaskInstances");
  }
  CHECK(service.network->requests.empty());
}

TEST_CASE("client: transient errors are retried after half of 50 ms, then half of 100 ms") {
  canned_service service;
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(mwaa::error(mwaa::errc::connection_lost, "reset"));
  service.network->script.emplace_back(test::page({"only"}));
  const auto client = service.make_client();
  const auto page = service.run(client.list_task_instances({"arn", "run"}));
  CHECK(page.task_instances.size() == 1);
  CHECK(waits(service) == std::vector<std::chrono::nanoseconds>{25ms, 50ms});

  std::set<std::string> invocations;
  std::set<std::string> dates;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& request = service.network->requests[i];
    invocations.emplace(request.header("amz-sdk-invocation-id").value_or("none"));
    CHECK(request.header("amz-sdk-request") == "attempt=" + std::to_string(i + 1) + "; max=3");
  }
  CHECK(invocations.size() == 1);
  CHECK(invocations.begin()->size() == 36);
  CHECK(client.metrics().retries == 2);
  // 500 - 14 - 14, and a success gives back what the last retry took.
  CHECK(client.metrics().retry_quota == 486);
}

TEST_CASE("client: each attempt is signed anew") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(5));
  service.network->script.emplace_back(test::page({"only"}));
  const auto client = service.make_client();
  (void)service.run(client.list_task_instances({"arn", "run"}));
  REQUIRE(service.network->requests.size() == 2);
  CHECK(service.network->requests[0].header("x-amz-date") != service.network->requests[1].header("x-amz-date"));
  CHECK(service.network->requests[0].header("authorization") != service.network->requests[1].header("authorization"));
}

TEST_CASE("client: retries run out, and the error tells the whole story") {
  canned_service service;
  for (int i = 0; i < 3; ++i) service.network->script.emplace_back(test::throttle());
  const auto client = service.make_client();
  const auto failure = failure_of(service, client, {"arn", "run"});
  CHECK(failure.code == mwaa::errc::throttled);
  CHECK(failure.code == mwaa::condition::throttled);
  CHECK(failure.aws_code == "ThrottlingException");
  CHECK(failure.message == "Rate exceeded");
  CHECK(failure.request_id == "request-1");
  CHECK(failure.http_status == 429);
  CHECK(failure.operation == "ListTaskInstances");
  CHECK(failure.attempts_exhausted);
  REQUIRE(failure.attempts.size() == 3);
  CHECK(failure.attempts[0].wait_after == 500ms);
  CHECK(failure.attempts[1].wait_after == 1000ms);
  CHECK(failure.attempts[2].wait_after == 0ms);
  CHECK(failure.attempts[2].number == 3);
  CHECK(waits(service) == std::vector<std::chrono::nanoseconds>{500ms, 1000ms});
  CHECK(client.metrics().throttled == 3);
}

TEST_CASE("client: errors that another attempt cannot mend are not retried") {
  canned_service service;
  const auto client = service.make_client();
  for (const char* name : {"ValidationException", "AccessDeniedException", "UnrecognizedClientException"}) {
    service.network->requests.clear();
    service.network->script.emplace_back(
        test::response(400, std::string{R"({"__type":")"} + name + R"(","Message":"no"})"));
    const auto failure = failure_of(service, client, {"arn", "run"});
    CHECK(failure.aws_code == name);
    CHECK_FALSE(failure.attempts_exhausted);
    CHECK(failure.attempts.size() == 1);
    CHECK(service.network->requests.size() == 1);
  }
}

TEST_CASE("client: a page that cannot be read names the member") {
  canned_service service;
  service.network->otherwise = [](const mwaa::http_request&) {
    return test::canned_answer{test::response(200, R"({"TaskInstances":[{"Status":7}]})")};
  };
  const auto client = service.make_client();
  const auto failure = failure_of(service, client, {"arn", "run"});
  CHECK(failure.code == mwaa::errc::malformed_response);
  CHECK(failure.message.find("TaskInstances[0].Status") != std::string::npos);
  CHECK(failure.request_id == "request-1");
  CHECK(failure.http_status == 200);
}

TEST_CASE("client: timeouts in virtual time") {
  canned_service service;
  const auto client = service.make_client();
  SUBCASE("each attempt has its own") {
    service.network->script.emplace_back(test::page({"late"}), 31s);
    service.network->script.emplace_back(test::page({"in time"}), 29s);
    const auto page = service.run(client.list_task_instances({"arn", "run"}));
    CHECK(page.task_instances[0].task_instance_id == "in time");
    CHECK(service.time->elapsed() == 30s + 25ms + 29s);
  }
  SUBCASE("of the call's own choice") {
    service.network->script.emplace_back(test::page({"late"}), 2s);
    const auto failure =
        failure_of(service, client, {"arn", "run"}, mwaa::call_options{}.with_attempt_timeout(1s).with_max_attempts(1));
    CHECK(failure.code == mwaa::errc::attempt_timeout);
    CHECK(failure.code == mwaa::condition::timeout);
    CHECK(failure.phase == mwaa::operation_phase::reading_response);
    CHECK(service.time->elapsed() == 1s);
  }
  SUBCASE("the operation's ends an attempt") {
    service.network->script.emplace_back(test::page({"late"}), 10s);
    const auto failure = failure_of(service, client, {"arn", "run"}, mwaa::call_options{}.with_operation_timeout(3s));
    CHECK(failure.code == mwaa::errc::operation_timeout);
    CHECK(failure.phase == mwaa::operation_phase::reading_response);
    CHECK(failure.attempts.size() == 1);
    CHECK(service.time->elapsed() == 3s);
  }
  SUBCASE("no wait is begun that the operation's deadline would cut") {
    service.network->script.emplace_back(test::throttle(10));
    const auto failure = failure_of(service, client, {"arn", "run"}, mwaa::call_options{}.with_operation_timeout(3s));
    CHECK(failure.aws_code == "ThrottlingException");
    CHECK_FALSE(failure.attempts_exhausted);
    CHECK(service.time->elapsed() == 0s);
    CHECK(client.metrics().retry_quota == 500);
  }
  SUBCASE("forever is a duration too") {
    service.network->script.emplace_back(test::page({"x"}), 1s);
    const auto page = service.run(
        client.list_task_instances({"arn", "run"}, mwaa::call_options{}
                                                       .with_attempt_timeout(std::chrono::milliseconds::max())
                                                       .with_operation_timeout(std::chrono::milliseconds::max())));
    CHECK(page.task_instances.size() == 1);
  }
}

TEST_CASE("client: cancellation, in an exchange and while backing off") {
  canned_service service;
  const auto client = service.make_client();
  for (const bool backing_off : {false, true}) {
    CAPTURE(backing_off);
    service.network->script.clear();
    service.network->requests.clear();
    if (backing_off)
      service.network->script.emplace_back(test::throttle(30));
    else
      service.network->script.emplace_back(test::page({"x"}), 30s);
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](std::exception_ptr e, const mwaa::list_task_instances_response&) {
                                                  failure = e;
                                                  ended = true;
                                                }));
    service.time->run_until(service.io, service.time->now() + 10s);
    REQUIRE_FALSE(ended);
    signal.emit(asio::cancellation_type::terminal);
    service.io.restart();
    service.io.poll();  // no time passes
    REQUIRE(ended);
    REQUIRE(failure);
    try {
      std::rethrow_exception(failure);
    } catch (const mwaa::exception&) {
      FAIL("cancellation was relabelled");
    } catch (const boost::system::system_error& e) {
      CHECK(e.code() == asio::error::operation_aborted);
    }
    CHECK(service.network->requests.size() == 1);
    CHECK(service.network->under_way == 0);
    CHECK(service.time->sleepers() == 0);
  }
  service.network->script.emplace_back(test::page({"still works"}));
  CHECK(service.run(client.list_task_instances({"arn", "run"})).task_instances.size() == 1);
}

TEST_CASE("client: the handle may go while its operation runs") {
  canned_service service;
  service.network->script.emplace_back(test::page({"x"}), 5s);
  auto operation = service.make_client().list_task_instances({"arn", "run"});
  CHECK(service.run(std::move(operation)).task_instances.size() == 1);
}

TEST_CASE("client: close() drains and then refuses") {
  canned_service service;
  service.network->script.emplace_back(test::page({"x"}), 5s);
  const auto client = service.make_client();
  std::size_t listed = 0;
  asio::co_spawn(
      service.io, client.list_task_instances({"arn", "run"}),
      [&](std::exception_ptr, const mwaa::list_task_instances_response& page) { listed = page.task_instances.size(); });
  service.time->run_until(service.io, service.time->now() + 1s);
  CHECK(listed == 0);
  service.run(client.close());
  CHECK(listed == 1);
  CHECK(service.time->elapsed() == 5s);
  CHECK(service.network->closed);
  CHECK(failure_of(service, client, {"arn", "run"}).code == mwaa::errc::client_closed);
  service.run(client.close());  // again, at once
}

TEST_CASE("client: without credentials every call says so") {
  canned_service service;
  service.config.credentials = nullptr;
  const auto failure = failure_of(service, service.make_client(), {"arn", "run"});
  CHECK(failure.code == mwaa::errc::no_credentials);
  CHECK(failure.code == mwaa::condition::credentials);
  CHECK(failure.message.find("AWS_ACCESS_KEY_ID") != std::string::npos);
  CHECK(service.network->requests.empty());
}

TEST_CASE("client: only throttling counts as throttling, and slows down") {
  for (const auto mode : {mwaa::retry_mode::standard, mwaa::retry_mode::adaptive}) {
    canned_service service;
    service.config.retry.mode = mode;
    service.network->script.emplace_back(test::internal_error());
    service.network->script.emplace_back(test::response(400, R"({"__type":"ValidationException"})"));
    const auto client = service.make_client();
    CHECK(failure_of(service, client, {"arn", "run"}).code == mwaa::errc::validation);
    CHECK(client.metrics().throttled == 0);
    CHECK(client.metrics().gates.at(0).rate == 0);
  }
}

TEST_CASE("client: an answer that comes with the deadline is not called a timeout") {
  canned_service service;
  service.network->script.emplace_back(test::response(400, R"({"__type":"ValidationException"})"), 3s);
  const auto failure =
      failure_of(service, service.make_client(), {"arn", "run"}, mwaa::call_options{}.with_operation_timeout(3s));
  CHECK(service.time->elapsed() == 3s);
  CHECK(failure.code == mwaa::errc::validation);
}

TEST_CASE("client: a bad setting is refused at construction and named") {
  struct row {
    const char* member;
    void (*spoil)(mwaa::client_config&);
    mwaa::errc code = mwaa::errc::invalid_configuration;
  };
  const row rows[]{
      {"connect_timeout", [](mwaa::client_config& c) { c.connect_timeout = 0ms; }},
      {"connect_timeout", [](mwaa::client_config& c) { c.connect_timeout = std::chrono::milliseconds::max(); }},
      {"max_idle_time", [](mwaa::client_config& c) { c.max_idle_time = std::chrono::milliseconds::max(); }},
      {"mode", [](mwaa::client_config& c) { c.retry.mode = static_cast<mwaa::retry_mode>(7); }},
      {"attempt_timeout", [](mwaa::client_config& c) { c.attempt_timeout = -1ms; }},
      {"operation_timeout", [](mwaa::client_config& c) { c.operation_timeout = 0ms; }},
      {"max_connections", [](mwaa::client_config& c) { c.max_connections = 0; }},
      {"max_idle_time", [](mwaa::client_config& c) { c.max_idle_time = 0ms; }},
      {"acquire_timeout", [](mwaa::client_config& c) { c.acquire_timeout = 0ms; }},
      {"max_connection_age", [](mwaa::client_config& c) { c.max_connection_age = 0ms; }},
      {"max_response_bytes", [](mwaa::client_config& c) { c.max_response_bytes = 1023; }},
      {"app_id", [](mwaa::client_config& c) { c.app_id = std::string(51, 'a'); }},
      {"max_attempts", [](mwaa::client_config& c) { c.retry.max_attempts = 0; }},
      {"max_hint", [](mwaa::client_config& c) { c.retry.max_hint = -1ms; }},
      {"endpoint_url", [](mwaa::client_config& c) { c.endpoint_url = "ftp://host"; }},
      {"egion", [](mwaa::client_config& c) { c.region.clear(); }, mwaa::errc::no_region},
      {"FIPS",
       [](mwaa::client_config& c) {
         c.use_fips = true;
         c.endpoint_url = "https://host";
       }},
      {"read_timeout", [](mwaa::client_config& c) { c.read_timeout = 0ms; }},
      {"read_timeout", [](mwaa::client_config& c) { c.read_timeout = -1ms; }},
      {"read_timeout", [](mwaa::client_config& c) { c.read_timeout = std::chrono::milliseconds::max(); }},
      {"https_proxy",
       [](mwaa::client_config& c) {
         c.network.reset();
         c.https_proxy = "socks5://p.test";
       }},
      {"http_proxy",
       [](mwaa::client_config& c) {
         c.network.reset();
         c.http_proxy = "socks5://p.test";
         c.endpoint_url = "http://h.test";
         c.no_proxy = "other.test";
       }},
  };
  for (const row& each : rows) {
    CAPTURE(each.member);
    canned_service service;
    each.spoil(service.config);
    std::string what;
    try {
      (void)service.make_client();
    } catch (const mwaa::exception& e) {
      CHECK(e.code() == mwaa::condition::caller);
      CHECK(e.code() == each.code);
      what = e.what();
    }
    CHECK(what.find(each.member) != std::string::npos);
  }
}

TEST_CASE("client: one that was moved from goes on working") {
  canned_service service;
  service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{test::page({"x"})}; };
  struct holder {
    mwaa::client first;
    mwaa::paginator<mwaa::list_task_instances_request> second;
  };
  auto client = service.make_client();
  holder held{std::move(client), client.paginate_list_task_instances({"arn", "run"})};
  CHECK(service.run(held.first.list_task_instances({"arn", "run"})).task_instances.size() == 1);
  CHECK(service.run(client.list_task_instances({"arn", "run"})).task_instances.size() == 1);
  auto items = held.second.items();
  CHECK(service.run(items.next()).has_value());
  mwaa::client other = service.make_client();
  other = std::move(client);
  CHECK(client.metrics().operations == 3);
  CHECK(other.metrics().operations == 3);
  service.run(client.close());
  CHECK(failure_of(service, other, {"arn", "run"}).code == mwaa::errc::client_closed);
}

TEST_CASE("client: requests and configurations that were moved from are refused by name") {
  canned_service service;
  const auto client = service.make_client();
  mwaa::list_task_instances_request request{"arn:of:a:workflow:that:is:long:enough:to:move", "run"};
  const auto taken = std::move(request);
  const auto failure = failure_of(service, client, request);
  CHECK(failure.code == mwaa::errc::invalid_argument);
  CHECK(failure.message.find("WorkflowArn") != std::string::npos);

  mwaa::client_config config = service.config;
  const mwaa::client_config moved = std::move(config);
  try {
    const mwaa::client made{service.io.get_executor(), config};
    FAIL("made");
  } catch (const mwaa::exception& e) {
    CHECK(e.code() == mwaa::errc::no_region);
  }
}

TEST_CASE("client: an empty executor is refused") {
  for (const bool own_network : {false, true}) {
    canned_service service;
    if (own_network) service.config.network = nullptr;
    try {
      const mwaa::client made{asio::any_io_executor{}, service.config};
      FAIL("made");
    } catch (const mwaa::exception& e) {
      CHECK(e.code() == mwaa::errc::invalid_configuration);
      CHECK(std::string{e.what()}.find("executor") != std::string::npos);
    }
  }
}

TEST_CASE("client: operations counts the calls that began, however they ended") {
  canned_service service;
  const auto client = service.make_client();
  const auto operations = [&] { return client.metrics().operations; };
  service.network->script.emplace_back(test::page({"x"}));
  (void)service.run(client.list_task_instances({"arn", "run"}));
  CHECK(operations() == 1);
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(test::page({"x"}));
  (void)service.run(client.list_task_instances({"arn", "run"}));  // a retry is no other operation
  CHECK(operations() == 2);
  service.network->script.emplace_back(test::response(400, R"({"__type":"ValidationException"})"));
  (void)failure_of(service, client, {"arn", "run"});
  CHECK(operations() == 3);
  (void)failure_of(service, client, {"", "run"});  // refused
  (void)failure_of(service, client, {"arn", "run"}, mwaa::call_options{}.with_max_attempts(0));
  CHECK(operations() == 3);

  service.network->script.emplace_back(test::page({"x"}), 30s);
  asio::cancellation_signal signal;
  asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr, auto&&) {}));
  service.time->run_until(service.io, service.time->now() + 1s);
  CHECK(operations() == 4);  // while it runs, too
  signal.emit(asio::cancellation_type::terminal);
  service.time->run(service.io);
  CHECK(operations() == 4);

  service.run(client.prewarm());
  service.run(client.close());
  (void)failure_of(service, client, {"arn", "run"});
  CHECK(operations() == 4);
}
