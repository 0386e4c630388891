// Reads a scenario file: docs/emulator.md describes it to its writers.
#include "testing/scenario.hpp"

#include <cmath>
#include <mwaa_serverless/error.hpp>
#include <set>
#include <utility>

#include "protocol/model/rules.hpp"
#include "testing/account.hpp"
#include "testing/messages.hpp"
#include "testing/pattern.hpp"

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

template <class Status>
std::string read_status(const json_section& in, const char* member, std::string_view of_what) {
  std::string status = in.string(member);
  Status known;
  if (!Status::parse(status, known))
    refuse_json(in.at(member), quoted(status) + " is not a status of a " + std::string{of_what});
  return status;
}

std::vector<status_change> read_timeline(const json_section& of,
                                         std::string (&status)(const json_section&, const char*)) {
  std::vector<status_change> out;
  const json::array& changes = of.array("timeline");
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const json_section change{changes[i], of.element("timeline", i), {"after", "status"}};
    const auto after = change.seconds("after");
    if (!after) refuse_json(change.at("after"), "is missing");
    const std::chrono::milliseconds moment{std::llround(*after * 1000)};
    if (!out.empty() && moment < out.back().after)
      refuse_json(change.at("after"), "is earlier than the change before it");
    out.emplace_back(moment, status(change, "status"));
  }
  return out;
}

std::string read_id(const json_section& of) {
  std::string id = of.string("id");
  if (!follows(protocol::id_string, id))
    refuse_json(of.at("id"), "must be 1 to 255 letters, digits, '.', '-' and '_', the first a letter or digit");
  return id;
}

emulated_task read_task(const json::value& value, const std::string& path) {
  const json_section task{value, path, {"id", "operator", "status", "timeline", "duration", "error", "xcom"}};
  const std::string id = read_id(task);
  if (task.contains("status") == task.contains("timeline")) refuse_json(path, "must have either status or timeline");
  std::vector<status_change> timeline;
  if (task.contains("status"))
    timeline.emplace_back(std::chrono::milliseconds{0}, read_task_status(task, "status"));
  else
    timeline = read_timeline(task, read_task_status);
  emulated_task out{id, std::move(timeline)};
  out.operator_name = task.string_or("operator", out.operator_name);
  if (out.operator_name.empty() || out.operator_name.size() > 255)
    refuse_json(task.at("operator"), "must be 1 to 255 characters");
  out.error_message = task.string_or("error", "");
  for (const auto& [key, each] : task.texts("xcom")) out.xcom.emplace(key, each);
  if (const auto duration = task.seconds("duration")) out.duration = std::chrono::seconds{std::llround(*duration)};
  return out;
}

}  // namespace

std::string read_run_status(const json_section& in, const char* member) {
  return read_status<workflow_run_status>(in, member, "workflow run");
}

std::string read_task_status(const json_section& in, const char* member) {
  return read_status<task_instance_status>(in, member, "task instance");
}

namespace {

emulated_run read_course(const json_section& run) {
  std::vector<emulated_task> tasks;
  std::set<std::string> task_ids;
  const json::array& elements = run.array("tasks");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string task_path = run.element("tasks", i);
    tasks.push_back(read_task(elements[i], task_path));
    if (!task_ids.insert(tasks.back().id).second)
      refuse_json(task_path + ".id", quoted(tasks.back().id) + " is there twice");
  }
  emulated_run out{std::move(tasks)};
  out.timeline = read_timeline(run, read_run_status);
  out.error_message = run.string_or("error", "");
  return out;
}

}  // namespace

json_section run_section(const json::value& value, std::string path) {
  return {value, std::move(path), {"workflow", "id", "tasks", "timeline", "error", "scheduled", "version"}};
}

described_run read_run(const json_section& run) {
  described_run out{read_id(run), read_course(run)};
  out.course.scheduled = run.boolean("scheduled");
  out.course.version = run.string_or("version", "");
  return out;
}

json_section workflow_section(const json::value& value, std::string path) {
  return {value,
          std::move(path),
          {"arn", "version", "versions", "description", "trigger_mode", "definition", "schedule", "tags",
           "started_runs", "runs"}};
}

emulated_workflow read_workflow(const json_section& workflow) {
  emulated_workflow out{read_workflow_arn(workflow, "arn")};
  out.versions = workflow.strings("versions");
  if (workflow.contains("version")) {
    if (workflow.contains("versions")) refuse_json(workflow.at("version"), "must not be there beside versions");
    out.versions = {workflow.string("version")};
  }
  const char* const named = workflow.contains("version") ? "version" : "versions";
  for (const std::string& each : out.versions)
    if (each.empty() || each.size() > 2048) refuse_json(workflow.at(named), "must be 1 to 2048 characters");
  const auto text = [&](const char* member) {
    return workflow.contains(member) ? std::optional{workflow.string(member)} : std::nullopt;
  };
  out.description = text("description");
  out.trigger_mode = text("trigger_mode");
  out.definition = text("definition");
  out.schedule = text("schedule");
  if (workflow.contains("tags")) out.tags = workflow.texts("tags");
  if (workflow.contains("started_runs"))
    out.started_runs = read_course(workflow.section("started_runs", {"tasks", "timeline", "error"}));
  return out;
}

std::string read_workflow_arn(const json_section& in, const char* member) {
  std::string arn = in.string(member);
  if (!follows(protocol::workflow_arn, arn))
    refuse_json(in.at(member), quoted(arn) + " is not an ARN of a workflow, such as " + emulator::default_workflow_arn);
  return arn;
}

namespace {

void read_scenario(account& to, std::string_view text, clock::time_point start) {
  const json::value root = parse_json(text);
  const json_section file{root, "", {"workflows"}};
  if (!file.contains("workflows")) refuse_json("workflows", "is missing");
  const json::array& workflows = file.array("workflows");
  std::set<std::string> arns;
  for (std::size_t i = 0; i < workflows.size(); ++i) {
    const json_section section = workflow_section(workflows[i], file.element("workflows", i));
    const emulated_workflow described = read_workflow(section);
    if (!arns.insert(described.arn).second) refuse_json(section.at("arn"), quoted(described.arn) + " is there twice");
    to.set_workflow(described, start);
    const json::array& runs = section.array("runs");
    std::set<std::string> run_ids;
    for (std::size_t k = 0; k < runs.size(); ++k) {
      const json_section of_run = run_section(runs[k], section.element("runs", k));
      if (of_run.contains("workflow")) refuse_json(of_run.at("workflow"), "is not a known member");
      const described_run run = read_run(of_run);
      if (!run_ids.insert(run.id).second) refuse_json(of_run.at("id"), quoted(run.id) + " is there twice");
      try {
        to.add_run(described.arn, run.id, run.course, start);
      } catch (const exception& e) {
        refuse_json(of_run.at("version"), e.details().message);
      }
    }
  }
}

}  // namespace

void add_scenario(account& to, std::string_view text, clock::time_point start) {
  try {
    read_scenario(to, text, start);
  } catch (const exception& e) {
    throw exception(error{e.details().code, "scenario: " + e.details().message});
  }
}

}  // namespace mwaa_serverless::testing
