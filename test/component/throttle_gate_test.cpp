// Throttling with many callers: who waits, for how long, in which order, and at what cost. In virtual time.
#include <doctest/doctest.h>
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
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

/// A call whose run id is its name, and what became of it.
class named_call {
 public:
  std::string name;
  bool ended = false;
  std::exception_ptr failure;
  mwaa::clock::time_point end{};

  [[nodiscard]] mwaa::error error() const {
    REQUIRE(failure);
    try {
      std::rethrow_exception(failure);
    } catch (const mwaa::exception& e) {
      return e.details();
    }
  }
  [[nodiscard]] bool aborted() const {
    if (!failure) return false;
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
      return e.code() == asio::error::operation_aborted;
    }
  }
};

class crowd {
 public:
  explicit crowd(canned_service& service) : service_(service), client(service.make_client()) {}

  named_call& start(const std::string& name, mwaa::call_options options = {}) {
    return start_on(service_.io, name, std::move(options));
  }
  named_call& start_on(asio::io_context& io, const std::string& name, mwaa::call_options options = {}) {
    auto& call = calls_.emplace_back(std::make_unique<named_call>());
    call->name = name;
    auto& signal = signals_.emplace_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(io, client.list_task_instances({"arn", name}, std::move(options)),
                   asio::bind_cancellation_slot(signal->slot(), [this, out = call.get()](std::exception_ptr e, auto&&) {
                     out->ended = true;
                     out->failure = e;
                     out->end = service_.time->now();
                   }));
    io.restart();
    io.poll();
    return *call;
  }
  void cancel(const named_call& call) {
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (calls_[i].get() == &call) signals_[i]->emit(asio::cancellation_type::terminal);
    service_.io.restart();
    service_.io.poll();  // no time passes
  }
  void pass_time(std::chrono::nanoseconds length) {
    service_.time->run_until(service_.io, service_.time->now() + length);
  }
  /// The run ids in the order in which their requests came.
  [[nodiscard]] std::string order() const {
    std::string out;
    for (const auto& request : service_.network->requests) {
      const std::string_view body = request.body();
      const auto from = body.find(R"("RunId":")") + 9;
      out += body.substr(from, body.find('"', from) - from);
    }
    return out;
  }
  [[nodiscard]] std::chrono::nanoseconds sent(std::size_t i) const {
    return service_.network->times.at(i) - (service_.time->now() - service_.time->elapsed());
  }

 private:
  canned_service& service_;
  std::vector<std::unique_ptr<named_call>> calls_;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals_;

 public:
  mwaa::client client;
};

test::canned_answer fine(const mwaa::http_request&) {
  return {test::page({"task"}), 50ms};
}

// Five calls at once that are all throttled: the gate is closed from 50 ms on, for a second or the hint if that is
// shorter. They come back after their hint and half a second.
void close_gate(canned_service& service, crowd& callers, int hint_seconds) {
  for (int i = 0; i < 5; ++i) service.network->script.emplace_back(test::throttle(hint_seconds), 50ms);
  for (const char* name : {"1", "2", "3", "4", "5"}) callers.start(name);
  callers.pass_time(50ms);
  REQUIRE(callers.client.metrics().gates.at(0).closed_for == 1s);
}

}  // namespace

TEST_CASE("throttle gate: a hint binds the call that received it, and nobody else") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(60), 50ms);
  service.network->otherwise = fine;
  crowd callers{service};
  callers.start("A");
  callers.pass_time(1s);
  for (const char* name : {"B", "C", "D", "E"}) callers.start(name);
  CHECK(callers.client.metrics().gates.at(0).waiting == 0);
  CHECK(callers.client.metrics().gates.at(0).closed_for == 0s);
  callers.pass_time(59s);
  CHECK(callers.order() == "ABCDE");
  callers.pass_time(10s);
  CHECK(callers.order() == "ABCDEA");
  CHECK(callers.sent(5) == 60'550ms);  // the hint and half a second of jitter
}

TEST_CASE("throttle gate: when all are throttled the others queue, and an accepted probe lets them go in order") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 5);
  callers.pass_time(450ms);
  for (const char* name : {"A", "B", "C", "D"}) callers.start(name);
  CHECK(callers.client.metrics().gates.at(0).waiting == 4);
  CHECK(callers.client.metrics().gates.at(0).operation == "ListTaskInstances");
  CHECK(callers.client.metrics().gates.at(0).closed_for == 550ms);
  CHECK(callers.order() == "12345");
  callers.pass_time(4s);
  CHECK(callers.order() == "12345ABCD");
  CHECK(callers.sent(5) == 1'050ms);  // the probe
  CHECK(callers.sent(6) == 1'100ms);  // as soon as it is accepted
  for (std::size_t i = 7; i < 9; ++i) {
    CAPTURE(i);
    CHECK(callers.sent(i) - callers.sent(i - 1) >= 200ms);  // one by one, at a rate that rises
  }
  service.time->run(service.io);
  // Neither attempts nor quota were spent on the waits.
  const auto metrics = callers.client.metrics();
  CHECK(metrics.attempts == 14);
  CHECK(metrics.retries == 5);
  CHECK(metrics.retry_quota == 500);
  CHECK(metrics.gates.at(0).waiting == 0);
  CHECK(metrics.gates.at(0).rate > 0);
}

TEST_CASE("throttle gate: a throttled call keeps its place, before those who came later") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 1);
  callers.pass_time(1'400ms);  // the gate has been open, without limit to the eye: half a request a second
  for (const char* name : {"A", "B"}) callers.start(name);
  callers.pass_time(60s);
  // One of the five went at 1.05 s or was not back yet; they are before A and B in any case.
  CHECK(callers.order().substr(0, 6) == "12345A");
  CHECK(callers.order().substr(6) == "12345B");
}

TEST_CASE("throttle gate: probes go at intervals that double, each by another call") {
  canned_service service;
  for (int i = 0; i < 9; ++i) service.network->script.emplace_back(test::throttle(60), 50ms);
  service.network->otherwise = fine;
  crowd callers{service};
  for (const char* name : {"1", "2", "3", "4", "5"}) callers.start(name);
  callers.pass_time(100ms);
  for (const char* name : {"A", "B", "C", "D", "E", "F"}) callers.start(name);
  callers.pass_time(30s);
  CHECK(callers.order() == "12345ABCD");
  CHECK(callers.sent(5) == 1'050ms);
  CHECK(callers.sent(6) == 3'100ms);
  CHECK(callers.sent(7) == 7'150ms);
  CHECK(callers.sent(8) == 15'200ms);
  CHECK(callers.client.metrics().gates.at(0).waiting == 2);
  CHECK(callers.client.metrics().gates.at(0).closed_for == 1'150ms);
  service.time->run(service.io);
  CHECK(callers.sent(9) == 31'250ms);
  CHECK(callers.order().substr(9, 2) == "EF");
}

TEST_CASE("throttle gate: a probe that is cancelled or silent costs one interval") {
  for (const bool cancelled : {false, true}) {
    CAPTURE(cancelled);
    canned_service service;
    service.network->otherwise = fine;
    crowd callers{service};
    close_gate(service, callers, 60);
    service.network->script.emplace_back(test::page({"late"}), 20s);
    const auto& probe = callers.start("A");
    callers.start("B");
    callers.pass_time(1'100ms);
    CHECK(callers.order() == "12345A");
    if (cancelled) callers.cancel(probe);
    CHECK(probe.ended == cancelled);
    callers.pass_time(1s);
    CHECK(callers.order() == "12345AB");
    CHECK(callers.sent(6) == 2'050ms);
    service.time->run(service.io);
  }
}

TEST_CASE(
    "throttle gate: who has a deadline ends by it while a probe is under way, also behind one who sleeps longer") {
  for (const bool accepted : {false, true}) {
    CAPTURE(accepted);
    canned_service service;
    service.network->otherwise = fine;
    crowd callers{service};
    close_gate(service, callers, 60);
    service.network->script.emplace_back(accepted ? test::page({"x"}) : test::throttle(60), accepted ? 300ms : 900ms);
    callers.start("A");  // the probe, at 1.05 s
    callers.start("B");  // next at 2.05 s
    callers.pass_time(1'050ms);
    REQUIRE(callers.order() == "12345A");
    // The gate is closed for a second, but the probe may open it.
    const auto started = service.time->now();
    const auto& first = callers.start("C", mwaa::call_options{}.with_operation_timeout(700ms));
    const auto& second = callers.start("D", mwaa::call_options{}.with_operation_timeout(600ms));
    CHECK_FALSE(first.ended);
    CHECK_FALSE(second.ended);
    callers.pass_time(1s);
    CHECK(first.ended);
    CHECK(second.ended);
    CHECK(first.end - started <= 700ms);
    CHECK(second.end - started <= 600ms);
    CHECK(second.error().phase == mwaa::operation_phase::throttle_gate);
    service.time->run(service.io);
  }
}

TEST_CASE("throttle gate: a call whose requests are always throttled does not hold up those behind it") {
  canned_service service;
  service.network->otherwise = [](const mwaa::http_request& request) -> test::canned_answer {
    if (request.body().find("poisoned") != std::string_view::npos) return {test::throttle(60), 50ms};
    return {test::page({"task"}), 50ms};
  };
  crowd callers{service};
  const auto& poisoned = callers.start("poisoned", mwaa::call_options{}.with_max_attempts(20));
  for (int i = 0; i < 600; ++i) {
    const auto& other = callers.start("a");
    callers.pass_time(1s);
    CHECK(other.ended);
    CHECK_FALSE(other.failure);
  }
  CHECK_FALSE(poisoned.ended);
  service.time->run(service.io);
  CHECK(poisoned.error().code == mwaa::errc::throttled);
  CHECK(poisoned.end - (service.time->now() - service.time->elapsed()) < 20 * 62s);
}

TEST_CASE("throttle gate: without a deadline a call ends within the documented bound, whatever the service says") {
  canned_service service;
  service.network->otherwise = [](const mwaa::http_request&) -> test::canned_answer {
    return {test::throttle(3600), 29s};  // just within the attempt's limit
  };
  crowd callers{service};
  const auto started = service.time->now();
  std::vector<const named_call*> calls;
  for (int i = 0; i < 150; ++i) {
    calls.push_back(&callers.start(std::to_string(i)));
    if (i % 3 == 0) callers.pass_time(1s);
  }
  service.time->run(service.io);
  for (const named_call* call : calls) {
    REQUIRE(call->ended);
    CHECK(call->end - started <= 50s + 14min + 45s);
    const auto failure = call->error();
    CHECK(failure.code == mwaa::errc::throttled);
    CHECK((failure.attempts.size() == 3 || failure.phase == mwaa::operation_phase::throttle_gate));
  }
}

TEST_CASE("throttle gate: max_gate_wait limits the time in the queue over all attempts") {
  canned_service service;
  service.config.retry.max_gate_wait = 2s;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 60);
  for (int i = 0; i < 3; ++i) service.network->script.emplace_back(test::throttle(60), 50ms);
  callers.start("A");  // the probe, at 1.05 s; throttled: closed until 3.10 s
  callers.pass_time(500ms);
  const auto started = service.time->now();
  const auto& patient = callers.start("B");
  callers.pass_time(700ms);
  CHECK(patient.ended);  // as soon as it is certain
  const auto failure = patient.error();
  CHECK(failure.code == mwaa::errc::throttled);
  CHECK(failure.code == mwaa::condition::throttled);
  CHECK(failure.phase == mwaa::operation_phase::throttle_gate);
  CHECK(failure.message.starts_with("retry_options::max_gate_wait passed while waiting in the throttle queue"));
  CHECK(patient.end - started <= 2s);
  service.time->run(service.io);
}

TEST_CASE("throttle gate: what an attempt waited in the queue counts against max_gate_wait of the next") {
  canned_service service;
  service.config.retry.max_gate_wait = 1300ms;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 60);
  service.network->script.emplace_back(test::throttle(0, "x-amz-retry-after: 100\r\n"), 50ms);
  const auto& probe = callers.start("A");  // at 1.05 s; throttled: closed until 2.10 s
  callers.pass_time(1'050ms);
  REQUIRE(callers.order() == "12345A");
  callers.pass_time(500ms);  // back after half a second, with 300 ms left for the queue
  REQUIRE(probe.ended);      // as soon as it is certain
  CHECK(probe.error().code == mwaa::errc::throttled);
  CHECK(probe.error().phase == mwaa::operation_phase::throttle_gate);
  CHECK(probe.error().attempts.size() == 1);
  service.time->run(service.io);
}

TEST_CASE("throttle gate: no retry is begun that the closed gate leaves no time for") {
  canned_service service;
  service.config.retry.throttling_base_delay = 100ms;
  service.network->otherwise = fine;
  crowd callers{service};
  // Told to come back after 200 ms, with 900 ms left; the four others were told an hour, so the gate closes for 1 s.
  service.network->script.emplace_back(test::throttle(3600), 50ms);
  for (int i = 0; i < 3; ++i) service.network->script.emplace_back(test::throttle(3600), 50ms);
  service.network->script.emplace_back(test::throttle(3600), 50ms);
  service.network->script.emplace_back(test::throttle(0, "x-amz-retry-after: 200\r\n"), 60ms);
  for (const char* name : {"1", "2", "3", "4", "5"}) callers.start(name);
  const auto& hurried = callers.start("A", mwaa::call_options{}.with_operation_timeout(960ms));
  callers.pass_time(60ms);
  REQUIRE(hurried.ended);  // at once
  const auto failure = hurried.error();
  CHECK(failure.code == mwaa::errc::throttled);
  CHECK_FALSE(failure.attempts_exhausted);
  CHECK(failure.attempts.at(0).reason.find("no time for an attempt") != std::string::npos);
  service.time->run(service.io);
}

TEST_CASE("throttle gate: reset_throttling opens it, and those in the queue go at once, in order") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  callers.client.reset_throttling();  // nothing to forget
  close_gate(service, callers, 60);
  for (const char* name : {"A", "B", "C"}) callers.start(name);
  callers.pass_time(200ms);
  CHECK(callers.client.metrics().gates.at(0).waiting == 3);
  const mwaa::client copy = callers.client;
  copy.reset_throttling();
  CHECK(callers.client.metrics().gates.at(0).closed_for == 0s);
  CHECK(callers.client.metrics().gates.at(0).rate == 0);
  callers.pass_time(0s);
  CHECK(callers.order() == "12345ABC");
  CHECK(callers.client.metrics().gates.at(0).waiting == 0);
  callers.pass_time(59s);
  CHECK(callers.order() == "12345ABC");  // a hint still binds the call that received it
  service.time->run(service.io);
  CHECK(callers.order() == "12345ABC12345");
}

TEST_CASE("throttle gate: hundreds of callers throttled at once all succeed, with the default quota") {
  // aws-sdk-kotlin #1318: 200 coroutines drain one bucket of 500 tokens and fail.
  canned_service service;
  int seen = 0;
  service.network->otherwise = [&](const mwaa::http_request&) -> test::canned_answer {
    if (++seen <= 400) return {test::throttle(1), 50ms};
    return {test::page({"task"}), 50ms};
  };
  crowd callers{service};
  std::vector<const named_call*> calls;
  for (int i = 0; i < 400; ++i) calls.push_back(&callers.start(std::to_string(i)));
  service.time->run(service.io);
  CHECK(std::all_of(calls.begin(), calls.end(), [](const named_call* c) { return c->ended && !c->failure; }));
  CHECK(callers.client.metrics().attempts == 800);
  CHECK(callers.client.metrics().quota_refusals == 0);
}

TEST_CASE("throttle gate: without hints each call backs off by itself, and the quota counts") {
  canned_service service;
  service.network->otherwise = [](const mwaa::http_request&) -> test::canned_answer { return {test::throttle()}; };
  crowd callers{service};
  for (int i = 0; i < 200; ++i) callers.start(std::to_string(i));
  service.time->run(service.io);
  // 200 first attempts and what 500 tokens pay for, at 5 each.
  CHECK(callers.client.metrics().attempts == 300);
  CHECK(callers.client.metrics().quota_refusals > 0);
  CHECK(callers.client.metrics().gates.at(0).rate == 0);
}

TEST_CASE("throttle gate: adaptive mode limits without hints, by client or by call") {
  for (const bool per_call : {false, true}) {
    CAPTURE(per_call);
    canned_service service;
    if (!per_call) service.config.retry.mode = mwaa::retry_mode::adaptive;
    service.network->script.emplace_back(test::throttle(), 50ms);
    service.network->otherwise = fine;
    crowd callers{service};
    const auto options = [&] {
      return per_call ? mwaa::call_options{}.with_mode(mwaa::retry_mode::adaptive) : mwaa::call_options{};
    };
    callers.start("A", options());
    callers.pass_time(100ms);
    callers.start("B", options());
    CHECK(callers.order() == "A");
    const auto gates = callers.client.metrics().gates;
    REQUIRE(gates.size() == 1);
    CHECK(gates[0].mode == mwaa::retry_mode::adaptive);
    CHECK(gates[0].rate == 0.5);  // the published minimum
    callers.pass_time(10s);
    CHECK(callers.order() == "AAB");  // A came first: it backed off for half a second, but keeps its place
    CHECK(callers.client.metrics().retry_quota == 500);
    if (per_call) {
      // A call in standard mode is not limited by it.
      callers.start("S");
      CHECK(callers.order() == "AABS");
    }
    service.time->run(service.io);
  }
}

TEST_CASE("throttle gate: what closes the gate of one mode closes that of the other") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  for (int i = 0; i < 5; ++i) service.network->script.emplace_back(test::throttle(5), 50ms);
  for (int i = 0; i < 5; ++i) callers.start("T", mwaa::call_options{}.with_mode(mwaa::retry_mode::adaptive));
  callers.pass_time(1s);
  callers.start("U");
  CHECK(callers.order() == "TTTTT");
  callers.pass_time(100ms);
  CHECK(callers.order() == "TTTTTU");
  CHECK(callers.sent(5) == 1'050ms);
  service.time->run(service.io);
}

TEST_CASE("throttle gate: a wait that cannot end in time is not begun") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 30);
  callers.pass_time(50ms);
  const auto& hopeless = callers.start("B", mwaa::call_options{}.with_operation_timeout(900ms));
  REQUIRE(hopeless.ended);  // at once
  const auto failure = hopeless.error();
  CHECK(failure.code == mwaa::errc::operation_timeout);
  CHECK(failure.code == mwaa::condition::timeout);
  CHECK(failure.phase == mwaa::operation_phase::throttle_gate);
  CHECK(failure.message.find("closed for another 0.950 s") != std::string::npos);
  CHECK(failure.message.find("did not wait") != std::string::npos);
  CHECK(failure.attempts.empty());
  CHECK(failure.operation == "ListTaskInstances");
  // The same by a point in time; and one that is just long enough.
  const auto now = service.time->now();
  CHECK(callers.start("C", mwaa::call_options{}.with_deadline(now + 900ms)).ended);
  const auto& patient = callers.start("D", mwaa::call_options{}.with_deadline(now + 950ms + 60ms));
  CHECK_FALSE(patient.ended);
  service.time->run(service.io);
  CHECK_FALSE(patient.failure);
  CHECK(callers.order() == "12345D12345");
}

TEST_CASE("throttle gate: who waits in the queue ends at the deadline, or before it when it cannot be kept") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 1);
  callers.pass_time(50ms);
  // At half a request a second, doubling, the last of 40 waits for some seconds.
  std::vector<const named_call*> calls;
  const auto started = service.time->now();
  for (int i = 0; i < 40; ++i) {
    const auto limit = std::chrono::milliseconds{1200 + 37 * ((i * 17) % 40)};
    calls.push_back(&callers.start("B", mwaa::call_options{}.with_operation_timeout(limit)));
  }
  service.time->run(service.io);
  int in_time = 0;
  for (int i = 0; i < 40; ++i) {
    CAPTURE(i);
    const auto limit = std::chrono::milliseconds{1200 + 37 * ((i * 17) % 40)};
    const named_call& call = *calls[static_cast<std::size_t>(i)];
    REQUIRE(call.ended);
    CHECK(call.end - started <= limit);
    if (!call.failure) {
      ++in_time;
      continue;
    }
    const auto failure = call.error();
    CHECK(failure.code == mwaa::errc::operation_timeout);
    CHECK(failure.phase == mwaa::operation_phase::throttle_gate);
  }
  CHECK(in_time > 0);
  CHECK(in_time < 40);
  CHECK(service.time->sleepers() == 0);
}

TEST_CASE("throttle gate: a cancelled caller leaves the queue at once, and the turn passes on") {
  canned_service service;
  service.network->otherwise = fine;
  crowd callers{service};
  close_gate(service, callers, 10);
  callers.pass_time(500ms);
  const auto& first = callers.start("B");
  const auto& second = callers.start("C");
  const auto& third = callers.start("D");
  callers.cancel(second);
  CHECK(second.aborted());
  callers.cancel(first);
  CHECK(first.aborted());
  CHECK(callers.client.metrics().gates.at(0).waiting == 1);
  service.time->run(service.io);
  CHECK(third.ended);
  CHECK_FALSE(third.failure);
  CHECK(callers.order() == "12345D12345");
  CHECK(callers.sent(5) == 1'050ms);
}

TEST_CASE("throttle gate: hints too long, malformed or several") {
  struct row {
    mwaa::http_response answer;
    std::chrono::milliseconds wait;  // at least, for the call that received it
    const char* note;
  };
  const std::vector<row> rows{
      {test::throttle(365 * 24 * 3600), 60s, "capped at retry_options::max_hint"},
      {test::throttle(0, "Retry-After: soon\r\n"), 0s, "Retry-After is neither"},
      {test::throttle(0, "Retry-After: -1\r\n"), 0s, "Retry-After is neither"},
      {test::throttle(0, "x-amz-retry-after: 1.5\r\n"), 0s, "x-amz-retry-after is no number"},
      {test::throttle(2, "Retry-After: 7\r\n"), 7s, ""},
      {test::throttle(9, "Retry-After: 7\r\n"), 9s, ""},
      {test::throttle(0, "Retry-After: Thu, 01 Jan 2026 00:00:30 GMT\r\n"), 30s, ""},
      {test::throttle(0, "x-amz-retry-after: 1500\r\n"), 1500ms, ""},
      {test::throttle(0, "x-amz-retry-after: 60000\r\n"), 5s, ""},  // what AWS's SDKs make of it
  };
  for (const auto& each : rows) {
    CAPTURE(each.answer.body);
    CAPTURE(each.answer.fields);
    canned_service service;
    service.network->script.emplace_back(each.answer);
    service.network->otherwise = fine;
    const auto client = service.make_client();
    const auto log = std::make_shared<std::vector<mwaa::attempt_record>>();
    asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}, mwaa::call_options{}.with_attempt_log(log)),
                   [](std::exception_ptr e, auto&&) { CHECK_FALSE(e); });
    service.time->run(service.io);
    REQUIRE(log->size() == 2);
    CHECK(log->at(0).wait_after >= each.wait);
    CHECK(log->at(0).wait_after <= each.wait + 1s);
    if (*each.note == '\0')
      CHECK(log->at(0).hint_note.empty());
    else
      CHECK(log->at(0).hint_note.find(each.note) != std::string::npos);
  }
}

TEST_CASE("throttle gate: callers of a loop that stands still do not hold up those of another") {
  canned_service service;
  service.network->otherwise = fine;
  asio::io_context still;
  crowd callers{service};
  close_gate(service, callers, 600);
  for (int i = 0; i < 50; ++i) callers.start_on(still, "s");
  callers.start("A");
  callers.start("B");
  mwaa::call_options soon;
  soon.operation_timeout = 300ms;
  const named_call& hurried = callers.start("H", soon);
  callers.pass_time(300ms + 2 * 100ms);
  CHECK(hurried.ended);  // late by the time that shows the first to be overdue
  CHECK(hurried.error().code == mwaa::errc::operation_timeout);
  callers.pass_time(30s);
  CHECK(callers.client.metrics().gates.at(0).waiting == 50);
  CHECK(callers.order().find('A') != std::string::npos);
  CHECK(callers.order().find('B') != std::string::npos);
  const std::size_t sent = service.network->requests.size();
  for (std::size_t i = 5; i < sent; ++i) CHECK(callers.sent(i) < 5s);

  // They are known by now, and cost newcomers nothing.
  const auto& late = callers.start("C");
  callers.pass_time(50ms);
  CHECK(late.ended);
  CHECK_FALSE(late.failure);

  // Their loop goes on, and so do they, first come first served.
  for (int i = 0; i < 3000 && callers.client.metrics().gates.at(0).waiting > 0; ++i) {
    still.restart();
    still.poll();
    callers.pass_time(10ms);
  }
  CHECK(callers.client.metrics().gates.at(0).waiting == 0);
  still.restart();
  still.poll();
  callers.pass_time(1s);
  still.restart();
  still.poll();
  CHECK(callers.order().substr(sent + 1) == std::string(50, 's'));
}

TEST_CASE("throttle gate: a loop stands still while its callers wait, and the gate opens early") {
  canned_service service;
  service.network->otherwise = fine;
  asio::io_context still;
  asio::io_context other;
  crowd callers{service};
  close_gate(service, callers, 600);
  callers.start_on(still, "s");
  callers.start_on(other, "o");  // behind it, and as still
  callers.start_on(still, "s");
  const auto& waiting = callers.start("A");
  callers.client.reset_throttling();
  callers.pass_time(100ms + 100ms + 100ms);  // to find the first, and then the second overdue
  CHECK(waiting.ended);
  CHECK_FALSE(waiting.failure);
}

TEST_CASE("throttle gate: callers of several loops that run keep their order") {
  canned_service service;
  service.network->otherwise = fine;
  asio::io_context other;
  crowd callers{service};
  close_gate(service, callers, 600);
  std::string names;
  for (char name = 'a'; name <= 'z'; ++name) {
    names += name;
    callers.start_on(name % 3 == 0 ? other : service.io, {name});
  }
  for (int i = 0; i < 20'000; ++i) {
    other.restart();
    other.poll();
    callers.pass_time(1ms);
  }
  std::string seen = callers.order();
  std::erase_if(seen, [](char c) { return c < 'a' || c > 'z'; });
  CHECK(seen == names);
}
