#include "testing/world.hpp"

#include <algorithm>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <set>
#include <utility>

#include "testing/messages.hpp"
#include "testing/name_rules.hpp"

namespace mwaa_serverless::testing {

namespace {

// Twice this fits a clock's nanoseconds.
constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365 * 100};

bool is_terminal(std::string_view status) {
  task_instance_status known;
  return task_instance_status::parse(status, known) && known.is_terminal();
}

[[noreturn]] void refuse(std::string message) {
  throw exception(error{errc::invalid_argument, std::move(message)});
}

void check(std::string_view workflow_arn, std::string_view run_id, const std::vector<emulated_task>& tasks) {
  if (workflow_arn.size() > max_arn_length || !is_workflow_arn(workflow_arn))
    refuse("not an ARN of a workflow: " + std::string{workflow_arn});
  if (run_id.size() > max_id_length || !is_id(run_id)) refuse("not an id of a run: " + std::string{run_id});
  std::set<std::string_view> ids;
  for (const emulated_task& task : tasks) {
    if (task.id.size() > max_id_length || !is_id(task.id)) refuse("not an id of a task: " + task.id);
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
  const std::string common = R"({"WorkflowArn":)" + quoted(workflow_arn) + R"(,"WorkflowVersion":)" + quoted(version) +
                             R"(,"RunId":)" + quoted(run_id) + R"(,"TaskInstanceId":)";
  tasks_.reserve(tasks.size());
  for (const emulated_task& from : tasks) {
    task to;
    to.before_status = common + quoted(from.id) + R"(,"Status":)";
    to.after_duration = R"(,"OperatorName":)" + quoted(from.operator_name) + "}";
    std::optional<std::chrono::milliseconds> ran_from;
    for (const status_change& each : from.timeline) {
      const auto after = std::clamp(each.after, -longest, longest);
      change next{after, quoted(each.status), is_terminal(each.status), std::nullopt};
      if (each.status == "RUNNING") ran_from = after;
      if (next.terminal) {
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

void emulated_run::append_summary(std::string& out, std::size_t index, clock::time_point now) const {
  const task& shown = tasks_[index];
  const std::chrono::nanoseconds age = now - started_ + skipped_;
  const change* current = nullptr;
  for (const change& each : shown.changes) {
    if (each.after > age) break;
    current = &each;
  }
  out.append(shown.before_status);
  if (current == nullptr) {
    out.append("\"NONE\"");
  } else {
    out.append(current->status_json);
    if (current->duration) out.append(",\"DurationInSeconds\":").append(std::to_string(current->duration->count()));
  }
  out.append(shown.after_duration);
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
