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
    auto& call = calls_.emplace_back(std::make_unique<named_call>());
    call->name = name;
    auto& signal = signals_.emplace_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(service_.io, client.list_task_instances({"arn", name}, std::move(options)),
                   asio::bind_cancellation_slot(signal->slot(), [this, out = call.get()](std::exception_ptr e, auto&&) {
                     out->ended = true;
                     out->failure = e;
                     out->end = service_.time->now();
                   }));
    service_.io.restart();
    service_.io.poll();
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

}  // namespace

TEST_CASE("throttle gate: a hint parks every caller of the operation, then they go in order, one by one") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(5), 50ms);
  service.network->otherwise = fine;
  crowd callers{service};
  callers.start("A");
  callers.pass_time(1s);
  for (const char* name : {"B", "C", "D", "E"}) callers.start(name);
  CHECK(callers.client.metrics().gates.at(0).waiting == 4);
  CHECK(callers.client.metrics().gates.at(0).operation == "ListTaskInstances");
  CHECK(callers.client.metrics().gates.at(0).closed_for == 4050ms);
  callers.pass_time(4s);
  CHECK(callers.order() == "A");
  callers.pass_time(60s);
  // A was told to wait 5 s and half of a second's jitter; it came first and so goes before those still in line.
  CHECK(callers.order() == "ABACDE");
  CHECK(callers.sent(1) == 5050ms);
  for (std::size_t i = 2; i < 6; ++i) {
    CAPTURE(i);
    CHECK(callers.sent(i) - callers.sent(i - 1) >= 200ms);
  }
  // Neither attempts nor quota were spent on the waits.
  const auto metrics = callers.client.metrics();
  CHECK(metrics.attempts == 6);
  CHECK(metrics.retries == 1);
  CHECK(metrics.retry_quota == 500);
  CHECK(metrics.gates.at(0).waiting == 0);
  CHECK(metrics.gates.at(0).rate > 0);
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
      return per_call ? mwaa::call_options{}.with_retry_mode(mwaa::retry_mode::adaptive) : mwaa::call_options{};
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
      // A call in standard mode is not limited by it, but a hint holds for all.
      callers.start("S");
      CHECK(callers.order() == "AABS");
      callers.pass_time(1s);
      service.network->script.emplace_back(test::throttle(5), 50ms);
      callers.start("T", mwaa::call_options{}.with_retry_mode(mwaa::retry_mode::adaptive));
      callers.pass_time(4s);
      const std::size_t before = service.network->requests.size();
      callers.start("U");
      callers.pass_time(0s);
      CHECK(service.network->requests.size() == before);
    }
    service.time->run(service.io);
  }
}

TEST_CASE("throttle gate: a wait that cannot end in time is not begun") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(30), 50ms);
  service.network->otherwise = fine;
  crowd callers{service};
  callers.start("A");
  callers.pass_time(1s);
  const auto& hopeless = callers.start("B", mwaa::call_options{}.with_operation_timeout(20s));
  REQUIRE(hopeless.ended);  // at once
  const auto failure = hopeless.error();
  CHECK(failure.code == mwaa::errc::deadline_exceeded);
  CHECK(failure.code == mwaa::condition::timeout);
  CHECK(failure.phase == mwaa::phase::throttle_gate);
  CHECK(failure.message.find("closed for another 29.050 s") != std::string::npos);
  CHECK(failure.message.find("did not wait") != std::string::npos);
  CHECK(failure.attempts.empty());
  CHECK(failure.operation == "ListTaskInstances");
  // The same by a point in time; and one that is just long enough.
  const auto now = service.time->now();
  CHECK(callers.start("C", mwaa::call_options{}.with_deadline(now + 29s)).ended);
  const auto& patient = callers.start("D", mwaa::call_options{}.with_deadline(now + 29050ms + 200ms));
  CHECK_FALSE(patient.ended);
  service.time->run(service.io);
  CHECK_FALSE(patient.failure);
  CHECK(callers.order() == "ADA");
}

TEST_CASE("throttle gate: who waits in line ends at the deadline, or before it when it cannot be kept") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(1), 50ms);
  service.network->otherwise = fine;
  crowd callers{service};
  callers.start("A");
  callers.pass_time(100ms);
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
    CHECK(failure.code == mwaa::errc::deadline_exceeded);
    CHECK(failure.phase == mwaa::phase::throttle_gate);
  }
  CHECK(in_time > 0);
  CHECK(in_time < 40);
  CHECK(service.time->sleepers() == 0);
}

TEST_CASE("throttle gate: a cancelled caller leaves the line at once, and the turn passes on") {
  canned_service service;
  service.network->script.emplace_back(test::throttle(10), 50ms);
  service.network->otherwise = fine;
  crowd callers{service};
  callers.start("A");
  callers.pass_time(1s);
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
  CHECK(callers.order() == "ADA");
}

TEST_CASE("throttle gate: hints too long, malformed or several") {
  struct row {
    mwaa::http_response answer;
    std::chrono::milliseconds closed;
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
    service.io.poll();
    CHECK(client.metrics().gates.at(0).closed_for == each.closed);
    service.time->run(service.io);
    REQUIRE(log->size() == 2);
    CHECK(log->at(0).wait_after >= each.closed);
    if (*each.note == '\0')
      CHECK(log->at(0).hint_note.empty());
    else
      CHECK(log->at(0).hint_note.find(each.note) != std::string::npos);
  }
}
