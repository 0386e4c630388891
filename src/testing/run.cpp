#include "testing/run.hpp"

#include <algorithm>
#include <array>
#include <mwaa_serverless/error.hpp>
#include <set>
#include <utility>

#include "protocol/model/rules.hpp"
#include "testing/messages.hpp"
#include "testing/pattern.hpp"

namespace mwaa_serverless::testing {

namespace {

using std::chrono::milliseconds;

// Twice this fits a clock's nanoseconds.
constexpr milliseconds course_limit = std::chrono::hours{24 * 365 * 100};

bool in_order(const std::vector<status_change>& changes) {
  return std::is_sorted(changes.begin(), changes.end(),
                        [](const status_change& a, const status_change& b) { return a.after < b.after; });
}

text kept(std::string_view value) {
  return text{quotable(value)};
}

template <class Status>
Status status_of(std::string_view name) {
  return Status{kept(name)};
}

bool is_failure(std::string_view task_status) {
  constexpr std::array<std::string_view, 3> failures{"FAILED", "UPSTREAM_FAILED", "TIMEOUT"};
  return std::find(failures.begin(), failures.end(), task_status) != failures.end();
}

bool is_before_running(std::string_view task_status) {
  constexpr std::array<std::string_view, 3> early{"NONE", "SCHEDULED", "QUEUED"};
  return std::find(early.begin(), early.end(), task_status) != early.end();
}

/// The changes of a run whose status follows its tasks.
std::vector<status_change> derived(const std::vector<emulated_task>& tasks) {
  std::optional<milliseconds> queued;
  std::optional<milliseconds> running;
  milliseconds end{0};
  bool complete = true;
  bool failed = false;
  const auto earliest = [](std::optional<milliseconds>& of, milliseconds after) {
    of = of ? std::min(*of, after) : after;
  };
  for (const emulated_task& each : tasks) {
    if (!each.timeline.empty()) earliest(queued, each.timeline.front().after);
    for (const status_change& change : each.timeline)
      if (!is_before_running(change.status)) earliest(running, change.after);
    const std::string_view last = each.timeline.empty() ? "NONE" : std::string_view{each.timeline.back().status};
    complete = complete && task_instance_status{text{last}}.is_terminal();
    failed = failed || is_failure(last);
    if (!each.timeline.empty()) end = std::max(end, each.timeline.back().after);
  }
  std::vector<status_change> out;
  if (queued) out.emplace_back(*queued, "QUEUED");
  if (running) out.emplace_back(*running, "RUNNING");
  if (complete) out.emplace_back(end, failed ? "FAILED" : "SUCCESS");
  return out;
}

std::string default_error(const std::vector<emulated_task>& tasks) {
  for (const emulated_task& each : tasks)
    if (!each.timeline.empty() && each.timeline.back().status == "FAILED") return "Task " + each.id + " failed";
  return {};
}

std::chrono::seconds whole_seconds(clock::time_point from, clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from);
}

bool reports_error(const workflow_run_status& is) {
  return is == workflow_run_status::failed || is == workflow_run_status::timeout;
}

bool reports_error(const task_instance_status& is) {
  return is_failure(is.name()) || is == task_instance_status::up_for_retry;
}

}  // namespace

void refuse_argument(std::string message) {
  throw exception(error{errc::invalid_argument, std::move(message)});
}

void check_course(const emulated_run& course) {
  if (!in_order(course.timeline)) refuse_argument("the status changes of the run are not in order of time");
  std::set<std::string_view> ids;
  for (const emulated_task& task : course.tasks) {
    if (!follows(protocol::id_string, task.id)) refuse_argument("not an id of a task: " + task.id);
    if (!ids.insert(task.id).second) refuse_argument("two tasks have the id " + task.id);
    if (!in_order(task.timeline))
      refuse_argument("the status changes of task " + task.id + " are not in order of time");
  }
}

run::run(std::string_view workflow_arn, std::string_view version_value, std::string_view run_id, emulated_run course,
         clock::time_point created)
    : id(run_id),
      version(version_value),
      workflow_arn_(kept(workflow_arn)),
      course_(std::move(course)),
      created_(created) {
  if (course_.timeline.empty()) course_.timeline = derived(course_.tasks);
  if (course_.error_message.empty()) course_.error_message = default_error(course_.tasks);
  // A course may have begun before its start.
  if (!course_.timeline.empty()) created_ += std::clamp(course_.timeline.front().after, -course_limit, milliseconds{0});
  status_.add(created_, workflow_run_status::starting);
  task_instance common;
  common.workflow_arn = workflow_arn_;
  common.workflow_version = kept(version);
  common.run_id = kept(run_id);
  common.status = task_instance_status::none;
  tasks_.reserve(course_.tasks.size());
  for (const emulated_task& from : course_.tasks) {
    task& to = tasks_.emplace_back();
    to.sequence = static_cast<std::uint32_t>(tasks_.size());
    to.id = from.id;
    to.at_first = common;
    to.at_first.task_instance_id = kept(from.id);
    to.at_first.operator_name = kept(from.operator_name);
    to.duration = from.duration;
    to.error_message = from.error_message;
    for (const auto& [key, value] : from.xcom) to.xcom.emplace(kept(key), kept(value));
  }
}

void run::begin(clock::time_point at) {
  waits_ = false;
  const bool waited = status_.at(at) != nullptr && status_.at(at)->status == workflow_run_status::queued;
  for (const status_change& each : course_.timeline) {
    if (waited && (each.status == "STARTING" || each.status == "QUEUED")) continue;
    status_.add(at + std::clamp(each.after, -course_limit, course_limit), status_of<workflow_run_status>(each.status));
  }
  for (std::size_t i = 0; i < tasks_.size(); ++i)
    for (const status_change& each : course_.tasks[i].timeline)
      tasks_[i].status.add(at + std::clamp(each.after, -course_limit, course_limit),
                           status_of<task_instance_status>(each.status));
}

void run::queue() {
  status_.add(created_, workflow_run_status::queued);
}

void run::advance(milliseconds by) {
  const std::chrono::nanoseconds step =
      std::min<std::chrono::nanoseconds>(course_limit - skipped_, std::clamp(by, milliseconds{0}, course_limit));
  skipped_ += step;
  created_ -= step;
  status_.shift(step);
  for (task& each : tasks_) each.status.shift(step);
}

void run::stop(clock::time_point now, milliseconds stopping_time) {
  const workflow_run_status is = status(now);
  if (is.is_terminal() || is == workflow_run_status::stopping) return;
  waits_ = false;
  const auto end = now + stopping_time;
  status_.turn(now, workflow_run_status::stopping);
  status_.add(end, workflow_run_status::stopped);
  for (task& each : tasks_) {
    const auto* const current = each.status.at(now);
    if (current != nullptr && current->status.is_terminal()) continue;
    each.status.turn(now, current != nullptr ? current->status : task_instance_status{task_instance_status::none});
    each.status.add(end, task_instance_status::cancelled);
  }
}

void run::set_status(clock::time_point now, std::string_view to, std::string_view error_message) {
  waits_ = false;
  status_.turn(now, status_of<workflow_run_status>(to));
  if (!error_message.empty()) course_.error_message = error_message;
}

bool run::set_task_status(clock::time_point now, std::string_view task_id, std::string_view to,
                          std::string_view error_message) {
  const auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const task& each) { return each.id == task_id; });
  if (found == tasks_.end()) return false;
  found->status.turn(now, status_of<task_instance_status>(to));
  if (!error_message.empty()) found->error_message = error_message;
  return true;
}

workflow_run_status run::status(clock::time_point now) const {
  const auto* const current = status_.at(now);
  return current == nullptr ? workflow_run_status{workflow_run_status::starting} : current->status;
}

const run::task* run::find_task(std::string_view task_id) const {
  const auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const task& each) { return each.id == task_id; });
  return found == tasks_.end() ? nullptr : &*found;
}

/// What is told of a run's times.
struct run::moments {
  std::optional<clock::time_point> started;
  std::optional<clock::time_point> ended;
  clock::time_point modified;
};

run::moments run::moments_at(clock::time_point now) const {
  moments out;
  const auto* const current = status_.at(now);
  const auto* const began = status_.first(now, workflow_run_status::running);
  if (began != nullptr) out.started = began->at;
  out.modified = current != nullptr ? current->at : created_;
  if (current != nullptr && current->status.is_terminal()) out.ended = current->at;
  return out;
}

workflow_run_summary run::summary(clock::time_point now, const calendar& dates) const {
  const moments when = moments_at(now);
  workflow_run_summary out;
  out.run_id = kept(id);
  out.workflow_arn = workflow_arn_;
  out.workflow_version = kept(version);
  out.run_type = course_.scheduled ? workflow_run_type::scheduled : workflow_run_type::on_demand;
  workflow_run_detail_summary& detail = out.run_detail_summary.emplace();
  detail.status = status(now);
  detail.created_on = dates(created_);
  if (when.started) detail.started_at = dates(*when.started);
  if (when.ended) detail.ended_at = dates(*when.ended);
  return out;
}

workflow_run_detail run::detail(clock::time_point now, const calendar& dates) const {
  const moments when = moments_at(now);
  workflow_run_detail out;
  out.workflow_arn = workflow_arn_;
  out.workflow_version = kept(version);
  out.run_id = kept(id);
  out.run_type = course_.scheduled ? workflow_run_type::scheduled : workflow_run_type::on_demand;
  out.created_at = dates(created_);
  out.modified_at = dates(when.modified);
  if (when.started) out.started_on = dates(*when.started);
  if (when.ended) {
    out.completed_on = dates(*when.ended);
    out.duration = whole_seconds(when.started.value_or(*when.ended), *when.ended);
  }
  out.run_state = status(now);
  if (reports_error(out.run_state) && !course_.error_message.empty()) out.error_message = kept(course_.error_message);
  out.task_instances.emplace();
  for (const task& each : tasks_) out.task_instances->push_back(each.at_first.task_instance_id);
  return out;
}

task_instance run::task::summary(clock::time_point now) const {
  task_instance out = at_first;
  const auto* const current = status.at(now);
  if (current == nullptr) return out;
  out.status = current->status;
  if (!current->status.is_terminal()) return out;
  const auto* const ran = status.last(current->at, task_instance_status::running);
  if (duration)
    out.duration_in_seconds = duration;
  else if (ran != nullptr)
    out.duration_in_seconds = whole_seconds(ran->at, current->at);
  return out;
}

get_task_instance_response run::task::detail(clock::time_point now, const calendar& dates) const {
  const task_instance shown = summary(now);
  get_task_instance_response out;
  out.workflow_arn = shown.workflow_arn;
  out.run_id = shown.run_id;
  out.task_instance_id = shown.task_instance_id;
  out.workflow_version = shown.workflow_version;
  out.status = shown.status;
  out.duration_in_seconds = shown.duration_in_seconds;
  out.operator_name = shown.operator_name;
  out.task_id = shown.task_instance_id;
  const auto* const current = status.at(now);
  if (current == nullptr) return out;
  out.modified_at = dates(current->at);
  const auto* const started = status.first(now, task_instance_status::running);
  if (started != nullptr) out.started_at = dates(started->at);
  if (current->status.is_terminal()) {
    out.ended_at = dates(current->at);
    if (!xcom.empty()) out.xcom = xcom;
  }
  if (started != nullptr) {
    out.attempt_number = 1 + static_cast<std::int32_t>(status.count(now, task_instance_status::up_for_retry));
    out.log_stream = kept((shown.run_id.str() + "." + id).substr(0, static_cast<std::size_t>(protocol::id_string.max)));
  }
  if (reports_error(current->status) && !error_message.empty()) out.error_message = kept(error_message);
  return out;
}

}  // namespace mwaa_serverless::testing
