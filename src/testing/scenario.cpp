// Reads a scenario file: docs/emulator.md describes it to its writers.
#include "testing/scenario.hpp"

#include <cmath>
#include <mwaa_serverless/error.hpp>
#include <set>
#include <utility>

#include "protocol/model/rules.hpp"
#include "testing/messages.hpp"
#include "testing/pattern.hpp"
#include "testing/world.hpp"

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

std::string checked_status(const json_section& of) {
  std::string status = of.string("status");
  task_instance_status known;
  if (!task_instance_status::parse(status, known))
    refuse_json(of.at("status"), quoted(status) + " is not a status of a task instance");
  return status;
}

emulated_task read_task(const json::value& value, const std::string& path) {
  const json_section task{value, path, {"id", "operator", "status", "timeline", "duration"}};
  const std::string id = task.string("id");
  if (!follows(protocol::id_string, id))
    refuse_json(task.at("id"), "must be 1 to 255 letters, digits, '.', '-' and '_', the first a letter or digit");
  std::vector<status_change> timeline;
  if (task.contains("status") == task.contains("timeline")) refuse_json(path, "must have either status or timeline");
  if (task.contains("status")) {
    timeline.emplace_back(std::chrono::milliseconds{0}, checked_status(task));
  } else {
    const json::array& changes = task.array("timeline");
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const json_section change{changes[i], task.element("timeline", i), {"after", "status"}};
      const auto after = change.seconds("after");
      if (!after) refuse_json(change.at("after"), "is missing");
      const std::chrono::milliseconds moment{std::llround(*after * 1000)};
      if (!timeline.empty() && moment < timeline.back().after)
        refuse_json(change.at("after"), "is earlier than the change before it");
      timeline.emplace_back(moment, checked_status(change));
    }
  }
  emulated_task out{id, std::move(timeline)};
  out.operator_name = task.string_or("operator", out.operator_name);
  if (out.operator_name.empty() || out.operator_name.size() > 255)
    refuse_json(task.at("operator"), "must be 1 to 255 characters");
  if (const auto duration = task.seconds("duration")) out.duration = std::chrono::seconds{std::llround(*duration)};
  return out;
}

}  // namespace

described_run read_run(const json_section& run) {
  const std::string id = run.string("id");
  if (!follows(protocol::id_string, id))
    refuse_json(run.at("id"), "must be 1 to 255 letters, digits, '.', '-' and '_', the first a letter or digit");
  std::vector<emulated_task> tasks;
  std::set<std::string> task_ids;
  const json::array& elements = run.array("tasks");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string task_path = run.element("tasks", i);
    tasks.push_back(read_task(elements[i], task_path));
    if (!task_ids.insert(tasks.back().id).second)
      refuse_json(task_path + ".id", quoted(tasks.back().id) + " is there twice");
  }
  return {id, std::move(tasks)};
}

std::string read_workflow_arn(const json_section& in, const char* member) {
  std::string arn = in.string(member);
  if (!follows(protocol::workflow_arn, arn))
    refuse_json(in.at(member), quoted(arn) + " is not an ARN of a workflow, such as " + emulator::default_workflow_arn);
  return arn;
}

namespace {

void read_scenario(world& to, std::string_view text, clock::time_point start) {
  const json::value root = parse_json(text);
  const json_section file{root, "", {"workflows"}};
  if (!file.contains("workflows")) refuse_json("workflows", "is missing");
  const json::array& workflows = file.array("workflows");
  std::set<std::string> arns;
  for (std::size_t i = 0; i < workflows.size(); ++i) {
    const json_section workflow{workflows[i], file.element("workflows", i), {"arn", "version", "runs"}};
    const std::string arn = read_workflow_arn(workflow, "arn");
    if (!arns.insert(arn).second) refuse_json(workflow.at("arn"), quoted(arn) + " is there twice");
    const std::string version = workflow.string_or("version", default_version);
    if (version.empty() || version.size() > 2048) refuse_json(workflow.at("version"), "must be 1 to 2048 characters");
    to.add_workflow(arn, version);
    const json::array& runs = workflow.array("runs");
    std::set<std::string> run_ids;
    for (std::size_t k = 0; k < runs.size(); ++k) {
      const json_section section{runs[k], workflow.element("runs", k), {"id", "tasks"}};
      const described_run run = read_run(section);
      if (!run_ids.insert(run.id).second) refuse_json(section.at("id"), quoted(run.id) + " is there twice");
      to.add_run(arn, version, run.id, run.tasks, start);
    }
  }
}

}  // namespace

void add_scenario(world& to, std::string_view text, clock::time_point start) {
  try {
    read_scenario(to, text, start);
  } catch (const exception& e) {
    throw exception(error{e.details().code, "scenario: " + e.details().message});
  }
}

}  // namespace mwaa_serverless::testing
