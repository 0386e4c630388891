// Events of `watch` as lines.
#include "cli/watch_line.hpp"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <string>

#include "cli/watch_words.hpp"
#include "doctest/doctest.h"

namespace cli = mwaa_serverless::cli;
namespace mwaa = mwaa_serverless;
using mwaa::task_instance_status;
using mwaa::watch_event;
using mwaa::watch_event_kind;
using mwaa::workflow_run_status;
using namespace std::chrono_literals;

namespace {

const std::string arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-Ab12Cd34Ef";
const std::chrono::system_clock::time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + 12h};

watch_event event_of(watch_event_kind kind) {
  watch_event out;
  out.kind = kind;
  out.run = {arn, "run-1"};
  out.seen_at = noon;
  return out;
}

std::string json_text(const watch_event& event) {
  return boost::json::serialize(cli::json_line(event));
}

const std::string head = "2026-11-30T12:00:00.000Z etl-Ab12Cd34Ef/run-1 ";
const std::string names = R"("WorkflowArn":")" + arn + R"(","RunId":"run-1")";

}  // namespace

TEST_CASE("watch lines: runs") {
  watch_event event = event_of(watch_event_kind::run_added);
  CHECK(cli::plain_line(event) == head + "added: ?");
  CHECK(json_text(event) == R"({"Event":"run_added","SeenAt":"2026-11-30T12:00:00+00:00",)" + names + "}");
  event.run_status = workflow_run_status::queued;
  CHECK(cli::plain_line(event) == head + "added: QUEUED");

  event = event_of(watch_event_kind::run_changed);
  event.not_before = noon - 1500ms;
  event.previous_run_status = workflow_run_status::queued;
  event.run_status = workflow_run_status::running;
  CHECK(cli::plain_line(event) == head + "QUEUED -> RUNNING");
  CHECK(
      json_text(event) ==
      R"({"Event":"run_changed","NotBefore":"2026-11-30T11:59:58.500000+00:00","SeenAt":"2026-11-30T12:00:00+00:00",)" +
          names + R"(,"RunState":"RUNNING","PreviousRunState":"QUEUED"})");

  event = event_of(watch_event_kind::run_finished);
  event.previous_run_status = workflow_run_status::running;
  event.run_status = workflow_run_status::failed;
  event.run_started_at = noon - 2h;
  event.run_ended_at = noon - 1s;
  CHECK(cli::plain_line(event) == head + "ended: RUNNING -> FAILED after 1h59m");
  CHECK(json_text(event) ==
        R"({"Event":"run_finished","SeenAt":"2026-11-30T12:00:00+00:00",)" + names +
            R"(,"RunState":"FAILED","PreviousRunState":"RUNNING",)"
            R"("StartedOn":"2026-11-30T10:00:00+00:00","CompletedOn":"2026-11-30T11:59:59+00:00"})");
}

TEST_CASE("watch lines: tasks") {
  watch_event event = event_of(watch_event_kind::task_added);
  event.task_instance_id = "load";
  event.task_status = task_instance_status::none;
  CHECK(cli::plain_line(event) == head + "task load added: NONE");
  event.kind = watch_event_kind::task_changed;
  event.run_status = workflow_run_status::running;
  event.previous_task_status = task_instance_status::running;
  event.task_status = task_instance_status::up_for_retry;
  event.task_duration = 61s;
  CHECK(cli::plain_line(event) == head + "task load: RUNNING -> UP_FOR_RETRY");
  event.task_status = task_instance_status::success;
  CHECK(cli::plain_line(event) == head + "task load: RUNNING -> SUCCESS after 1m01s");
  CHECK(json_text(event) == R"({"Event":"task_changed","SeenAt":"2026-11-30T12:00:00+00:00",)" + names +
                                R"(,"RunState":"RUNNING","TaskInstanceId":"load","Status":"SUCCESS",)"
                                R"("PreviousStatus":"RUNNING","DurationInSeconds":61})");
}

TEST_CASE("watch lines: errors and bounds") {
  watch_event event = event_of(watch_event_kind::run_error);
  event.failure = mwaa::error{mwaa::errc::resource_not_found, "no such run"};
  event.failure->aws_code = "ResourceNotFoundException";
  event.failure->request_id = "id";
  CHECK(cli::plain_line(event) == head + "error: ResourceNotFoundException: no such run");
  CHECK(json_text(event) ==
        R"({"Event":"run_error","SeenAt":"2026-11-30T12:00:00+00:00",)" + names +
            R"(,"Error":{"Code":"ResourceNotFoundException","Message":"no such run","RequestId":"id"}})");
  event = event_of(watch_event_kind::workflow_error);
  event.run = {};
  event.failure = mwaa::error{mwaa::errc::connection_lost, ""};
  CHECK(cli::plain_line(event).starts_with("2026-11-30T12:00:00.000Z the workflows of the account error: "));
  event = event_of(watch_event_kind::bound_missed);
  event.run = {};
  event.bound = 90500ms;
  CHECK(cli::plain_line(event) == "2026-11-30T12:00:00.000Z watch the quota keeps every run seen within 1m30s only");
  CHECK(json_text(event) == R"({"Event":"bound_missed","SeenAt":"2026-11-30T12:00:00+00:00","BoundInSeconds":9.05E1})");
}

TEST_CASE("watch lines: text of the service begins no line and steers no terminal") {
  watch_event event = event_of(watch_event_kind::task_changed);
  event.run.run_id = "run\n2026-11-30T12:00:00.000Z forged";
  event.task_instance_id = "load\x1b[2J";
  event.task_status = task_instance_status{mwaa::text{"ODD\x07"}};
  const std::string line = cli::plain_line(event);
  CHECK(line.find_first_of("\n\x1b\x07") == std::string::npos);
  CHECK(line.find("run\\n2026") != std::string::npos);
}

TEST_CASE("watch words: durations") {
  CHECK(cli::short_duration(-5s) == "0s");
  CHECK(cli::short_duration(59'999ms) == "59s");
  CHECK(cli::short_duration(60s) == "1m00s");
  CHECK(cli::short_duration(3'599s) == "59m59s");
  CHECK(cli::short_duration(3h + 7min) == "3h07m");
  CHECK(cli::short_duration(52h) == "2d04h");
  CHECK(cli::workflow_name(arn) == "etl-Ab12Cd34Ef");
  CHECK(cli::workflow_name("etl") == "etl");
}
