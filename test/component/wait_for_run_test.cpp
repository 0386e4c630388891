// Waiting for the end of a run, in virtual time.
#include <mwaa_serverless/wait_for_run.hpp>

#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::canned_service;

namespace {

mwaa::http_response run_in(const std::string& state, const std::string& more = {}) {
  return test::response(200, R"({"RunId":"run","RunDetail":{"RunState":")" + state + "\"" + more + "}}");
}

mwaa::http_response refused(int status, const std::string& code) {
  return test::response(
      status, R"({"__type":")" + code + R"(","Message":"no","ResourceId":"r","ResourceType":"t","Reason":"other"})");
}

/// Seconds between the requests.
std::vector<double> gaps(const canned_service& service) {
  std::vector<double> out;
  const auto& times = service.network->times;
  for (std::size_t i = 1; i < times.size(); ++i)
    out.push_back(std::chrono::duration<double>(times[i] - times[i - 1]).count());
  return out;
}

}  // namespace

TEST_CASE("wait_for_run: each end of a run is an outcome") {
  struct row {
    std::string state;
    mwaa::wait_outcome outcome;
  };
  for (const row& each : {row{"SUCCESS", mwaa::wait_outcome::success}, row{"FAILED", mwaa::wait_outcome::failed},
                          row{"TIMEOUT", mwaa::wait_outcome::timed_out}, row{"STOPPED", mwaa::wait_outcome::stopped}}) {
    CAPTURE(each.state);
    canned_service service;
    for (const char* before : {"STARTING", "QUEUED", "RUNNING", "STOPPING", "SOMETHING_NEW"})
      service.network->script.emplace_back(run_in(before));
    service.network->script.emplace_back(run_in(each.state));
    const auto last = service.run(mwaa::wait_for_run(service.make_client(), "arn", "run"));
    REQUIRE(last.outcome);
    CHECK(*last.outcome == each.outcome);
    CHECK(last.looks == 6);
    CHECK(last.status().name() == each.state);
    CHECK_FALSE(last.failure);
    CHECK_FALSE(last.next_look);
    CHECK(service.network->requests[0].bytes().find("AmazonMWAAServerless.GetWorkflowRun") != std::string::npos);
    CHECK(service.network->requests[0].bytes().ends_with(R"({"WorkflowArn":"arn","RunId":"run"})"));
  }
}

TEST_CASE("wait_for_run: delays grow from min_delay to max_delay, with jitter") {
  canned_service service;  // whose jitter is one half
  for (int i = 0; i < 9; ++i) service.network->script.emplace_back(run_in("RUNNING"));
  service.network->script.emplace_back(run_in("SUCCESS"));
  (void)service.run(mwaa::wait_for_run(service.make_client(), "arn", "run"));
  CHECK(gaps(service) == std::vector<double>{2, 3, 5, 9, 17, 33, 61, 61, 61});
}

TEST_CASE("wait_for_run: it looks more often when the end is near") {
  canned_service service;
  service.network->script.emplace_back(run_in("RUNNING"));
  service.network->script.emplace_back(run_in("RUNNING"));
  service.network->script.emplace_back(run_in("RUNNING"));
  service.network->script.emplace_back(run_in("STOPPING"));
  service.network->script.emplace_back(run_in("STOPPED"));
  (void)service.run(mwaa::wait_for_run(service.make_client(), "arn", "run"));
  CHECK(gaps(service) == std::vector<double>{2, 3, 5, 2});

  // A run of 100 seconds.
  canned_service known;
  const auto started = std::chrono::duration_cast<std::chrono::seconds>(known.time->wall_now().time_since_epoch());
  const std::string since = ",\"StartedOn\":" + std::to_string(started.count());
  const auto from = known.time->now();
  known.network->otherwise = [&](const mwaa::http_request&) {
    return test::canned_answer{run_in(known.time->now() - from < 300s ? "RUNNING" : "SUCCESS", since)};
  };
  mwaa::wait_options options;
  options.min_delay = 1s;
  options.max_delay = 1000s;
  options.expected_duration = 100s;
  (void)known.run(mwaa::wait_for_run(known.make_client(), "arn", "run", options));
  double nearest = 1000;
  double widest = 0;
  double at = 0;
  for (const double gap : gaps(known)) {
    const double away = std::abs(at - 100);
    CHECK(gap <= std::max(1.0, away / 2) + 0.5);
    if (away < 3) nearest = std::min(nearest, gap);
    widest = std::max(widest, gap);
    at += gap;
  }
  CHECK(nearest == 1);
  CHECK(widest > 20);
}

TEST_CASE("wait_for_run: a throttle or a lost answer does not end it") {
  canned_service service;
  service.config.retry.max_attempts = 1;
  service.network->script.emplace_back(run_in("RUNNING"));
  service.network->script.emplace_back(test::throttle());
  service.network->script.emplace_back(mwaa::error(mwaa::errc::connection_lost, "reset"));
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(run_in("SUCCESS"));
  auto looks = mwaa::watch_run(service.make_client(), "arn", "run");
  std::vector<std::string> seen;
  for (;;) {
    auto next = service.run(looks.next());
    if (!next) break;
    seen.push_back(next->failure ? next->failure->code.message() : std::string{next->status().name()});
    CHECK(next->run.has_value());  // as last seen
    CHECK(next->outcome.has_value() != next->next_look.has_value());
  }
  CHECK(seen == std::vector<std::string>{"RUNNING", "the service throttled the request", "connection lost",
                                         "internal error of the service", "SUCCESS"});
}

TEST_CASE("wait_for_run: what no other look can mend ends it, and so do failures in a row") {
  {
    canned_service service;
    service.network->script.emplace_back(run_in("RUNNING"));
    service.network->script.emplace_back(refused(404, "ResourceNotFoundException"));
    const auto outcome = service.run(mwaa::as_result(mwaa::wait_for_run(service.make_client(), "arn", "run")));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == mwaa::errc::resource_not_found);
    CHECK(outcome.error().operation == "GetWorkflowRun");
  }
  canned_service service;
  service.config.retry.max_attempts = 1;
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(run_in("RUNNING"));
  service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{test::internal_error()}; };
  mwaa::wait_options options;
  options.max_failures_in_a_row = 3;
  const auto outcome = service.run(mwaa::as_result(mwaa::wait_for_run(service.make_client(), "arn", "run", options)));
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().code == mwaa::errc::internal_server);
  CHECK(service.network->requests.size() == 5);
}

TEST_CASE("wait_for_run: the deadline ends it with what is known") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    canned_service service;
    service.network->otherwise = [=](const mwaa::http_request&) {
      return answers ? test::canned_answer{run_in("RUNNING")} : test::canned_answer{run_in("RUNNING"), 1h};
    };
    const auto start = service.time->now();
    mwaa::wait_options options;
    options.timeout = 60s;
    options.deadline = start + 100s;
    const auto last = service.run(mwaa::wait_for_run(service.make_client(), "arn", "run", options));
    REQUIRE(last.outcome);
    CHECK(*last.outcome == mwaa::wait_outcome::still_running);
    CHECK(last.run.has_value() == answers);
    CHECK(service.time->now() - start <= 60s);
    CHECK(service.time->now() - start >= 58s);
    CHECK(last.failure.has_value() != answers);
  }
}

TEST_CASE("wait_for_run: the caller's sets of states") {
  canned_service service;
  service.network->script.emplace_back(run_in("STARTING"));
  service.network->script.emplace_back(run_in("RUNNING"));
  mwaa::wait_options options;
  options.success_states = {mwaa::workflow_run_status::running};
  const auto client = service.make_client();
  CHECK(*service.run(mwaa::wait_for_run(client, "arn", "run", options)).outcome == mwaa::wait_outcome::success);

  service.network->script.emplace_back(run_in("SUCCESS"));
  options.success_states = {};
  options.failure_states = {mwaa::workflow_run_status::success};
  CHECK(*service.run(mwaa::wait_for_run(client, "arn", "run", options)).outcome == mwaa::wait_outcome::failed);
}

TEST_CASE("wait_for_run: options out of range are named") {
  struct row {
    const char* option;
    void (*spoil)(mwaa::wait_options& options);
  };
  const row rows[]{
      {"min_delay", [](mwaa::wait_options& options) { options.min_delay = 0s; }},
      {"max_delay", [](mwaa::wait_options& options) { options.max_delay = 1s; }},
      {"timeout", [](mwaa::wait_options& options) { options.timeout = 0s; }},
      {"expected_duration", [](mwaa::wait_options& options) { options.expected_duration = -1s; }},
      {"max_failures_in_a_row", [](mwaa::wait_options& options) { options.max_failures_in_a_row = 0; }},
      {"min_delay", [](mwaa::wait_options& options) { options.min_delay = std::chrono::milliseconds::min(); }},
      {"min_delay",
       [](mwaa::wait_options& options) { options.min_delay = options.max_delay = std::chrono::milliseconds::max(); }},
      {"max_delay", [](mwaa::wait_options& options) { options.max_delay = std::chrono::milliseconds::max(); }},
      {"timeout", [](mwaa::wait_options& options) { options.timeout = std::chrono::milliseconds::min(); }},
      {"expected_duration",
       [](mwaa::wait_options& options) { options.expected_duration = std::chrono::seconds::min(); }},
      {"expected_duration",
       [](mwaa::wait_options& options) { options.expected_duration = std::chrono::seconds::max(); }},
  };
  for (const row& each : rows) {
    CAPTURE(each.option);
    canned_service service;
    mwaa::wait_options options;
    each.spoil(options);
    const auto outcome = service.run(mwaa::as_result(mwaa::wait_for_run(service.make_client(), "arn", "run", options)));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == mwaa::errc::invalid_argument);
    CHECK(outcome.error().message.find(each.option) != std::string::npos);
    CHECK(service.network->requests.empty());
  }
}

TEST_CASE("wait_for_run: ends of time overflow nothing") {
  using time_point = mwaa::clock::time_point;
  constexpr auto year = std::chrono::hours{24 * 366};
  for (const char* started : {"1678-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2261-12-31T23:59:59Z"}) {
    for (const time_point deadline : {time_point::min(), time_point{}, time_point::max() - 1ns, time_point::max()}) {
      CAPTURE(started);
      CAPTURE(deadline.time_since_epoch().count());
      canned_service service;
      const auto client = service.make_client();
      service.network->script.emplace_back(run_in("RUNNING", R"(,"StartedOn":")" + std::string{started} + "\""));
      service.network->script.emplace_back(run_in("SUCCESS"));
      mwaa::wait_options options;
      options.max_delay = year;
      options.expected_duration = year;
      options.timeout = std::chrono::milliseconds::max();  // as good as none
      options.deadline = deadline;
      const auto got = service.run(mwaa::wait_for_run(client, "arn", "run", options));
      const bool over = deadline <= time_point{};
      CHECK(*got.outcome == (over ? mwaa::wait_outcome::still_running : mwaa::wait_outcome::success));
    }
  }
}

TEST_CASE("wait_for_run: cancelled while it waits, and while it looks") {
  for (const bool looking : {false, true}) {
    CAPTURE(looking);
    canned_service service;
    service.network->otherwise = [=](const mwaa::http_request&) {
      return looking ? test::canned_answer{run_in("RUNNING"), 10s} : test::canned_answer{run_in("RUNNING")};
    };
    asio::cancellation_signal cancel;
    std::exception_ptr failure;
    asio::co_spawn(service.io, mwaa::wait_for_run(service.make_client(), "arn", "run"),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr reason, mwaa::wait_progress) {
                     failure = std::move(reason);
                   }));
    service.io.poll();
    REQUIRE(service.network->requests.size() == 1);
    cancel.emit(asio::cancellation_type::terminal);
    service.io.poll();
    REQUIRE(failure);
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      CHECK(e.code() == asio::error::operation_aborted);
    }
  }
}

TEST_CASE("start_and_wait: the run that was started, and one token over all attempts") {
  canned_service service;
  service.network->script.emplace_back(mwaa::error(mwaa::errc::connection_lost, "reset"));
  service.network->script.emplace_back(test::response(200, R"({"RunId":"run-7","Status":"STARTING"})"));
  service.network->script.emplace_back(run_in("RUNNING"));
  service.network->script.emplace_back(run_in("SUCCESS"));
  mwaa::start_workflow_run_request request{"arn"};
  const auto last = service.run(mwaa::start_and_wait(service.make_client(), request));
  CHECK(*last.outcome == mwaa::wait_outcome::success);
  const auto body = [&](std::size_t index) {
    const std::string_view all = service.network->requests[index].bytes();
    return std::string{all.substr(all.find("\r\n\r\n") + 4)};
  };
  CHECK(body(0).size() == std::string{R"({"WorkflowArn":"arn","ClientToken":""})"}.size() + 36);
  CHECK(body(1) == body(0));
  CHECK(body(2) == R"({"WorkflowArn":"arn","RunId":"run-7"})");

  const std::string token = mwaa::make_client_token();
  CHECK(token.size() == 36);
  CHECK(token != mwaa::make_client_token());
  service.network->script.emplace_back(test::response(200, R"({"RunId":"run-7","Status":"STARTING"})"));
  (void)service.run(
      service.make_client().start_workflow_run(mwaa::start_workflow_run_request{"arn"}.with_client_token(token)));
  CHECK(body(4) == R"({"WorkflowArn":"arn","ClientToken":")" + token + "\"}");
}

namespace {

/// 20 seconds, said in each way that wait_options has.
std::vector<mwaa::wait_options> waits_of_20_seconds(const canned_service& service) {
  std::vector<mwaa::wait_options> out(3);
  out[0].timeout = 20s;
  out[1].deadline = service.time->now() + 20s;
  out[2].timeout = 60s;
  out[2].deadline = service.time->now() + 20s;
  return out;
}

auto outcome_within(canned_service& service, const mwaa::wait_options& options) {
  return service.run(
      mwaa::as_result(mwaa::start_and_wait(service.make_client(), mwaa::start_workflow_run_request{"arn"}, options)));
}

mwaa::http_response run_made() {
  return test::response(200, R"({"RunId":"run","Status":"STARTING"})");
}

}  // namespace

TEST_CASE("start_and_wait: the wait's deadline ends the start") {
  for (std::size_t way = 0; way < 3; ++way) {
    CAPTURE(way);
    {
      canned_service service;
      service.network->script.emplace_back(run_made(), 1h);
      const auto outcome = outcome_within(service, waits_of_20_seconds(service)[way]);
      REQUIRE(outcome.has_error());
      CHECK(outcome.error().code == mwaa::errc::operation_timeout);
      CHECK(outcome.error().operation == "StartWorkflowRun");
      CHECK(outcome.error().may_have_reached_service);
      CHECK(service.time->elapsed() == 20s);
    }
    // No wait is begun that the deadline would cut.
    canned_service service;
    service.network->script.emplace_back(test::throttle(30));
    const auto outcome = outcome_within(service, waits_of_20_seconds(service)[way]);
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == mwaa::errc::throttled);
    CHECK(outcome.error().operation == "StartWorkflowRun");
    CHECK(service.time->elapsed() == 0s);
  }
}

TEST_CASE("start_and_wait: the wait does not get the time again that the start took") {
  for (std::size_t way = 0; way < 3; ++way) {
    CAPTURE(way);
    canned_service service;
    service.network->script.emplace_back(run_made(), 15s);
    service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{run_in("RUNNING")}; };
    const auto last = outcome_within(service, waits_of_20_seconds(service)[way]);
    REQUIRE_FALSE(last.has_error());
    CHECK(*last->outcome == mwaa::wait_outcome::still_running);
    CHECK(last->status() == mwaa::workflow_run_status::running);
    CHECK(service.time->elapsed() >= 17s);
    CHECK(service.time->elapsed() <= 20s);
  }
}

TEST_CASE("start_and_wait: a nearer deadline of wait_options::look counts") {
  canned_service service;
  service.network->script.emplace_back(run_made(), 1h);
  mwaa::wait_options options;
  options.timeout = 20s;
  options.look.deadline = service.time->now() + 5s;
  const auto outcome = outcome_within(service, options);
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().code == mwaa::errc::operation_timeout);
  CHECK(service.time->elapsed() == 5s);
}

TEST_CASE("wait_for_run, start_and_wait: forever is a duration too") {
  canned_service service;
  mwaa::wait_options options;
  options.timeout = std::chrono::milliseconds::max();
  service.network->script.emplace_back(run_made());
  for (int i = 0; i < 2; ++i) {
    service.network->script.emplace_back(run_in("RUNNING"));
    service.network->script.emplace_back(run_in("SUCCESS"));
  }
  const auto last = outcome_within(service, options);
  REQUIRE_FALSE(last.has_error());
  CHECK(*last->outcome == mwaa::wait_outcome::success);
  CHECK(*service.run(mwaa::wait_for_run(service.make_client(), "arn", "run", options)).outcome ==
        mwaa::wait_outcome::success);
}
