#include <doctest/doctest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <map>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/transport.hpp>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using test::emulated_service;
using test::list_body;
using testing::fault;

namespace {

mwaa::http_request good_request(const emulated_service& service) {
  return service.draft(list_body("run-failed")).make();
}

}  // namespace

TEST_CASE("emulator: what each fault makes of a request") {
  const auto right_answer = [] {
    emulated_service service;
    return service.answer(good_request(service)).body;
  }();
  struct row {
    fault what;
    int status;        // 0: no answer
    mwaa::errc code;   // then
    std::string body;  // part of it
    std::chrono::milliseconds takes;
  };
  const auto lost = mwaa::errc::connection_lost;
  const auto fine = mwaa::errc{};
  const std::vector<row> rows{
      {fault::delay(1500ms), 200, fine, right_answer, 1500ms},
      {fault::throttle(), 429, fine, R"("__type":"ThrottlingException")", 0ms},
      {fault::throttle(7s), 429, fine, R"("RetryAfterSeconds":7)", 0ms},
      {fault::status(500), 500, fine, R"("__type":"InternalServerException")", 0ms},
      {fault::status(500).with_retry_after(3s), 500, fine, R"("RetryAfterSeconds":3)", 0ms},
      {fault::status(504), 504, fine, R"("__type":"OperationTimeoutException")", 0ms},
      {fault::status(402), 402, fine, R"("__type":"ServiceQuotaExceededException")", 0ms},
      {fault::status(503), 503, fine, "{}", 0ms},
      {fault::status(400, "Strange", "words"), 400, fine, R"({"__type":"Strange","Message":"words"})", 0ms},
      {fault::body("<xml/>", "text/xml", 200), 200, fine, "<xml/>", 0ms},
      {fault::html(), 502, fine, "<html>", 0ms},
      {fault::close_before_headers(), 0, lost, {}, 0ms},
      {fault::close_before_headers().with_delay(20ms), 0, lost, {}, 20ms},
      {fault::close_inside_headers(), 0, lost, {}, 0ms},
      {fault::close_inside_headers(1'000'000), 0, lost, {}, 0ms},
      {fault::close_inside_body(), 0, lost, {}, 0ms},
      {fault::close_inside_body(1'000'000), 0, lost, {}, 0ms},
      {fault::wrong_length(), 0, lost, {}, 0ms},
      {fault::wrong_length(-10), 200, fine, right_answer.substr(0, right_answer.size() - 10), 0ms},
      {fault::garbage(), 0, mwaa::errc::malformed_response, {}, 0ms},
      {fault::never_answer(), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::delay(30s), 200, fine, right_answer, 30s},
      {fault::delay(30001ms), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::delay(std::chrono::milliseconds::max()), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::drip(1, std::chrono::milliseconds::max()), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::delay(std::chrono::hours::max()), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::status(500).with_delay(std::chrono::hours::max()), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::drip(1, std::chrono::hours::max()), 0, mwaa::errc::attempt_timeout, {}, 30s},
      {fault::delay(std::chrono::milliseconds::min()), 200, fine, right_answer, 0ms},
      {fault::delay(std::chrono::hours::min()), 200, fine, right_answer, 0ms},
      {fault::status(500).with_delay(std::chrono::hours::min()), 500, fine, "InternalServerException", 0ms},
      {fault::drip(1, std::chrono::milliseconds::min()), 200, fine, right_answer, 0ms},
      {fault::drip(1, std::chrono::hours::min()), 200, fine, right_answer, 0ms},
      {fault::delay(std::chrono::duration<double>{1.5}), 200, fine, right_answer, 1500ms},
      {fault::throttle(std::chrono::seconds::max()), 429, fine, R"("RetryAfterSeconds":9223372036854775807)", 0ms},
      {fault::drip(100'000, 1s), 200, fine, right_answer, 0ms},
  };
  for (const row& each : rows) {
    CAPTURE(each.what.name());
    emulated_service service;
    service.emulator.script(each.what);
    const auto outcome = service.send(good_request(service), service.time->now() + 30s);
    CHECK(service.time->elapsed() == each.takes);
    if (each.status != 0) {
      REQUIRE(outcome.has_value());
      CHECK(outcome->status == each.status);
      CHECK(outcome->body.find(each.body) != std::string::npos);
      CHECK(outcome->header("x-amzn-requestid").has_value());
    } else {
      REQUIRE(outcome.has_error());
      CHECK(outcome.error().code == each.code);
      CHECK(outcome.error().phase == mwaa::operation_phase::reading_response);
      CHECK(outcome.error().may_have_reached_service);
    }
    CHECK(service.emulator.requests().at(0).fault == each.what.name());
    // It applied once; the next request is served.
    const auto next = service.send(good_request(service));
    REQUIRE(next.has_value());
    CHECK(next->body == right_answer);
    CHECK(service.emulator.requests().at(1).fault.empty());
  }
}

TEST_CASE("emulator: a reference to a chain of a fault's setters stays valid") {
  auto&& scripted =
      fault::status(503).with_times(2).with_delay(1s).with_retry_after(3s).with_header("X-A", "b").with_reset();
  static_assert(std::is_same_v<decltype(fault::garbage().with_reset()), fault>);
  emulated_service service;
  service.emulator.script(scripted);
  CHECK(service.answer(good_request(service)).header("x-a") == "b");
  CHECK(service.time->elapsed() == 1s);
  CHECK(service.emulator.scripted() == 1);
  service.emulator.strike_randomly(1);
  service.emulator.clear_faults();
  CHECK(service.emulator.scripted() == 0);
  CHECK(service.answer(good_request(service)).status == 200);
}

TEST_CASE("emulator: a drip takes the time of its pauses") {
  emulated_service service;
  const auto whole = service.answer(good_request(service));
  service.emulator.script(fault::drip(100, 10ms));
  const auto dripped = service.answer(good_request(service));
  CHECK(dripped.body == whole.body);
  const std::string status_line = "HTTP/1.1 200 OK\r\n";
  const auto bytes = static_cast<std::int64_t>(status_line.size() + dripped.fields.size() + 2 + dripped.body.size());
  CHECK(service.time->elapsed() == 10ms * ((bytes - 1) / 100));
}

TEST_CASE("emulator: faults strike in order, each as often as it should") {
  emulated_service service;
  service.emulator.script({fault::throttle().with_times(2), fault::status(500)});
  service.emulator.script(fault::status(504));
  CHECK(service.emulator.scripted() == 4);
  std::vector<int> statuses;
  for (int i = 0; i < 5; ++i) statuses.push_back(service.answer(good_request(service)).status);
  CHECK(statuses == std::vector<int>{429, 429, 500, 504, 200});
  CHECK(service.emulator.scripted() == 0);
  CHECK_THROWS_AS(service.emulator.script(fault::throttle().with_times(0)), mwaa::exception);
}

TEST_CASE("emulator: a fault can add headers") {
  emulated_service service;
  service.emulator.script(fault::throttle().with_header("Retry-After", "2").with_header("x-amz-retry-after", "1500"));
  const auto response = service.answer(good_request(service));
  CHECK(response.header("retry-after") == "2");
  CHECK(response.header("x-amz-retry-after") == "1500");
}

TEST_CASE("emulator: a wrong signature is an error under any fault of content") {
  emulated_service service;
  service.emulator.script({fault::throttle(), fault::close_before_headers()});
  auto draft = service.draft(list_body("run-failed"));
  draft.secret_access_key = "wrong";
  const auto refused = service.answer(draft.make());
  CHECK(test::code_of(test::json::parse(refused.body)) == "InvalidSignatureException");
  CHECK(service.send(draft.make()).has_error());
}

TEST_CASE("emulator: the request quota fills with time") {
  testing::emulator_options options;
  options.rate_limit = 0.5;
  options.burst = 2;
  emulated_service service{options};
  const auto status = [&] { return service.answer(good_request(service)).status; };
  CHECK(status() == 200);
  CHECK(status() == 200);
  const auto throttled = test::json::parse(service.answer(good_request(service)).body);
  CHECK(test::code_of(throttled) == "ThrottlingException");
  CHECK(throttled.at("RetryAfterSeconds") == 2);
  service.time->run_until(service.io, service.time->now() + 1999ms);
  CHECK(status() == 429);
  service.time->run_until(service.io, service.time->now() + 1ms);
  CHECK(status() == 200);
  CHECK(status() == 429);
  service.time->run_until(service.io, service.time->now() + 1h);
  CHECK(status() == 200);
  CHECK(status() == 200);
  CHECK(status() == 429);
  // A request that is not signed uses nothing up.
  service.time->run_until(service.io, service.time->now() + 2s);
  auto unsigned_one = service.draft(list_body("run-failed"));
  unsigned_one.authorization = "none";
  CHECK(service.answer(unsigned_one.make()).status == 400);
  CHECK(status() == 200);
}

TEST_CASE("emulator: latency is added to every answer") {
  testing::emulator_options options;
  options.latency = 40ms;
  emulated_service service{options};
  CHECK(service.answer(good_request(service)).status == 200);
  CHECK(service.time->elapsed() == 40ms);
  service.emulator.script(fault::delay(10ms));
  CHECK(service.answer(good_request(service)).status == 200);
  CHECK(service.time->elapsed() == 90ms);
}

TEST_CASE("emulator: the log tells what came and what became of it") {
  std::vector<testing::request_record> reported;
  testing::emulator_options options;
  options.log_capacity = 3;
  options.on_request = [&](const testing::request_record& record) { reported.push_back(record); };
  emulated_service service{options};
  auto draft = service.draft(list_body("no-such-run"));
  draft.headers.emplace_back("amz-sdk-request", "attempt=2; max=3");
  draft.headers.emplace_back("amz-sdk-invocation-id", "an-id");
  const auto response = service.answer(draft.make());
  const auto log = service.emulator.requests();
  REQUIRE(log.size() == 1);
  CHECK(log[0].time == service.time->now());
  CHECK(log[0].operation == "ListTaskInstances");
  CHECK(log[0].status == 400);
  CHECK(log[0].code == "ValidationException");
  CHECK(log[0].request_id == response.header("x-amzn-requestid").value_or(""));
  CHECK(log[0].attempt == "attempt=2; max=3");
  CHECK(log[0].invocation == "an-id");
  CHECK(log[0].fault.empty());

  for (int i = 0; i < 4; ++i) CHECK(service.answer(good_request(service)).status == 200);
  CHECK(service.emulator.requests().size() == 3);
  CHECK(service.emulator.requests().front().code.empty());
  CHECK(service.emulator.request_count() == 5);
  CHECK(reported.size() == 5);
  service.emulator.clear_requests();
  CHECK(service.emulator.requests().empty());
}

TEST_CASE("emulator: random faults come as often as asked, and alike for one seed") {
  const auto applied = [](std::uint64_t seed, double probability) {
    testing::emulator_options options;
    options.seed = seed;
    emulated_service service{options};
    service.emulator.strike_randomly(probability);
    for (int i = 0; i < 1000; ++i) (void)service.send(good_request(service));
    std::vector<std::string> names;
    for (const auto& each : service.emulator.requests()) names.push_back(each.fault);
    return names;
  };
  const auto some = applied(1, 0.25);
  CHECK(some == applied(1, 0.25));
  CHECK(some != applied(2, 0.25));
  std::map<std::string, int> count;
  for (const auto& name : some) ++count[name];
  // 250 expected; the seed makes it one number forever, so the bounds are of no chance.
  CHECK(count[""] > 650);
  CHECK(count[""] < 850);
  CHECK(count.size() == 10);  // nine names among the transient faults, and none
  CHECK(applied(1, 0) == std::vector<std::string>(1000));
  emulated_service service;
  CHECK_THROWS_AS(service.emulator.strike_randomly(1.5), mwaa::exception);
}

TEST_CASE("emulator: a request in memory can be cancelled at any point") {
  for (const fault& each : {fault::delay(5s), fault::never_answer(), fault::delay(0ms)}) {
    for (const bool limited : {true, false}) {
      CAPTURE(each.name());
      CAPTURE(limited);
      emulated_service service;
      service.emulator.script(each);
      const auto request = good_request(service);
      const auto deadline = limited ? service.time->now() + 30s : mwaa::clock::time_point::max();
      asio::cancellation_signal signal;
      std::exception_ptr failure;
      asio::co_spawn(
          service.io,
          [](mwaa::transport& network, const mwaa::http_request& what,
             mwaa::clock::time_point until) -> asio::awaitable<void> {
            (void)co_await network.send(what, until);
          }(*service.network, request, deadline),
          asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr e) { failure = e; }));
      // Without a wait there is one moment only: between the request's start, which is queued now, and its end.
      if (each.what != fault::kind::delay || each.after > 0ms)
        service.time->run_until(service.io, service.time->now() + 1s);
      REQUIRE_FALSE(failure);
      signal.emit(asio::cancellation_type::terminal);
      service.io.restart();
      service.io.poll();  // no time passes
      REQUIRE(failure);
      try {
        std::rethrow_exception(failure);
      } catch (const boost::system::system_error& e) {
        CHECK(e.code() == asio::error::operation_aborted);
      }
      CHECK(service.time->sleepers() == 0);
      CHECK(service.network->metrics().in_use == 0);
    }
  }
}

TEST_CASE("emulator: the in-memory transport counts and closes like one with sockets") {
  emulated_service service;
  CHECK_FALSE(service.answer(good_request(service)).connection_reused);
  CHECK(service.answer(good_request(service)).connection_reused);
  service.emulator.script(fault::close_inside_body());
  CHECK(service.send(good_request(service)).has_error());
  CHECK_FALSE(service.answer(good_request(service)).connection_reused);
  auto figures = service.network->metrics();
  CHECK(figures.connections_opened == 2);
  CHECK(figures.connections_reused == 2);
  CHECK(figures.open == 1);

  // close() waits for what is under way and then refuses.
  service.emulator.script(fault::delay(5s));
  const auto request = good_request(service);
  bool answered = false;
  bool closed = false;
  asio::co_spawn(
      service.io,
      [](mwaa::transport& network, const mwaa::http_request& what) -> asio::awaitable<void> {
        (void)co_await network.send(what, mwaa::clock::time_point::max());
      }(*service.network, request),
      [&](std::exception_ptr) { answered = true; });
  service.time->run_until(service.io, service.time->now() + 1s);
  asio::co_spawn(service.io, service.network->close(), [&](std::exception_ptr) {
    closed = true;
    CHECK(answered);
  });
  service.time->run_until(service.io, service.time->now() + 1s);
  CHECK_FALSE(closed);
  service.time->run(service.io);
  CHECK(closed);
  const auto refused = service.send(good_request(service));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == mwaa::errc::client_closed);
  CHECK(service.network->metrics().open == 0);
  test::run(service.io, *service.time, service.network->close());  // again, at once
}

TEST_CASE("emulator: bytes that are not one HTTP request are answered with 400") {
  emulated_service service;
  const auto to = std::make_shared<const mwaa::origin>(false, "localhost", std::uint16_t{1});
  const std::string good{good_request(service).bytes()};
  for (const std::string& bytes : {std::string{"nonsense\r\n\r\n"}, good + "more", good.substr(0, good.size() - 1)}) {
    const auto response = service.answer(mwaa::http_request{to, bytes, 0});
    CHECK(response.status == 400);
    CHECK(test::code_of(test::json::parse(response.body)) == "SerializationException");
  }
  const auto big = service.draft(std::string(1024 * 1024 + 1, ' ')).make();
  CHECK(service.answer(big).status == 413);
}

TEST_CASE("emulator: the spelling of faults") {
  const auto parsed = [](std::string_view text) { return fault::parse(text); };
  CHECK(parsed("throttle").retry_after == std::nullopt);
  CHECK(parsed("throttle=2*3").retry_after == 2s);
  CHECK(parsed("throttle=2*3").times == 3);
  CHECK(parsed("throttle*4").times == 4);
  CHECK(parsed("status=503").http_status == 503);
  CHECK(parsed("delay=250").after == 250ms);
  CHECK(parsed("drip=64/20").bytes == 64);
  CHECK(parsed("drip=64/20").interval == 20ms);
  CHECK(parsed("html").http_status == 502);
  CHECK(parsed("html=503").http_status == 503);
  CHECK(parsed("close-inside-body=100").bytes == 100);
  CHECK(parsed("wrong-length=-5").length_error == -5);
  for (const char* name :
       {"delay=1", "throttle", "status=500", "html", "broken-json", "close-before-headers", "close-inside-headers",
        "close-inside-body", "wrong-length", "garbage", "drip=1/1", "never-answer"})
    CHECK(std::string_view{name}.starts_with(parsed(name).name()));
  for (const char* wrong :
       {"", "nonsense", "delay", "delay=", "delay=x", "delay=-1", "delay=1.5", "throttle*0", "throttle*", "status",
        "status=99", "status=600", "drip=1", "drip=0/1", "garbage=1", "never-answer=1"}) {
    CAPTURE(wrong);
    CHECK_THROWS_WITH_AS(fault::parse(wrong), doctest::Contains("faults are delay=MS, throttle"), mwaa::exception);
  }
}
