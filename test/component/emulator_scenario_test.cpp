#include <doctest/doctest.h>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"
#include "support/source_folder.hpp"

namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using test::emulated_service;

namespace {

testing::emulator_options with_scenario(std::string json) {
  testing::emulator_options out;
  out.scenario_json = std::move(json);
  return out;
}

/// The scenario that the documentation shows.
std::string documented_scenario() {
  std::ifstream file{test::source_folder() / "docs/emulator.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto start = text.find("```json\n");
  REQUIRE(start != std::string::npos);
  const auto end = text.find("```\n", start + 8);
  return text.substr(start + 8, end - start - 8);
}

constexpr const char* reports_arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/reports-Zz98Yy76Xx";

}  // namespace

TEST_CASE("emulator: the documented scenario plays as documented") {
  emulated_service service{with_scenario(documented_scenario())};
  const auto tasks = [&] {
    const auto page = service.answer_body(std::string{R"({"WorkflowArn":")"} + reports_arn + R"(","RunId":"monday"})");
    return page.at("TaskInstances").as_array();
  };
  auto shown = tasks();
  REQUIRE(shown.size() == 3);
  CHECK(
      test::json::serialize(shown[0]) ==
      std::string{R"({"WorkflowArn":")"} + reports_arn +
          R"(","WorkflowVersion":"0123456789abcdef0123456789abcdef","RunId":"monday","TaskInstanceId":"wait_for_file",)"
          R"("Status":"QUEUED","OperatorName":"S3KeySensor"})");
  CHECK(shown[1].at("Status") == "FAILED");
  CHECK(shown[1].at("DurationInSeconds") == 412);
  CHECK(shown[2].at("OperatorName") == "PythonOperator");
  CHECK_FALSE(shown[2].as_object().contains("DurationInSeconds"));
  service.time->run_until(service.io, service.time->now() + 1500ms);
  CHECK(tasks()[0].at("Status") == "RUNNING");
  service.time->run_until(service.io, service.time->now() + 18500ms);
  shown = tasks();
  CHECK(shown[0].at("Status") == "SUCCESS");
  CHECK(shown[0].at("DurationInSeconds") == 18);

  // It stands in place of the default one.
  CHECK(test::code_of(service.answer_body(test::list_body("run-finished"))) == "ValidationException");
}

TEST_CASE("emulator: a scenario with a mistake is refused, and the place named") {
  const std::string arn = std::string{R"({"workflows":[{"arn":")"} + reports_arn + "\"";
  const auto task = [&](const std::string& members) {
    return arn + R"(,"runs":[{"id":"r","tasks":[{)" + members + "}]}]}]}";
  };
  struct row {
    std::string json;
    const char* words;
  };
  const std::vector<row> rows{
      {"{", "not JSON, at byte 1"},
      {"{} x", "more text after the JSON value, at byte 3"},
      {"nonsense", "not JSON"},
      {"[]", "must be an object"},
      {"{}", "workflows: is missing"},
      {R"({"workflows":[],"extra":1})", "extra: is not a known member"},
      {R"({"workflows":7})", "workflows: must be an array"},
      {R"({"workflows":[7]})", "workflows[0]: must be an object"},
      {R"({"workflows":[{}]})", "workflows[0].arn: is missing"},
      {R"({"workflows":[{"arn":"x"}]})", R"(workflows[0].arn: "x" is not an ARN)"},
      {arn + R"(},{"arn":")" + reports_arn + "\"}]}", "workflows[1].arn"},
      {arn + R"(,"version":""}]})", "workflows[0].version"},
      {arn + R"(,"runs":[{"id":"a"},{"id":"?"}]}]})", "workflows[0].runs[1].id"},
      {arn + R"(,"runs":[{"id":"a"},{"id":"a"}]}]})", R"(workflows[0].runs[1].id: "a" is there twice)"},
      {arn + R"(,"runs":[{"id":"a","tasks":[{"id":"t","status":"NONE"},{"id":"t","status":"NONE"}]}]}]})",
       "workflows[0].runs[0].tasks[1].id"},
      {task(R"("id":"t")"), "workflows[0].runs[0].tasks[0]: must have either status or timeline"},
      {task(R"("id":"t","status":"NONE","timeline":[])"), "must have either status or timeline"},
      {task(R"("id":"","status":"NONE")"), "tasks[0].id"},
      {task(R"("id":"t","status":"DONE")"), R"(tasks[0].status: "DONE" is not a status)"},
      {task(R"("id":"t","status":"NONE","operator":7)"), "tasks[0].operator: must be a string"},
      {task(R"("id":"t","status":"NONE","duration":-1)"), "tasks[0].duration"},
      {task(R"("id":"t","timeline":[{"status":"NONE"}])"), "tasks[0].timeline[0].after: is missing"},
      {task(R"("id":"t","timeline":[{"after":"1","status":"NONE"}])"), "timeline[0].after: must be a number"},
      {task(R"("id":"t","timeline":[{"after":1e300,"status":"NONE"}])"), "timeline[0].after: must be from 0"},
      {task(R"("id":"t","timeline":[{"after":2,"status":"NONE"},{"after":1,"status":"NONE"}])"),
       "timeline[1].after: is earlier"},
      {task(R"("id":"t","timeline":[{"after":2,"status":"none"}])"), "timeline[0].status"},
  };
  for (const row& each : rows) {
    CAPTURE(each.json);
    std::string message;
    try {
      testing::emulator refused{with_scenario(each.json)};
    } catch (const mwaa::exception& e) {
      CHECK(e.code() == mwaa::errc::invalid_configuration);
      message = e.details().message;
    }
    CAPTURE(message);
    CHECK(message.starts_with("scenario: "));
    CHECK(message.find(each.words) != std::string::npos);
  }
}

TEST_CASE("emulator: options that make no sense are refused and named") {
  struct row {
    const char* member;
    void (*spoil)(testing::emulator_options&);
  };
  const row rows[]{
      {"access_key_id", [](testing::emulator_options& o) { o.access_key_id.clear(); }},
      {"secret_access_key", [](testing::emulator_options& o) { o.secret_access_key.clear(); }},
      {"region", [](testing::emulator_options& o) { o.region = "nowhere"; }},
      {"account", [](testing::emulator_options& o) { o.account = "12"; }},
      {"rate_limit", [](testing::emulator_options& o) { o.rate_limit = -1; }},
      {"burst", [](testing::emulator_options& o) { o.burst = -1; }},
      {"latency", [](testing::emulator_options& o) { o.latency = -1ms; }},
      {"signature_error_status", [](testing::emulator_options& o) { o.signature_error_status = 401; }},
      {"default_page_size", [](testing::emulator_options& o) { o.default_page_size = 101; }},
      {"max_page_size", [](testing::emulator_options& o) { o.max_page_size = 0; }},
  };
  for (const row& each : rows) {
    testing::emulator_options options;
    each.spoil(options);
    CHECK_THROWS_WITH_AS(testing::emulator{options}, doctest::Contains(each.member), mwaa::exception);
  }
}
