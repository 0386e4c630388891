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
      {arn + R"(,"version":"v","versions":["v"]}]})", "workflows[0].version: must not be there beside versions"},
      {arn + R"(,"versions":["v",7]}]})", "workflows[0].versions[1]: must be a string"},
      {arn + R"(,"versions":["v",""]}]})", "workflows[0].versions: must be 1 to 2048"},
      {arn + R"(,"tags":["v"]}]})", "workflows[0].tags: must be an object"},
      {arn + R"(,"tags":{"v":1}}]})", "workflows[0].tags.v: must be a string"},
      {arn + R"(,"started_runs":{"id":"a"}}]})", "workflows[0].started_runs.id: is not a known member"},
      {arn + R"(,"started_runs":{"timeline":[{"after":0,"status":"NONE"}]}}]})",
       R"(started_runs.timeline[0].status: "NONE" is not a status of a workflow run)"},
      {arn + R"(,"runs":[{"id":"a","workflow":"b"}]}]})", "runs[0].workflow: is not a known member"},
      {arn + R"(,"runs":[{"id":"a","scheduled":1}]}]})", "runs[0].scheduled: must be true or false"},
      {arn + R"(,"versions":["v"],"runs":[{"id":"a","version":"w"}]}]})", "runs[0].version: workflow arn"},
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

TEST_CASE("emulator: changes at the ends of time are before or after everything") {
  using std::chrono::hours;
  using std::chrono::milliseconds;
  emulated_service service;
  const std::string arn = service.emulator.workflow_arn();
  service.emulator.add_run(
      arn, "ends",
      {testing::emulated_task{"a", {{milliseconds::min(), "QUEUED"}, {milliseconds::max(), "SUCCESS"}}},
       testing::emulated_task{"b", {{hours::min(), "RUNNING"}, {hours::max(), "SUCCESS"}}},
       testing::emulated_task{"c", {{hours::min(), "RUNNING"}, {0h, "SUCCESS"}}}});
  const auto tasks = service.answer_body(test::list_body("ends")).at("TaskInstances").as_array();
  CHECK(tasks.at(0).at("Status") == "QUEUED");
  CHECK(tasks.at(1).at("Status") == "RUNNING");
  CHECK(tasks.at(2).at("DurationInSeconds") == 36500LL * 24 * 3600);
}

TEST_CASE("emulator: a run is advanced by itself") {
  using std::chrono::hours;
  emulated_service service;
  const std::string arn = service.emulator.workflow_arn();
  const testing::emulated_task task{"t", {{0s, "QUEUED"}, {10s, "RUNNING"}, {70s, "SUCCESS"}}};
  for (const char* run : {"one", "other"}) service.emulator.add_run(arn, run, {task});
  const auto status_in = [&](const char* run) {
    return std::string{service.answer_body(test::list_body(run)).at("TaskInstances").at(0).at("Status").as_string()};
  };
  service.emulator.advance_run(arn, "one", 10s);
  CHECK(status_in("one") == "RUNNING");
  service.emulator.advance_run(arn, "one", -1h);
  service.emulator.advance_run(arn, "one", hours::min());
  CHECK(status_in("one") == "RUNNING");
  service.time->run_until(service.io, service.time->now() + 59s);
  CHECK(status_in("one") == "RUNNING");
  service.emulator.advance_run(arn, "one", 1s);
  CHECK(status_in("one") == "SUCCESS");
  CHECK(status_in("other") == "RUNNING");
  for (int i = 0; i < 3; ++i) service.emulator.advance_run(arn, "other", hours::max());
  CHECK(status_in("other") == "SUCCESS");
  CHECK_THROWS_WITH_AS(service.emulator.advance_run(arn, "none", 1s), doctest::Contains("no run none"),
                       mwaa::exception);
  CHECK_THROWS_AS(service.emulator.advance_run("arn:x", "one", 1s), mwaa::exception);
}

TEST_CASE("emulator: a reset makes it what it was at its start, from now on") {
  for (const std::string& scenario : {std::string{}, documented_scenario()}) {
    auto options = with_scenario(scenario);
    options.rate_limit = 0.001;
    options.burst = 5;
    emulated_service service{options};
    const std::string body = scenario.empty()
                                 ? test::list_body("run-live", R"(,"MaxResults":100)")
                                 : std::string{R"({"WorkflowArn":")"} + reports_arn + R"(","RunId":"monday"})";
    const auto first = service.answer(service.draft(body).make());
    REQUIRE(first.status == 200);
    service.time->run_until(service.io, service.time->now() + 20s);
    CHECK(service.answer(service.draft(body).make()).body != first.body);
    service.emulator.add_run(service.emulator.workflow_arn(), "mine", {});
    service.emulator.script(testing::fault::status(500).with_times(7));
    service.emulator.strike_randomly(1);
    for (int i = 0; i < 8; ++i) (void)service.send(service.draft(body).make());

    service.emulator.reset();
    CHECK(service.emulator.requests().empty());
    CHECK(service.emulator.request_count() == 0);
    CHECK(service.emulator.scripted() == 0);
    const auto again = service.answer(service.draft(body).make());
    CHECK(again.body == first.body);
    CHECK(again.header("x-amzn-requestid") == first.header("x-amzn-requestid"));
    CHECK(test::code_of(service.answer_body(test::list_body("mine"))) == "ValidationException");
  }
}

TEST_CASE("emulator: a handle that was moved from is the same emulator still") {
  emulated_service service;
  testing::emulator taken = std::move(service.emulator);
  service.emulator.script(testing::fault::status(500));  // NOLINT(bugprone-use-after-move): what this is about
  CHECK(taken.scripted() == 1);
  CHECK(service.answer(service.draft(test::list_body("run-empty")).make()).status == 500);
  CHECK(service.emulator.workflow_arn() == taken.workflow_arn());
  testing::emulator other{testing::emulator_options{}};
  other = std::move(taken);
  CHECK(taken.request_count() == 1);  // NOLINT(bugprone-use-after-move)
  CHECK(other.request_count() == 1);
}

TEST_CASE("emulator: the log says which run was asked for, and when") {
  emulated_service service;
  service.time->run_until(service.io, service.time->now() + 90s);
  (void)service.answer(service.draft(test::list_body("run-empty")).make());
  (void)service.answer(service.draft(R"({"RunId":7})").make());
  (void)service.answer(service.draft(R"({"RunId":")" + std::string(300, 'x') + "\"}").make());
  (void)service.answer(service.draft("not JSON").make());
  auto unsigned_request = service.draft(test::list_body("run-live"));
  unsigned_request.secret_access_key = "wrong";
  (void)service.answer(unsigned_request.make());
  std::vector<std::string> runs;
  for (const auto& each : service.emulator.requests()) {
    runs.push_back(each.run_id);
    CHECK(each.wall_time == service.time->wall_now());
  }
  CHECK(runs == std::vector<std::string>{"run-empty", "", std::string(255, 'x'), "", "run-live"});
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
