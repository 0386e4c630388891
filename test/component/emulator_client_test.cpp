// The client against the emulator, in virtual time: whatever happens on the way, nothing is lost and nothing twice.
#include <doctest/doctest.h>
#include <chrono>
#include <map>
#include <mwaa_serverless/as_result.hpp>
#include <mwaa_serverless/client.hpp>
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

asio::awaitable<std::vector<std::string>> ids_of(mwaa::async_generator<mwaa::task_instance> items) {
  std::vector<std::string> ids;
  while (auto item = co_await items.next()) ids.push_back(item->task_instance_id.str());
  co_return ids;
}

/// What a number of calls came to.
struct tally {
  int whole = 0;
  std::map<std::string, int> errors;
};

/// Lists run-failed again and again; an answer that is not whole is a failed test.
asio::awaitable<std::shared_ptr<tally>> list_again(mwaa::client client, const testing::emulator& service,
                                                   int requests) {
  const auto out = std::make_shared<tally>();
  while (service.request_count() < static_cast<std::uint64_t>(requests)) {
    auto page = co_await mwaa::as_result(client.list_task_instances(request_for("run-failed")));
    if (page) {
      std::set<std::string> ids;
      for (const auto& each : page->task_instances) ids.insert(each.task_instance_id.str());
      CHECK(ids.size() == 12);
      CHECK(page->task_instances.size() == 12);
      ++out->whole;
    } else {
      CHECK(page.error().code.category() == mwaa::error_category());
      CHECK_FALSE(page.error().attempts.empty());
      ++out->errors[page.error().code.message()];
    }
  }
  co_return out;
}

}  // namespace

TEST_CASE("emulator and client: 250 items through 3 throttles, with the waits that the rules give") {
  emulated_service service;
  auto config = config_for(service);
  config.retry.max_attempts = 4;
  const mwaa::client client{service.io.get_executor(), config};
  service.emulator.script(fault::throttle().with_times(3));
  const auto ids = test::run(service.io, *service.time,
                             ids_of(client.paginate_list_task_instances(request_for(testing::emulator::run_finished))
                                        .with_page_size(100)
                                        .items()));
  CHECK(ids.size() == 250);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 250);
  const auto log = service.emulator.requests();
  REQUIRE(log.size() == 6);
  // Half of 1 s, 2 s and 4 s.
  CHECK(log[1].time - log[0].time == 500ms);
  CHECK(log[2].time - log[1].time == 1s);
  CHECK(log[3].time - log[2].time == 2s);
  CHECK(log[5].time == log[3].time);
  CHECK(log[3].attempt == "attempt=4; max=4");
  CHECK(log[4].attempt == "attempt=1; max=4");
  CHECK(log[0].invocation == log[3].invocation);
  CHECK(log[3].invocation != log[4].invocation);
}

TEST_CASE("emulator and client: every fault ends in success after a retry, or in a typed error within the deadline") {
  std::vector<fault> transient = testing::transient_faults();
  transient.push_back(fault::never_answer());
  for (const fault& each : transient) {
    CAPTURE(each.name());
    emulated_service service;
    const mwaa::client client{service.io.get_executor(), config_for(service)};
    service.emulator.script(each);
    const auto page = test::run(service.io, *service.time, client.list_task_instances(request_for("run-failed")));
    CHECK(page.task_instances.size() == 12);
    const bool only_slow = each.what == fault::kind::delay || each.what == fault::kind::drip;
    CHECK(service.emulator.request_count() == (only_slow ? 1 : 2));
    CHECK(service.time->elapsed() <= 3s);
  }
  const std::vector<std::pair<fault, mwaa::errc>> lasting{
      {fault::throttle(), mwaa::errc::throttled},
      {fault::status(500), mwaa::errc::internal_server},
      {fault::status(504), mwaa::errc::service_timeout},
      {fault::status(403), mwaa::errc::access_denied},
      {fault::status(400), mwaa::errc::validation},
      {fault::html(403), mwaa::errc::other_service_error},
      {fault::close_before_headers(), mwaa::errc::connection_lost},
      {fault::close_inside_headers(), mwaa::errc::connection_lost},
      {fault::close_inside_body(), mwaa::errc::connection_lost},
      {fault::wrong_length(), mwaa::errc::connection_lost},
      {fault::wrong_length(-10), mwaa::errc::malformed_response},
      {fault::body(R"({"TaskInstances":[{"RunId":)"), mwaa::errc::malformed_response},
      {fault::garbage(), mwaa::errc::malformed_response},
      {fault::never_answer(), mwaa::errc::attempt_timeout},
      {fault::drip(1, 100ms), mwaa::errc::attempt_timeout},
  };
  for (const auto& [what, code] : lasting) {
    CAPTURE(what.name());
    emulated_service service;
    const mwaa::client client{service.io.get_executor(), config_for(service)};
    service.emulator.script(fault{what}.with_times(10));
    mwaa::error failure;
    try {
      (void)test::run(service.io, *service.time, client.list_task_instances(request_for("run-failed")));
      FAIL("no error");
    } catch (const mwaa::exception& e) {
      failure = e.details();
    }
    CHECK(failure.code == code);
    CHECK(service.time->elapsed() <= 3s + 2s);  // three attempts and their waits
    CHECK(service.network->metrics().in_use == 0);
    CHECK(service.time->sleepers() == 0);
  }
}

TEST_CASE("emulator and client: 10,000 requests with random faults lose nothing and leave nothing behind") {
  constexpr int requests = test::on_one_thread(10'000);
  emulated_service service;
  auto config = config_for(service);
  config.retry.max_attempts = 12;
  config.retry.quota = 1'000'000;
  const mwaa::client client{service.io.get_executor(), config};

  SUBCASE("transient faults are all mended") {
    service.emulator.strike_randomly(0.3);
    const auto result = test::run(service.io, *service.time, list_again(client, service.emulator, requests));
    CHECK(result->errors.empty());
    CHECK(result->whole > requests * 0.6);
    CHECK(client.metrics().retries > requests * 0.2);
  }
  SUBCASE("all faults end in whole answers or typed errors") {
    service.emulator.strike_randomly(0.5, testing::all_faults());
    const auto result = test::run(service.io, *service.time, list_again(client, service.emulator, requests));
    CHECK(result->whole > requests * 0.3);
    CHECK_FALSE(result->errors.empty());
  }
  SUBCASE("a listing of many pages stays whole") {
    service.emulator.strike_randomly(0.3);
    for (int i = 0; i < 20; ++i) {
      const auto ids =
          test::run(service.io, *service.time,
                    ids_of(client.paginate_list_task_instances(request_for(testing::emulator::run_finished))
                               .with_page_size(7)
                               .items()));
      CHECK(ids.size() == 250);
      CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 250);
    }
  }
  CHECK(service.network->metrics().in_use == 0);
  CHECK(service.time->sleepers() == 0);
}
