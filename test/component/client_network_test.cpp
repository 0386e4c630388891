// What a client makes of the network's settings and of what the network brings.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <mwaa_serverless/client.hpp>
#include <string>
#include <vector>

#include "support/canned_transport.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::canned_service;

namespace {

// The operation's error; a success is a failed test.
mwaa::error failure_of(canned_service& service, const mwaa::client& client, mwaa::call_options options = {}) {
  auto outcome = service.run(mwaa::as_result(client.list_task_instances({"arn", "run"}, std::move(options))));
  REQUIRE(outcome.has_error());
  return outcome.error();
}

}  // namespace

TEST_CASE("client: a proxy that is not used for the endpoint may be anything") {
  struct row {
    const char* https_proxy;
    const char* http_proxy;
    const char* no_proxy;
    const char* endpoint;
  };
  for (const row& each :
       {row{"", "socks5://p.test", "", "https://h.test"}, row{"socks5://p.test", "", "", "http://h.test"},
        row{"", "socks5://p.test", "h.test", "http://h.test"}, row{"http://", "http://p:x", "*", "https://h.test"}}) {
    CAPTURE(each.endpoint);
    canned_service service;
    service.config.network.reset();
    service.config.https_proxy = each.https_proxy;
    service.config.http_proxy = each.http_proxy;
    service.config.no_proxy = each.no_proxy;
    service.config.endpoint_url = each.endpoint;
    CHECK_NOTHROW((void)service.make_client());
  }
}

TEST_CASE(
    "client: a long page is read in slices, between which the loop does its other work, and the caller may cancel") {
  std::vector<std::string> ids;
  for (int i = 0; i < 5'000; ++i) ids.push_back(std::string(100, 't') + std::to_string(i));
  const auto page = test::page(ids);
  const std::size_t slices = page.body.size() / (64 * 1024);
  REQUIRE(slices > 8);
  for (const bool cancelled : {false, true}) {
    CAPTURE(cancelled);
    canned_service service;
    service.network->script.emplace_back(page);
    const auto client = service.make_client();
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    std::size_t got = 0;
    bool ended = false;
    asio::co_spawn(service.io, client.list_task_instances({"arn", "run"}),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](std::exception_ptr e, const mwaa::list_task_instances_response& r) {
                                                  failure = e;
                                                  got = r.task_instances.size();
                                                  ended = true;
                                                }));
    std::size_t turns = 0;  // of the other work
    std::function<void()> work = [&] {
      if (service.network->requests.size() == 1) ++turns;
      if (cancelled && turns == 5) signal.emit(asio::cancellation_type::terminal);
      if (!ended) asio::post(service.io, work);
    };
    asio::post(service.io, work);
    service.time->run(service.io);
    REQUIRE(ended);
    if (cancelled) {
      REQUIRE(failure);
      CHECK_THROWS_AS(std::rethrow_exception(failure), boost::system::system_error);
      CHECK(turns < slices);
    } else {
      CHECK_FALSE(failure);
      CHECK(got == 5'000);
      CHECK(turns >= slices / 2);
    }
    CHECK(service.network->requests.size() == 1);
  }
}

TEST_CASE("client: an answered request may have been acted on, whatever the answer; not when a proxy answered 407") {
  struct row {
    const char* title;
    mwaa::http_response answer;
    mwaa::errc code;
    bool reached;
  };
  const row rows[]{
      {"an error of the service", test::response(400, R"({"__type":"ValidationException"})"), mwaa::errc::validation,
       true},
      {"a page that cannot be read", test::response(200, "[]"), mwaa::errc::malformed_response, true},
      {"an error without a name", test::response(403, "<html>"), mwaa::errc::other_service_error, true},
      {"a proxy", test::response(407, ""), mwaa::errc::proxy_refused, false},
  };
  for (const row& each : rows) {
    CAPTURE(each.title);
    canned_service service;
    service.network->script.emplace_back(each.answer);
    const auto client = service.make_client();
    const auto failure = failure_of(service, client);
    CHECK(failure.code == each.code);
    CHECK(failure.may_have_reached_service == each.reached);
    CHECK(service.network->requests.size() == 1);
  }
}

TEST_CASE("client: what an exchange takes is learnt at once when it is less, and by little steps when it is more") {
  // Seen by which call is ended instead of tried again after 25 ms: one that could not end in time.
  using ms = std::chrono::milliseconds;
  const auto tried_again = [](ms first, ms then, int times, ms failure_takes, ms limit) {
    canned_service service;
    const auto client = service.make_client();
    const auto one_that_takes = [&](ms latency) {
      service.network->script.emplace_back(test::page({"a"}), latency);
      (void)service.run(client.list_task_instances({"arn", "run"}));
    };
    one_that_takes(first);
    for (int i = 0; i < times; ++i) one_that_takes(then);
    const auto before = service.network->requests.size();
    service.network->script.emplace_back(test::internal_error(), failure_takes);
    service.network->otherwise = [](const mwaa::http_request&) { return test::canned_answer{test::page({"a"})}; };
    (void)service.run(mwaa::as_result(
        client.list_task_instances({"arn", "run"}, mwaa::call_options{}.with_operation_timeout(limit))));
    return service.network->requests.size() == before + 2;
  };
  CHECK(tried_again(100ms, 100ms, 0, 100ms, 300ms));
  CHECK_FALSE(tried_again(100ms, 100ms, 0, 100ms, 180ms));
  CHECK(tried_again(100ms, 100ms, 0, 1000ms, 1500ms));       // one slow answer says little
  CHECK(tried_again(100ms, 6500ms, 1, 200ms, 500ms));        // about 0.2 s now
  CHECK_FALSE(tried_again(100ms, 6500ms, 1, 200ms, 350ms));  // and no longer 0.1 s
  CHECK_FALSE(tried_again(100ms, 6500ms, 300, 6500ms, 10'000ms));
  CHECK(tried_again(6500ms, 100ms, 1, 100ms, 300ms));
}
