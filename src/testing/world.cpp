#include "testing/world.hpp"

#include <algorithm>
#include <mwaa_serverless/error.hpp>
#include <set>
#include <utility>

#include "protocol/model/rules.hpp"
#include "testing/messages.hpp"
#include "testing/pattern.hpp"

namespace mwaa_serverless::testing {

namespace {

// Twice this fits a clock's nanoseconds.
constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365 * 100};

[[noreturn]] void refuse(std::string message) {
  throw exception(error{errc::invalid_argument, std::move(message)});
}

void check(std::string_view workflow_arn, std::string_view run_id, const std::vector<emulated_task>& tasks) {
  if (!follows(protocol::workflow_arn, workflow_arn)) refuse("not an ARN of a workflow: " + std::string{workflow_arn});
  if (!follows(protocol::id_string, run_id)) refuse("not an id of a run: " + std::string{run_id});
  std::set<std::string_view> ids;
  for (const emulated_task& task : tasks) {
    if (!follows(protocol::id_string, task.id)) refuse("not an id of a task: " + task.id);
    if (!ids.insert(task.id).second) refuse("two tasks have the id " + task.id);
    if (!std::is_sorted(task.timeline.begin(), task.timeline.end(),
                        [](const status_change& a, const status_change& b) { return a.after < b.after; }))
      refuse("the status changes of task " + task.id + " are not in order of time");
  }
}

}  // namespace

emulated_run::emulated_run(std::string_view workflow_arn, std::string_view version, std::string_view run_id,
                           const std::vector<emulated_task>& tasks, clock::time_point started)
    : started_(started) {
  task_instance common;
  common.workflow_arn = text{quotable(workflow_arn)};
  common.workflow_version = text{quotable(version)};
  common.run_id = text{quotable(run_id)};
  common.status = task_instance_status::none;
  tasks_.reserve(tasks.size());
  for (const emulated_task& from : tasks) {
    task to;
    to.at_first = common;
    to.at_first.task_instance_id = text{quotable(from.id)};
    to.at_first.operator_name = text{quotable(from.operator_name)};
    std::optional<std::chrono::milliseconds> ran_from;
    for (const status_change& each : from.timeline) {
      const auto after = std::clamp(each.after, -longest, longest);
      change next{after, task_instance_status{text{quotable(each.status)}}, std::nullopt};
      if (next.status == task_instance_status::running) ran_from = after;
      if (next.status.is_terminal()) {
        next.duration = from.duration;
        if (!next.duration && ran_from)
          next.duration = std::chrono::duration_cast<std::chrono::seconds>(after - *ran_from);
      }
      to.changes.push_back(std::move(next));
    }
    tasks_.push_back(std::move(to));
  }
}

void emulated_run::advance(std::chrono::milliseconds by) noexcept {
  const std::chrono::nanoseconds end = longest;
  skipped_ = std::min(end, skipped_ + std::clamp(by, std::chrono::milliseconds{0}, longest));
}

task_instance emulated_run::summary(std::size_t index, clock::time_point now) const {
  const task& shown = tasks_[index];
  const std::chrono::nanoseconds age = now - started_ + skipped_;
  task_instance out = shown.at_first;
  for (const change& each : shown.changes) {
    if (each.after > age) break;
    out.status = each.status;
    out.duration_in_seconds = each.duration;
  }
  return out;
}

void world::add_workflow(std::string_view workflow_arn, std::string_view version) {
  check(workflow_arn, "any", {});
  const auto [position, added] = workflows_.try_emplace(std::string{workflow_arn});
  if (added) position->second.version = version;
}

void world::add_run(std::string_view workflow_arn, std::string_view version, std::string_view run_id,
                    const std::vector<emulated_task>& tasks, clock::time_point started) {
  check(workflow_arn, run_id, tasks);
  add_workflow(workflow_arn, version);
  workflow& owner = workflows_.find(workflow_arn)->second;
  owner.runs.insert_or_assign(std::string{run_id},
                              std::make_shared<emulated_run>(workflow_arn, owner.version, run_id, tasks, started));
}

bool world::advance_run(std::string_view workflow_arn, std::string_view run_id, std::chrono::milliseconds by) {
  const auto owner = workflows_.find(workflow_arn);
  if (owner == workflows_.end()) return false;
  const auto run = owner->second.runs.find(run_id);
  if (run == owner->second.runs.end()) return false;
  run->second->advance(by);
  return true;
}

bool world::has_workflow(std::string_view workflow_arn) const {
  return workflows_.find(workflow_arn) != workflows_.end();
}

std::shared_ptr<const emulated_run> world::find_run(std::string_view workflow_arn, std::string_view run_id) const {
  const auto owner = workflows_.find(workflow_arn);
  if (owner == workflows_.end()) return nullptr;
  const auto run = owner->second.runs.find(run_id);
  return run == owner->second.runs.end() ? nullptr : run->second;
}

}  // namespace mwaa_serverless::testing
