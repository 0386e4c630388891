// Runs that are started, watched and stopped, and what a test does to them.
#include <doctest/doctest.h>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::emulated_service;
using test::text_of;

namespace {

const std::string default_arn = testing::emulator::default_workflow_arn;

std::string with(const std::string& more = {}) {
  return R"({"WorkflowArn":")" + default_arn + "\"" + more + "}";
}
std::string run_body(const std::string& id, const std::string& more = {}) {
  return with(R"(,"RunId":")" + id + "\"" + more);
}

std::string started(emulated_service& service, const std::string& more = {}) {
  const auto out = service.ask("StartWorkflowRun", with(more));
  CAPTURE(json::serialize(out));
  REQUIRE(test::code_of(out).empty());
  return text_of(out.at("RunId"));
}

json::value detail(emulated_service& service, const std::string& id) {
  return service.ask("GetWorkflowRun", run_body(id)).at("RunDetail");
}
std::string state(emulated_service& service, const std::string& id) {
  return text_of(detail(service, id).at("RunState"));
}
std::string task_status(emulated_service& service, const std::string& run, const std::string& task) {
  return text_of(service.ask("GetTaskInstance", run_body(run, R"(,"TaskInstanceId":")" + task + "\"")).at("Status"));
}

}  // namespace

TEST_CASE("emulator: a run that was started moves with the clock, to its end") {
  emulated_service service;
  const auto answer = service.ask("StartWorkflowRun", with(R"(,"OverrideParameters":{"day":[1,null,"x"]})"));
  const std::string id = text_of(answer.at("RunId"));
  CHECK(answer.at("Status") == "STARTING");
  CHECK(answer.at("StartedAt") == "2026-01-01T00:00:00Z");
  const auto begin = service.time->now();
  const std::vector<std::pair<std::chrono::milliseconds, const char*>> expected{
      {0ms, "STARTING"}, {1999ms, "STARTING"}, {2s, "QUEUED"},   {4999ms, "QUEUED"},
      {5s, "RUNNING"},   {29999ms, "RUNNING"}, {30s, "SUCCESS"}, {1h, "SUCCESS"}};
  for (const auto& [moment, status] : expected) {
    service.time->run_until(service.io, begin + moment);
    CHECK(state(service, id) == status);
    const auto listed = service.ask("ListWorkflowRuns", with()).at("WorkflowRuns").as_array().back();
    CHECK(text_of(listed.at("RunId")) == id);
    CHECK(listed.at("RunDetailSummary").at("Status") == status);
  }
  const auto shown = service.ask("GetWorkflowRun", run_body(id));
  CHECK(shown.at("OverrideParameters") == json::parse(R"({"day":[1,null,"x"]})"));
  CHECK(shown.at("RunType") == "ON_DEMAND");
  json::value whole = json::parse(R"({"RunType":"ON_DEMAND","StartedOn":"2026-01-01T00:00:05Z",)"
                                  R"("CreatedAt":"2026-01-01T00:00:00Z","CompletedOn":"2026-01-01T00:00:30Z",)"
                                  R"("ModifiedAt":"2026-01-01T00:00:30Z","Duration":25,"RunState":"SUCCESS",)"
                                  R"("TaskInstances":["extract","transform","load"]})");
  for (const char* same : {"WorkflowArn", "WorkflowVersion", "RunId"}) whole.as_object()[same] = shown.at(same);
  CHECK(shown.at("RunDetail") == whole);
  CHECK(task_status(service, id, "load") == "SUCCESS");
  const auto task = service.ask("GetTaskInstance", run_body(id, R"(,"TaskInstanceId":"extract")"));
  CHECK(task.at("StartedAt") == "2026-01-01T00:00:07Z");
  CHECK(task.at("EndedAt") == "2026-01-01T00:00:12Z");
  CHECK(task.at("ModifiedAt") == "2026-01-01T00:00:12Z");
  CHECK(task.at("DurationInSeconds") == 5);
  CHECK(task.at("AttemptNumber") == 1);
  CHECK(text_of(task.at("LogStream")) == id + ".extract");
}

TEST_CASE("emulator: a run and its tasks are stopped") {
  emulated_service service;
  const std::string id = started(service);
  service.pass(13s);
  const auto stopped = service.ask("StopWorkflowRun", run_body(id));
  CHECK(stopped.at("Status") == "STOPPING");
  CHECK(text_of(stopped.at("RunId")) == id);
  CHECK(stopped.at("WorkflowVersion").as_string().size() == 32);
  service.pass(1s);
  CHECK(service.ask("StopWorkflowRun", run_body(id)).at("Status") == "STOPPING");
  CHECK(task_status(service, id, "transform") == "QUEUED");
  service.pass(2s);
  CHECK(service.ask("StopWorkflowRun", run_body(id)).at("Status") == "STOPPED");
  const auto shown = detail(service, id);
  CHECK(shown.at("CompletedOn") == "2026-01-01T00:00:16Z");
  CHECK(shown.at("Duration") == 11);
  CHECK_FALSE(shown.as_object().contains("ErrorMessage"));
  CHECK(task_status(service, id, "extract") == "SUCCESS");
  CHECK(task_status(service, id, "transform") == "CANCELLED");
  CHECK(task_status(service, id, "load") == "CANCELLED");
  service.pass(1h);
  CHECK(state(service, id) == "STOPPED");
  // One that is complete stays what it is.
  CHECK(service.ask("StopWorkflowRun", run_body("run-failed")).at("Status") == "FAILED");
}

TEST_CASE("emulator: runs of the default scenario have a state that fits their tasks") {
  emulated_service service;
  CHECK(state(service, "run-finished") == "SUCCESS");
  CHECK(detail(service, "run-finished").at("Duration") == 895);
  CHECK(state(service, "run-empty") == "SUCCESS");
  const auto failed = detail(service, "run-failed");
  CHECK(failed.at("RunState") == "FAILED");
  CHECK(failed.at("ErrorMessage") == "Task load_006 failed");
  service.pass(1min);
  CHECK(state(service, "run-live") == "RUNNING");
  service.pass(1h);
  CHECK((state(service, "run-live") == "SUCCESS" || state(service, "run-live") == "FAILED"));
}

TEST_CASE("emulator: the state of a run follows its tasks") {
  emulated_service service;
  service.emulator.add_run(default_arn, "mine",
                           {{"a", {{3s, "SCHEDULED"}, {5s, "RUNNING"}, {9s, "SUCCESS"}}},
                            {"b", {{4s, "QUEUED"}, {6s, "RUNNING"}, {11s, "TIMEOUT"}}}});
  for (const auto& [after, status] : std::vector<std::pair<std::chrono::seconds, const char*>>{
           {0s, "STARTING"}, {3s, "QUEUED"}, {5s, "RUNNING"}, {10s, "RUNNING"}, {11s, "FAILED"}}) {
    service.time->run_until(service.io, mwaa::clock::time_point{service.time->now() - service.time->elapsed()} + after);
    CHECK(state(service, "mine") == status);
  }
  service.emulator.add_run(default_arn, "endless", {{"a", "RUNNING"}});
  service.pass(1h);
  CHECK(state(service, "endless") == "RUNNING");
}

TEST_CASE("emulator: a test says what started runs do") {
  emulated_service service;
  testing::emulated_workflow described{default_arn};
  described.started_runs = testing::emulated_run{testing::emulated_task{"only", {{1s, "RUNNING"}, {4s, "FAILED"}}}};
  described.started_runs->timeline = {{1s, "RUNNING"}, {5s, "TIMEOUT"}};
  described.started_runs->error_message = "too slow";
  described.started_runs->tasks[0].error_message = "no luck";
  described.started_runs->tasks[0].xcom = {{"return_value", "7"}};
  service.emulator.set_workflow(described);
  const std::string id = started(service);
  service.pass(4s);
  CHECK(state(service, id) == "RUNNING");
  const auto task = service.ask("GetTaskInstance", run_body(id, R"(,"TaskInstanceId":"only")"));
  CHECK(task.at("ErrorMessage") == "no luck");
  CHECK(task.at("Xcom").at("return_value") == "7");
  service.pass(1s);
  CHECK(detail(service, id).at("RunState") == "TIMEOUT");
  CHECK(detail(service, id).at("ErrorMessage") == "too slow");
}

TEST_CASE("emulator: a test changes a run while it runs") {
  emulated_service service;
  const std::string id = started(service);
  service.pass(8s);
  service.emulator.set_task_status(default_arn, id, "extract", "FAILED", "out of memory");
  service.emulator.set_run_status(default_arn, id, "FAILED", "extract failed");
  CHECK(task_status(service, id, "extract") == "FAILED");
  CHECK(detail(service, id).at("ErrorMessage") == "extract failed");
  service.pass(1h);
  CHECK(state(service, id) == "FAILED");
  CHECK(task_status(service, id, "extract") == "FAILED");
  service.emulator.set_run_status(default_arn, id, "A_STATE_OF_TOMORROW");
  CHECK(state(service, id) == "A_STATE_OF_TOMORROW");

  const std::string other = started(service);
  service.emulator.advance_run(default_arn, other, 1min);
  CHECK(state(service, other) == "SUCCESS");
  CHECK(detail(service, other).at("Duration") == 25);
  CHECK_THROWS_WITH_AS(service.emulator.set_run_status(default_arn, "none", "FAILED"), doctest::Contains("no run none"),
                       mwaa::exception);
  CHECK_THROWS_WITH_AS(service.emulator.set_task_status(default_arn, id, "none", "FAILED"),
                       doctest::Contains("no task none"), mwaa::exception);
}

TEST_CASE("emulator: a scheduled run, and runs of an old version") {
  emulated_service service;
  testing::emulated_workflow described{default_arn};
  const std::string old(32, 'a');
  const std::string latest(32, 'b');
  described.versions = {old, latest};
  service.emulator.set_workflow(described);
  testing::emulated_run nightly;
  nightly.scheduled = true;
  nightly.version = old;
  service.emulator.add_run(default_arn, "nightly", nightly);
  const std::string id = started(service);
  CHECK(service.ask("GetWorkflowRun", run_body("nightly")).at("RunType") == "SCHEDULED");
  CHECK(text_of(detail(service, "nightly").at("WorkflowVersion")) == old);
  CHECK(text_of(detail(service, id).at("WorkflowVersion")) == latest);
  const auto of_old = service.ask("ListWorkflowRuns", with(R"(,"WorkflowVersion":")" + old + "\"")).at("WorkflowRuns");
  REQUIRE(of_old.as_array().size() == 1);
  CHECK(of_old.at(0).at("RunId") == "nightly");
  CHECK(started(service, R"(,"WorkflowVersion":")" + old + "\"") != id);
  nightly.version = std::string(32, 'c');
  CHECK_THROWS_WITH_AS(service.emulator.add_run(default_arn, "no", nightly), doctest::Contains("has no version"),
                       mwaa::exception);
}

TEST_CASE("emulator: attempts of a task are counted") {
  emulated_service service;
  service.emulator.add_run(
      default_arn, "mine",
      {{"a", {{0s, "RUNNING"}, {1s, "UP_FOR_RETRY"}, {2s, "QUEUED"}, {3s, "RUNNING"}, {5s, "SUCCESS"}}}});
  const auto task = [&] { return service.ask("GetTaskInstance", run_body("mine", R"(,"TaskInstanceId":"a")")); };
  CHECK(task().at("AttemptNumber") == 1);
  service.pass(4s);
  CHECK(task().at("AttemptNumber") == 2);
  CHECK_FALSE(task().as_object().contains("EndedAt"));
  service.pass(1s);
  CHECK(task().at("DurationInSeconds") == 2);
}

TEST_CASE("emulator: runs over the quota are refused") {
  testing::emulator_options options;
  options.quotas.concurrent_runs = 4;
  options.quotas.concurrent_runs_per_workflow = 3;
  emulated_service service{options};  // run-live is one of the four
  const std::string other = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/w-0123456789";
  service.emulator.set_workflow(testing::emulated_workflow{other});
  const std::string id = started(service);
  (void)started(service);
  auto refused = service.ask("StartWorkflowRun", with());
  CHECK(test::code_of(refused) == "ServiceQuotaExceededException");
  CHECK(text_of(refused.at("Message")).find("Workflow arn") == 0);
  const std::string of_other = R"({"WorkflowArn":")" + other + "\"}";
  CHECK(test::code_of(service.ask("StartWorkflowRun", of_other)).empty());
  refused = service.ask("StartWorkflowRun", of_other);
  CHECK(test::code_of(refused) == "ServiceQuotaExceededException");
  CHECK(text_of(refused.at("Message")).find("The account") == 0);
  // A run that is being stopped still counts.
  (void)service.ask("StopWorkflowRun", run_body(id));
  CHECK(test::code_of(service.ask("StartWorkflowRun", with())) == "ServiceQuotaExceededException");
  service.pass(3s);
  (void)started(service);
}

TEST_CASE("emulator: runs over the quota wait, when they are to, until others end") {
  testing::emulator_options options;
  options.quotas.concurrent_runs_per_workflow = 1;
  options.quotas.over_concurrent_runs = testing::over_run_quota::queued;
  options.scenario_json = R"({"workflows":[{"arn":")" + default_arn + R"("}]})";
  emulated_service service{options};
  std::vector<std::string> runs;
  for (int i = 0; i < 4; ++i) {
    runs.push_back(started(service));
    service.pass(1s);
  }
  CHECK(state(service, runs[1]) == "QUEUED");
  CHECK(detail(service, runs[1]).at("CreatedAt") == "2026-01-01T00:00:01Z");
  CHECK(task_status(service, runs[1], "extract") == "NONE");
  // One that is stopped while it waits gives its place away.
  CHECK(service.ask("StopWorkflowRun", run_body(runs[2])).at("Status") == "STOPPING");
  // Nobody looks while the first ends (at 30 s) and the second begins: it did so then.
  service.pass(51s);
  CHECK(state(service, runs[0]) == "SUCCESS");
  const auto second = detail(service, runs[1]);
  CHECK(second.at("RunState") == "RUNNING");
  CHECK(second.at("StartedOn") == "2026-01-01T00:00:35Z");
  CHECK(state(service, runs[2]) == "STOPPED");
  CHECK(state(service, runs[3]) == "QUEUED");
  service.pass(1h);
  CHECK(detail(service, runs[1]).at("CompletedOn") == "2026-01-01T00:01:00Z");
  CHECK(detail(service, runs[3]).at("CompletedOn") == "2026-01-01T00:01:30Z");
}
