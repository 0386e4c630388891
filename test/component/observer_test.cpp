// What a client tells about its work, the caller's own gate, and a wrong clock.
#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <mwaa_serverless/client.hpp>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::canned_service;

namespace {

/// Keeps what it is told as lines of a transcript.
class transcript final : public mwaa::observer {
 public:
  void attempt_started(const operation_id& operation, int number) noexcept override {
    lines.push_back("start " + std::string{operation.name} + " " + std::to_string(number));
    invocation = operation.invocation;
  }
  void attempt_ended(const operation_id& operation, const mwaa::attempt_record& attempt) noexcept override {
    CHECK(operation.invocation == invocation);
    attempts.push_back(attempt);
    lines.push_back("end " + std::to_string(attempt.number) + " " + std::to_string(attempt.http_status) + " " +
                    attempt.aws_code);
  }
  void operation_ended(const operation_id& operation, std::chrono::nanoseconds took_value,
                       const mwaa::error* failure) noexcept override {
    took = took_value;
    lines.push_back("done " + std::string{operation.name} + (failure ? " " + failure->aws_code : ""));
  }

  std::vector<std::string> lines;
  std::vector<mwaa::attempt_record> attempts;
  std::string invocation;
  std::chrono::nanoseconds took{0};
};

/// Lets attempts pass after a second each, or refuses.
class slow_gate final : public mwaa::attempt_gate {
 public:
  explicit slow_gate(std::shared_ptr<mwaa::clock> time) : time_(std::move(time)) {}

  asio::awaitable<std::optional<mwaa::error>> enter(std::string_view operation,
                                                    mwaa::clock::time_point deadline) override {
    operations.emplace_back(operation);
    deadlines.push_back(deadline);
    co_await time_->sleep_until(time_->now() + 1s);
    co_return refusal;
  }

  std::optional<mwaa::error> refusal;
  std::vector<std::string> operations;
  std::vector<mwaa::clock::time_point> deadlines;

 private:
  std::shared_ptr<mwaa::clock> time_;
};

mwaa::error failure_of(canned_service& service, const mwaa::client& client, mwaa::call_options options = {}) {
  auto outcome = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"}, std::move(options))));
  REQUIRE(outcome.has_error());
  return outcome.error();
}

}  // namespace

TEST_CASE("observer: every attempt with its facts, and the end") {
  canned_service service;
  const auto seen = std::make_shared<transcript>();
  service.config.attempt_observer = seen;
  service.network->script.emplace_back(test::throttle(2), 100ms);
  service.network->script.emplace_back(mwaa::error(mwaa::errc::connection_lost, "reset"));
  service.network->script.emplace_back(test::page({"x"}), 300ms);
  const auto client = service.make_client();
  (void)service.run(client.list_task_instances({"arn", "run"}));
  CHECK(seen->lines == std::vector<std::string>{"start ListTaskInstances 1", "end 1 429 ThrottlingException",
                                                "start ListTaskInstances 2", "end 2 0 ", "start ListTaskInstances 3",
                                                "end 3 200 ", "done ListTaskInstances"});
  CHECK(seen->invocation.size() == 36);
  REQUIRE(seen->attempts.size() == 3);
  const auto& throttled = seen->attempts[0];
  CHECK(throttled.code == mwaa::errc::throttled);
  CHECK(throttled.took == 100ms);
  CHECK(throttled.hint == 2s);
  CHECK(throttled.wait_after == 2500ms);
  CHECK(throttled.request_id == "request-1");
  CHECK(throttled.bytes_sent == service.network->requests[0].bytes().size());
  CHECK(throttled.bytes_received > 50);
  CHECK(throttled.quota_after == 500);  // the gate spaced it: nothing was charged
  CHECK_FALSE(throttled.reason.empty());
  const auto& lost = seen->attempts[1];
  CHECK(lost.code == mwaa::errc::connection_lost);
  CHECK(lost.bytes_received == 0);
  CHECK(lost.quota_after == 486);
  const auto& well = seen->attempts[2];
  CHECK_FALSE(well.code.failed());
  CHECK(well.took == 300ms);
  CHECK(well.request_id == "request-1");
  CHECK(well.reason.empty());
  CHECK(well.quota_after == 500);
  CHECK(seen->took == service.time->elapsed());

  for (const auto& attempt : seen->attempts) CHECK(attempt.reason.find("secret") == std::string::npos);
}

TEST_CASE("observer: a failed operation, and none for a cancelled one") {
  canned_service service;
  const auto seen = std::make_shared<transcript>();
  service.config.attempt_observer = seen;
  const auto client = service.make_client();
  service.network->script.emplace_back(test::response(400, R"({"__type":"ValidationException","Message":"no"})"));
  (void)failure_of(service, client);
  CHECK(seen->lines.back() == "done ListTaskInstances ValidationException");

  seen->lines.clear();
  service.network->script.emplace_back(test::page({"x"}), 10s);
  asio::cancellation_signal signal;
  asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr, auto&&) {}));
  service.time->run_until(service.io, service.time->now() + 1s);
  signal.emit(asio::cancellation_type::terminal);
  service.time->run(service.io);
  CHECK(seen->lines == std::vector<std::string>{"start ListTaskInstances 1"});
}

TEST_CASE("observer: what one throws is dropped and counted, and changes nothing") {
  class thrower final : public mwaa::observer {
   public:
    void attempt_started(const operation_id&, int) override { throw std::runtime_error("started"); }
    void attempt_ended(const operation_id&, const mwaa::attempt_record&) override { throw 7; }
    void operation_ended(const operation_id&, std::chrono::nanoseconds, const mwaa::error*) override {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  };
  canned_service service;
  service.config.attempt_observer = std::make_shared<thrower>();
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  CHECK(service.run(client.list_task_instances({"arn", "run"})).task_instances.size() == 1);
  CHECK(client.metrics().observer_exceptions == 5);
  service.network->script.emplace_back(test::response(400, R"({"__type":"ValidationException","Message":"no"})"));
  CHECK(failure_of(service, client).aws_code == "ValidationException");
}

TEST_CASE("attempt log: on success too, when it is asked for") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(1));
  service.network->script.emplace_back(test::page({"x"}));
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  const auto log = std::make_shared<std::vector<mwaa::attempt_record>>();
  const auto options = mwaa::call_options{}.with_attempt_log(log);
  (void)service.run(client.list_task_instances({"arn", "run"}, options));
  REQUIRE(log->size() == 2);
  CHECK(log->at(0).aws_code == "ThrottlingException");
  CHECK(log->at(1).http_status == 200);
  (void)service.run(client.list_task_instances({"arn", "run"}, options));
  CHECK(log->size() == 1);  // of the last call only
}

TEST_CASE("attempt gate: awaited before each attempt, with the operation's deadline") {
  canned_service service;
  const auto gate = std::make_shared<slow_gate>(service.time);
  service.config.attempt_limiter = gate;
  service.network->script.emplace_back(test::internal_error());
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  const auto start = service.time->now();
  const auto log = std::make_shared<std::vector<mwaa::attempt_record>>();
  (void)service.run(client.list_task_instances({"arn", "run"},
                                               mwaa::call_options{}.with_operation_timeout(10s).with_attempt_log(log)));
  CHECK(gate->operations == std::vector<std::string>{"ListTaskInstances", "ListTaskInstances"});
  CHECK(gate->deadlines[0] == start + 10s);
  CHECK(service.network->times[0] - start == 1s);
  CHECK(service.network->times[1] - start == 2025ms);
  CHECK(log->at(1).gate_wait == 1s);
  // Signed after the gate, not before.
  CHECK(service.network->requests[0].header("x-amz-date") == "20260101T000001Z");
}

TEST_CASE("attempt gate: what it refuses ends the operation") {
  canned_service service;
  const auto gate = std::make_shared<slow_gate>(service.time);
  service.config.attempt_limiter = gate;
  gate->refusal = mwaa::error(mwaa::errc::operation_timeout, "the fleet's quota is used up");
  const auto failure = failure_of(service, service.make_client());
  CHECK(failure.code == mwaa::errc::operation_timeout);
  CHECK(failure.message == "the fleet's quota is used up");
  CHECK(failure.phase == mwaa::operation_phase::attempt_gate);
  CHECK(failure.operation == "ListTaskInstances");
  CHECK(service.network->requests.empty());
}

TEST_CASE("attempt gate: time that it took past the deadline is no attempt's any more") {
  canned_service service;
  service.config.attempt_limiter = std::make_shared<slow_gate>(service.time);
  const auto failure = failure_of(service, service.make_client(), mwaa::call_options{}.with_operation_timeout(500ms));
  CHECK(failure.code == mwaa::errc::operation_timeout);
  CHECK(failure.phase == mwaa::operation_phase::attempt_gate);
  CHECK(failure.message.find("0.501 s to waits in the queue") != std::string::npos);  // it was not waited for
  CHECK(service.network->requests.empty());
}

TEST_CASE("deadline: the error says where the time went") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(1), 500ms);
  service.network->script.emplace_back(test::page({"late"}), 60s);
  const auto failure = failure_of(service, service.make_client(), mwaa::call_options{}.with_operation_timeout(10s));
  CHECK(failure.code == mwaa::errc::operation_timeout);
  CHECK(failure.phase == mwaa::operation_phase::reading_response);
  // 0.5 s and the rest in attempts; 1 s hint and half a second of jitter between them.
  CHECK(failure.message.find("of 10.000 s, 8.500 s went to 2 attempts, 1.500 s to waits between them, 0.000 s to waits "
                             "in the queue") != std::string::npos);
  CHECK(failure.attempts.size() == 2);
}

TEST_CASE("clock skew: learnt from a refusal, repeated with the right time, and kept") {
  canned_service service;
  const auto refused = test::response(403, R"({"__type":"InvalidSignatureException","Message":"Signature expired"})",
                                      "Date: Thu, 01 Jan 2026 00:10:00 GMT\r\n");
  service.network->script.emplace_back(refused);
  service.network->script.emplace_back(test::page({"x"}));
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  const auto log = std::make_shared<std::vector<mwaa::attempt_record>>();
  (void)service.run(client.list_task_instances({"arn", "run"}, mwaa::call_options{}.with_attempt_log(log)));
  REQUIRE(service.network->requests.size() == 2);
  CHECK(service.network->requests[0].header("x-amz-date") == "20260101T000000Z");
  CHECK(service.network->requests[1].header("x-amz-date") == "20260101T001000Z");
  CHECK(log->at(0).reason.find("clock") != std::string::npos);
  CHECK(log->at(0).quota_after == 486);  // like any error that is no throttling
  (void)service.run(client.list_task_instances({"arn", "run"}));
  CHECK(service.network->requests[2].header("x-amz-date") == "20260101T001000Z");
}

TEST_CASE("clock skew: not when the clocks agree, nor when it is switched off") {
  for (const bool off : {false, true}) {
    CAPTURE(off);
    canned_service service;
    service.config.correct_clock_skew = !off;
    const char* date = off ? "Date: Thu, 01 Jan 2026 00:10:00 GMT\r\n" : "Date: Thu, 01 Jan 2026 00:04:00 GMT\r\n";
    service.network->script.emplace_back(
        test::response(403, R"({"__type":"InvalidSignatureException","Message":"wrong key"})", date));
    const auto failure = failure_of(service, service.make_client());
    CHECK(failure.code == mwaa::errc::invalid_signature);
    CHECK(service.network->requests.size() == 1);
  }
}

TEST_CASE("clock skew: a date is believed only from the service, for an error that blames the clock or a success") {
  struct row {
    const char* what;
    int status;
    const char* fields;
    const char* body;
    bool believed;
  };
  const char* const fine = R"({"TaskInstances":[]})";
  const row rows[] = {
      {"a success", 200, "x-amzn-RequestId: r\r\nDate: Thu, 01 Jan 2026 01:00:00 GMT\r\n", fine, true},
      {"a success without an id", 200, "Date: Thu, 01 Jan 2026 01:00:00 GMT\r\n", fine, false},
      {"a success that cannot be read", 200, "x-amzn-RequestId: r\r\nDate: Thu, 01 Jan 2026 01:00:00 GMT\r\n", "<html>",
       false},
      {"an error that blames the clock", 403, "x-amzn-RequestId: r\r\nDate: Thu, 01 Jan 2026 01:00:00 GMT\r\n",
       R"({"__type":"InvalidSignatureException"})", true},
      {"the same of a proxy", 403, "Date: Thu, 01 Jan 2026 01:00:00 GMT\r\n",
       R"({"__type":"InvalidSignatureException"})", false},
      {"another error", 400, "x-amzn-RequestId: r\r\nDate: Thu, 01 Jan 2026 01:00:00 GMT\r\n",
       R"({"__type":"ValidationException"})", false},
      {"a page of a gateway", 502, "x-amzn-RequestId: r\r\nDate: Thu, 01 Jan 2026 01:00:00 GMT\r\n", "<html>", false},
      {"a throttle", 429, "x-amzn-RequestId: r\r\nDate: Thu, 01 Jan 2026 01:00:00 GMT\r\n",
       R"({"__type":"ThrottlingException"})", false},
      {"year 0", 200, "x-amzn-RequestId: r\r\nDate: Sat, 01 Jan 0000 00:00:00 GMT\r\n", fine, false},
      {"year 1677", 200, "x-amzn-RequestId: r\r\nDate: Fri, 01 Jan 1677 00:00:00 GMT\r\n", fine, false},
      {"year 2262", 200, "x-amzn-RequestId: r\r\nDate: Wed, 01 Jan 2262 00:00:00 GMT\r\n", fine, false},
      {"year 9999", 403, "x-amzn-RequestId: r\r\nDate: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
       R"({"__type":"InvalidSignatureException"})", false},
  };
  for (const row& each : rows) {
    CAPTURE(each.what);
    canned_service service;
    service.config.retry.max_attempts = 1;
    mwaa::http_response answer;
    answer.status = each.status;
    answer.fields = each.fields;
    answer.body = each.body;
    service.network->script.emplace_back(answer);
    service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{test::page({"x"})}; };
    const auto client = service.make_client();
    asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}), [](std::exception_ptr, auto&&) {});
    service.time->run(service.io);
    (void)service.run(client.list_task_instances({"arn", "run"}));
    const std::string_view signed_at = *service.network->requests.back().header("x-amz-date");
    CHECK(signed_at == (each.believed ? "20260101T010000Z" : "20260101T000000Z"));
  }
}

TEST_CASE("clock skew: a healthy response heals it") {
  canned_service service;
  auto ahead = test::page({"x"});
  ahead.fields += "Date: Thu, 01 Jan 2026 01:00:00 GMT\r\n";
  auto right = test::page({"x"});
  right.fields += "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
  service.network->script.emplace_back(ahead);
  service.network->script.emplace_back(right);
  service.network->script.emplace_back(test::page({"x"}));
  const auto client = service.make_client();
  for (int i = 0; i < 3; ++i) (void)service.run(client.list_task_instances({"arn", "run"}));
  CHECK(service.network->requests[1].header("x-amz-date") == "20260101T010000Z");
  CHECK(service.network->requests[2].header("x-amz-date") == "20260101T000000Z");
}
