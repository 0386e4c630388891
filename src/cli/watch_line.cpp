#include "cli/watch_line.hpp"

#include <string_view>

#include "cli/watch_words.hpp"
#include "strings/date_time.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless::cli {

namespace json = boost::json;

namespace {

std::string_view named(std::string_view status) {
  return status.empty() ? "?" : status;
}

// `QUEUED -> RUNNING`, or the one that is known.
std::string change(std::string_view before, std::string_view after) {
  std::string out;
  if (!before.empty() && before != after) out.append(before).append(" -> ");
  return out.append(named(after));
}

std::string what_changed(const watch_event& event) {
  switch (event.kind) {
    case watch_event_kind::run_added:
      return "added: " + std::string{named(event.run_status.name())};
    case watch_event_kind::run_changed:
      return change(event.previous_run_status.name(), event.run_status.name());
    case watch_event_kind::run_finished: {
      std::string out = "ended: " + change(event.previous_run_status.name(), event.run_status.name());
      if (event.run_started_at && event.run_ended_at)
        out += " after " + short_duration(std::chrono::duration_cast<std::chrono::milliseconds>(*event.run_ended_at -
                                                                                                *event.run_started_at));
      return out;
    }
    case watch_event_kind::task_added:
      return "task " + event.task_instance_id + " added: " + std::string{named(event.task_status.name())};
    case watch_event_kind::task_changed: {
      std::string out =
          "task " + event.task_instance_id + ": " + change(event.previous_task_status.name(), event.task_status.name());
      if (event.task_duration && event.task_status.is_terminal())
        out += " after " + short_duration(*event.task_duration);
      return out;
    }
    case watch_event_kind::run_error:
    case watch_event_kind::workflow_error:
      return "error: " + (event.failure ? reason_of(*event.failure) : std::string{"unknown"});
    case watch_event_kind::bound_missed:
      return "the quota keeps every run seen within " +
             (event.bound ? short_duration(*event.bound) : std::string{"a longer time"}) + " only";
  }
  return {};
}

std::string subject(const watch_event& event) {
  if (event.run.workflow_arn.empty())
    return event.kind == watch_event_kind::workflow_error ? "the workflows of the account" : "watch";
  std::string out{workflow_name(event.run.workflow_arn)};
  if (!event.run.run_id.empty()) out.append("/").append(event.run.run_id);
  return out;
}

std::string written(std::chrono::system_clock::time_point when) {
  return strings::format_shortest_timestamp(when, strings::utc_sign::offset);
}

void set(json::object& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.emplace(name, value);
}

void set(json::object& out, std::string_view name, const std::optional<std::chrono::system_clock::time_point>& value) {
  if (value) out.emplace(name, written(*value));
}

}  // namespace

std::string plain_line(const watch_event& event) {
  return strings::printable(strings::format_timestamp(event.seen_at) + ' ' + subject(event) + ' ' +
                            what_changed(event));
}

json::object json_line(const watch_event& event) {
  json::object out;
  out.emplace("Event", to_string(event.kind));
  set(out, "NotBefore", event.not_before);
  out.emplace("SeenAt", written(event.seen_at));
  set(out, "WorkflowArn", event.run.workflow_arn);
  set(out, "RunId", event.run.run_id);
  set(out, "RunState", event.run_status.name());
  set(out, "PreviousRunState", event.previous_run_status.name());
  set(out, "StartedOn", event.run_started_at);
  set(out, "CompletedOn", event.run_ended_at);
  set(out, "TaskInstanceId", event.task_instance_id);
  set(out, "Status", event.task_status.name());
  set(out, "PreviousStatus", event.previous_task_status.name());
  if (event.task_duration) out.emplace("DurationInSeconds", event.task_duration->count());
  if (event.bound) out.emplace("BoundInSeconds", static_cast<double>(event.bound->count()) / 1'000);
  if (event.failure) {
    json::object failure;
    set(failure, "Code", event.failure->aws_code.empty() ? event.failure->code.message() : event.failure->aws_code);
    set(failure, "Message", event.failure->message);
    set(failure, "RequestId", event.failure->request_id);
    out.emplace("Error", std::move(failure));
  }
  return out;
}

}  // namespace mwaa_serverless::cli
