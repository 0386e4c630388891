// Quotas of requests: one for all, and one for each of some operations.
#include <doctest/doctest.h>
#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using test::emulated_service;

namespace {

/// How many of `count` requests are served.
int served(emulated_service& service, const std::string& operation, const std::string& body, int count) {
  int out = 0;
  for (int i = 0; i < count; ++i) out += test::code_of(service.ask(operation, body)) == "ThrottlingException" ? 0 : 1;
  return out;
}

}  // namespace

TEST_CASE("emulator: operations have request quotas of their own, beside the shared one") {
  testing::emulator_options options;
  options.rate_limit = 10;
  options.burst = 20;
  options.operation_rate_limits["ListWorkflows"] = testing::request_quota{1, 3};
  options.operation_rate_limits["ListTaskInstances"] = testing::request_quota{2};
  emulated_service service{options};
  CHECK(served(service, "ListWorkflows", "{}", 10) == 3);
  CHECK(served(service, "ListTaskInstances", test::list_body("run-empty"), 10) == 2);
  // What was throttled took nothing from the shared one.
  CHECK(served(service, "CreateAirflowUiUrl", "{}", 30) == 15);
  CHECK(served(service, "ListWorkflows", "{}", 1) == 0);
  service.pass(1s);
  CHECK(served(service, "ListWorkflows", "{}", 10) == 1);
  CHECK(served(service, "ListTaskInstances", test::list_body("run-empty"), 10) == 2);
  CHECK(served(service, "CreateAirflowUiUrl", "{}", 30) == 7);
  service.emulator.reset();
  CHECK(served(service, "ListWorkflows", "{}", 10) == 3);
}

TEST_CASE("emulator: throttles say when to come back, unless they are told not to") {
  for (const bool hints : {true, false}) {
    testing::emulator_options options;
    options.operation_rate_limits["ListWorkflows"] = testing::request_quota{0.25};
    options.retry_after = hints;
    emulated_service service{options};
    CHECK(test::code_of(service.ask("ListWorkflows", "{}")).empty());
    service.pass(1500ms);
    const auto throttled = service.ask("ListWorkflows", "{}");
    REQUIRE(test::code_of(throttled) == "ThrottlingException");
    if (hints)
      CHECK(throttled.at("RetryAfterSeconds") == 3);
    else
      CHECK_FALSE(throttled.as_object().contains("RetryAfterSeconds"));
    service.pass(2500ms);
    CHECK(test::code_of(service.ask("ListWorkflows", "{}")).empty());
  }
}

TEST_CASE("emulator: quotas that make no sense are refused and named") {
  for (const auto& [name, quota] :
       std::vector<std::pair<std::string, testing::request_quota>>{{"ListNothing", testing::request_quota{1}},
                                                                   {"ListWorkflows", testing::request_quota{-1}},
                                                                   {"ListWorkflows", testing::request_quota{1, -1}}}) {
    testing::emulator_options options;
    options.operation_rate_limits[name] = quota;
    CHECK_THROWS_WITH_AS(testing::emulator{options}, doctest::Contains("operation_rate_limits"), mwaa::exception);
  }
  for (auto member : {&testing::emulator_options::page_token_life, &testing::emulator_options::stopping_time,
                      &testing::emulator_options::deletion_time, &testing::emulator_options::client_token_life}) {
    testing::emulator_options options;
    options.*member = -1ms;
    CHECK_THROWS_AS(testing::emulator{options}, mwaa::exception);
  }
}
