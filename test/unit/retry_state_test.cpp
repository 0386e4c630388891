// One operation's attempts, decision by decision.
#include <doctest/doctest.h>

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/retry.hpp>
#include <string>

#include "retry/retry_state.hpp"

using mwaa_serverless::errc;
using mwaa_serverless::error;
using mwaa_serverless::retry_options;
using mwaa_serverless::retry::retry_hints;
using mwaa_serverless::retry::retry_quota;
using mwaa_serverless::retry::retry_state;
using namespace std::chrono_literals;
using time_point = mwaa_serverless::retry::circumstances::time_point;

namespace {

constexpr time_point start{1h};
constexpr time_point never = time_point::max();

mwaa_serverless::retry::decision failed(retry_state& retries, const error& failure, const retry_hints& hints,
                                        double random, time_point now, time_point deadline) {
  return retries.failed(mwaa_serverless::retry::classify(failure), hints, random,
                        mwaa_serverless::retry::circumstances(now, deadline));
}

error throttled() {
  error failure{errc::throttled, "Rate exceeded"};
  failure.aws_code = "ThrottlingException";
  failure.http_status = 429;
  return failure;
}
error lost() {
  return error{errc::connection_lost, "reset"};
}
error refused() {
  error failure{errc::validation, "wrong"};
  failure.aws_code = "ValidationException";
  failure.http_status = 400;
  return failure;
}

}  // namespace

TEST_CASE("retry: throttled twice, then a success") {
  const retry_options options;
  retry_quota quota{options.quota};
  retry_state retries{options, options.max_attempts, quota};

  CHECK(retries.attempt() == 1);
  auto next = failed(retries, throttled(), retry_hints{}, 0.5, start, never);
  CHECK(next.retry);
  CHECK(next.wait == 500ms);
  CHECK_FALSE(next.attempts_exhausted);
  CHECK(retries.attempt() == 2);
  CHECK(quota.available() == 495);

  next = failed(retries, throttled(), retry_hints{}, 0.5, start, never);
  CHECK(next.retry);
  CHECK(next.wait == 1s);
  CHECK(retries.attempt() == 3);
  CHECK(quota.available() == 490);

  retries.succeeded();
  CHECK(quota.available() == 495);  // the last retry's tokens only
}

TEST_CASE("retry: the last attempt ends it, and nothing is charged or given back") {
  const retry_options options;
  retry_quota quota{options.quota};
  retry_state retries{options, 3, quota};
  CHECK(failed(retries, lost(), retry_hints{}, 1.0, start, never).wait == 50ms);
  CHECK(failed(retries, lost(), retry_hints{}, 1.0, start, never).wait == 100ms);
  const auto last = failed(retries, lost(), retry_hints{}, 1.0, start, never);
  CHECK_FALSE(last.retry);
  CHECK(last.attempts_exhausted);
  CHECK(last.wait == 0ns);
  CHECK_FALSE(last.reason.empty());
  CHECK(retries.attempt() == 3);
  CHECK(quota.available() == 500 - 2 * 14);
}

TEST_CASE("retry: one attempt means none, and says that the attempts ran out") {
  const retry_options options;
  retry_quota quota{options.quota};
  retry_state retries{options, 1, quota};
  const auto only = failed(retries, throttled(), retry_hints{}, 0.5, start, never);
  CHECK_FALSE(only.retry);
  CHECK(only.attempts_exhausted);
  CHECK(quota.available() == 500);
}

TEST_CASE("retry: a fatal error ends it at once, on the last attempt too") {
  const retry_options options;
  for (const int max_attempts : {1, 3}) {
    CAPTURE(max_attempts);
    retry_quota quota{options.quota};
    retry_state retries{options, max_attempts, quota};
    const auto end = failed(retries, refused(), retry_hints{}, 0.5, start, never);
    CHECK_FALSE(end.retry);
    CHECK_FALSE(end.attempts_exhausted);  // more attempts would not have helped
    CHECK(quota.available() == 500);
  }
}

TEST_CASE("retry: a hint does not make an error retryable") {
  const retry_options options;
  retry_quota quota{options.quota};
  retry_state retries{options, 3, quota};
  retry_hints hints;
  hints.body = hints.header = hints.amz = 1s;
  CHECK_FALSE(failed(retries, refused(), hints, 0.5, start, never).retry);
}

TEST_CASE("retry: hints are obeyed") {
  const retry_options options;
  retry_quota quota{options.quota};
  retry_state retries{options, 3, quota};
  retry_hints hints;
  hints.body = 10s;
  CHECK(failed(retries, throttled(), hints, 0.5, start, never).wait == 10'500ms);
}

TEST_CASE("retry: no wait that leaves no time for an attempt") {
  const retry_options options;
  // random 0.5 on attempt 1 after throttling: 500 ms
  struct deadline_case {
    time_point deadline;
    bool retry;
  };
  const deadline_case cases[] = {{start + 500ms + 1ns, true}, {start + 500ms, false},
                                 {start + 499ms, false},      {start, false},
                                 {start - 1s, false},         {never, true}};
  for (const auto& each : cases) {
    CAPTURE((each.deadline - start).count());
    retry_quota quota{options.quota};
    retry_state retries{options, 3, quota};
    const auto next = failed(retries, throttled(), retry_hints{}, 0.5, start, each.deadline);
    CHECK(next.retry == each.retry);
    CHECK_FALSE(next.attempts_exhausted);
    CHECK(quota.available() == (each.retry ? 495 : 500));
    CHECK(retries.attempt() == (each.retry ? 2 : 1));
  }
}

TEST_CASE("retry: the quota refuses, and a refusal is not charged") {
  const retry_options options;
  retry_quota quota{13};
  retry_state transient{options, 3, quota};
  const auto refusal = failed(transient, lost(), retry_hints{}, 0.5, start, never);
  CHECK_FALSE(refusal.retry);
  CHECK_FALSE(refusal.attempts_exhausted);
  CHECK(refusal.wait == 0ns);
  CHECK(quota.available() == 13);
  CHECK(transient.attempt() == 1);

  retry_state throttling{options, 3, quota};
  CHECK(failed(throttling, throttled(), retry_hints{}, 0.5, start, never).retry);  // 5 are there
  CHECK(quota.available() == 8);
}

TEST_CASE("retry: after a refusal the operation's refund is still its last granted retry") {
  const retry_options options;
  retry_quota quota{18};
  retry_state retries{options, 5, quota};
  REQUIRE(failed(retries, lost(), retry_hints{}, 0.5, start, never).retry);  // 4 left
  REQUIRE_FALSE(failed(retries, lost(), retry_hints{}, 0.5, start, never).retry);
  retries.succeeded();
  CHECK(quota.available() == 18);
}

TEST_CASE("retry: what a success gives back") {
  const retry_options options;
  retry_quota quota{500};
  REQUIRE(quota.try_take(100));

  retry_state at_once{options, 3, quota};
  at_once.succeeded();
  CHECK(quota.available() == 401);

  retry_state after_transient{options, 3, quota};
  REQUIRE(failed(after_transient, lost(), retry_hints{}, 0.5, start, never).retry);
  after_transient.succeeded();
  CHECK(quota.available() == 401);

  // Throttled, then lost: the 14 of the last retry come back, the 5 do not.
  retry_state mixed{options, 3, quota};
  REQUIRE(failed(mixed, throttled(), retry_hints{}, 0.5, start, never).retry);
  REQUIRE(failed(mixed, lost(), retry_hints{}, 0.5, start, never).retry);
  mixed.succeeded();
  CHECK(quota.available() == 396);
}

TEST_CASE("retry: sustained failure drains the bucket to a stop") {
  const retry_options options;
  retry_quota quota{500};
  int sent = 0;
  for (int operation = 0; operation < 100; ++operation) {
    retry_state retries{options, 3, quota};
    do {
      ++sent;
    } while (failed(retries, lost(), retry_hints{}, 0.5, start, never).retry);
  }
  CHECK(sent == 100 + 35);  // 500 / 14 retries in all, instead of 200
  CHECK(quota.available() == 10);
}

TEST_CASE("retry: the four ways to end have four reasons") {
  const retry_options options;
  retry_quota full{500};
  retry_quota empty{0};
  retry_state one{options, 3, full};
  retry_state two{options, 1, full};
  retry_state three{options, 3, full};
  retry_state four{options, 3, empty};
  const std::string fatal{failed(one, refused(), retry_hints{}, 0.5, start, never).reason};
  const std::string last{failed(two, throttled(), retry_hints{}, 0.5, start, never).reason};
  const std::string late{failed(three, throttled(), retry_hints{}, 0.5, start, start).reason};
  const std::string spent{failed(four, throttled(), retry_hints{}, 0.5, start, never).reason};
  CHECK(fatal.find("refused") != std::string::npos);
  CHECK(last.find("attempt") != std::string::npos);
  CHECK(late.find("deadline") != std::string::npos);
  CHECK(spent.find("quota") != std::string::npos);
}

TEST_CASE("retry: options that cannot be used are refused by name") {
  using mwaa_serverless::retry::validate;
  CHECK_FALSE(validate(retry_options{}));

  struct option_case {
    const char* member;
    void (*change)(retry_options&);
  };
  const option_case wrong[] = {
      {"max_attempts", [](retry_options& o) { o.max_attempts = 0; }},
      {"max_attempts", [](retry_options& o) { o.max_attempts = -1; }},
      {"base_delay", [](retry_options& o) { o.base_delay = 0ms; }},
      {"base_delay", [](retry_options& o) { o.base_delay = -1ms; }},
      {"throttling_base_delay", [](retry_options& o) { o.throttling_base_delay = 0ms; }},
      {"max_backoff", [](retry_options& o) { o.max_backoff = 999ms; }},
      {"max_backoff", [](retry_options& o) { o.base_delay = 21s; }},
      {"max_backoff", [](retry_options& o) { o.max_backoff = 24h + 1ms; }},
      {"max_backoff", [](retry_options& o) { o.max_backoff = std::chrono::milliseconds::max(); }},
      {"max_hint", [](retry_options& o) { o.max_hint = -1ms; }},
      {"max_hint", [](retry_options& o) { o.max_hint = 24h + 1ms; }},
      {"max_gate_wait", [](retry_options& o) { o.max_gate_wait = 0ms; }},
      {"max_gate_wait", [](retry_options& o) { o.max_gate_wait = 24h + 1ms; }},
      {"quota", [](retry_options& o) { o.quota = -1; }},
  };
  for (const auto& each : wrong) {
    CAPTURE(each.member);
    retry_options options;
    each.change(options);
    const auto refusal = validate(options);
    REQUIRE(refusal);
    CHECK(refusal->code == errc::invalid_configuration);
    CHECK(refusal->message.starts_with(std::string{"retry_options::"} + each.member + " "));
  }

  const option_case right[] = {
      {"max_attempts", [](retry_options& o) { o.max_attempts = 1; }},
      {"max_backoff", [](retry_options& o) { o.max_backoff = 1s; }},
      {"max_backoff", [](retry_options& o) { o.max_backoff = 24h; }},
      {"max_hint", [](retry_options& o) { o.max_hint = 0ms; }},
      {"max_hint", [](retry_options& o) { o.max_hint = 24h; }},
      {"max_gate_wait", [](retry_options& o) { o.max_gate_wait = 1ms; }},
      {"max_gate_wait", [](retry_options& o) { o.max_gate_wait = 24h; }},
      {"quota", [](retry_options& o) { o.quota = 0; }},
  };
  for (const auto& each : right) {
    CAPTURE(each.member);
    retry_options options;
    each.change(options);
    CHECK_FALSE(validate(options));
  }
}

TEST_CASE("retry: throttled requests that are spaced cost no quota, other failures do") {
  const retry_options options;
  retry_quota quota{options.quota};
  retry_state retries{options, 3, quota};
  mwaa_serverless::retry::circumstances at{start, never};
  at.spaced = true;
  CHECK(retries.failed(mwaa_serverless::retry::classify(throttled()), retry_hints{}, 0.5, at).retry);
  CHECK(quota.available() == 500);
  CHECK(retries.failed(mwaa_serverless::retry::classify(lost()), retry_hints{}, 0.5, at).retry);
  CHECK(quota.available() == 486);
}
