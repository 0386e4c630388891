// Reads a scenario file: docs/emulator.md describes it to its writers.
#include <algorithm>
#include <array>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <initializer_list>
#include <mwaa_serverless/error.hpp>
#include <set>
#include <utility>

#include "testing/messages.hpp"
#include "testing/name_rules.hpp"
#include "testing/world.hpp"

namespace mwaa_serverless::testing {

namespace json = boost::json;

namespace {

// Years: far enough for any run, and safe in nanoseconds.
constexpr double max_seconds = 1e9;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw exception(error{errc::invalid_configuration, "scenario: " + (path.empty() ? "" : path + ": ") + why});
}

std::string text_of(json::string_view text) {
  return {text.data(), text.size()};
}

/// One JSON object of the file and the way to it.
class section {
 public:
  section(const json::value& value, std::string path, std::initializer_list<std::string_view> known)
      : path_(std::move(path)) {
    object_ = value.if_object();
    if (object_ == nullptr) refuse(path_, "must be an object");
    for (const auto& member : *object_) {
      const std::string name = text_of(member.key());
      if (std::find(known.begin(), known.end(), name) == known.end()) refuse(at(name), "is not a known member");
    }
  }

  [[nodiscard]] std::string at(std::string_view member) const {
    return path_.empty() ? std::string{member} : path_ + "." + std::string{member};
  }
  [[nodiscard]] std::string string(const char* member) const {
    const json::value* value = object_->if_contains(member);
    if (value == nullptr) refuse(at(member), "is missing");
    if (!value->is_string()) refuse(at(member), "must be a string");
    return text_of(value->get_string());
  }
  [[nodiscard]] std::string string_or(const char* member, std::string_view otherwise) const {
    return object_->contains(member) ? string(member) : std::string{otherwise};
  }
  /// Empty when the member is absent.
  [[nodiscard]] const json::array& array(const char* member) const {
    static const json::array none;
    const json::value* value = object_->if_contains(member);
    if (value == nullptr) return none;
    if (!value->is_array()) refuse(at(member), "must be an array");
    return value->get_array();
  }
  [[nodiscard]] std::optional<double> seconds(const char* member) const {
    const json::value* value = object_->if_contains(member);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) refuse(at(member), "must be a number of seconds");
    const double number = value->to_number<double>();
    if (!(number >= 0 && number <= max_seconds)) refuse(at(member), "must be from 0 to 1000000000 seconds");
    return number;
  }
  [[nodiscard]] bool contains(const char* member) const { return object_->contains(member); }
  [[nodiscard]] std::string element(const char* member, std::size_t index) const {
    return at(member) + "[" + std::to_string(index) + "]";
  }

 private:
  const json::object* object_ = nullptr;
  std::string path_;
};

std::string checked_status(const section& of) {
  std::string status = of.string("status");
  if (!is_task_status(status)) refuse(of.at("status"), quoted(status) + " is not a status of a task instance");
  return status;
}

emulated_task read_task(const json::value& value, const std::string& path) {
  const section task{value, path, {"id", "operator", "status", "timeline", "duration"}};
  const std::string id = task.string("id");
  if (id.size() > max_id_length || !is_id(id))
    refuse(task.at("id"), "must be 1 to 255 letters, digits, '.', '-' and '_', the first a letter or digit");
  std::vector<status_change> timeline;
  if (task.contains("status") == task.contains("timeline")) refuse(path, "must have either status or timeline");
  if (task.contains("status")) {
    timeline.emplace_back(std::chrono::milliseconds{0}, checked_status(task));
  } else {
    const json::array& changes = task.array("timeline");
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const section change{changes[i], task.element("timeline", i), {"after", "status"}};
      const auto after = change.seconds("after");
      if (!after) refuse(change.at("after"), "is missing");
      const std::chrono::milliseconds moment{std::llround(*after * 1000)};
      if (!timeline.empty() && moment < timeline.back().after)
        refuse(change.at("after"), "is earlier than the change before it");
      timeline.emplace_back(moment, checked_status(change));
    }
  }
  emulated_task out{id, std::move(timeline)};
  out.operator_name = task.string_or("operator", out.operator_name);
  if (out.operator_name.empty() || out.operator_name.size() > 255)
    refuse(task.at("operator"), "must be 1 to 255 characters");
  if (const auto duration = task.seconds("duration")) out.duration = std::chrono::seconds{std::llround(*duration)};
  return out;
}

void read_run(world& to, const json::value& value, const std::string& path, const std::string& workflow_arn,
              const std::string& version, std::set<std::string>& run_ids, clock::time_point start) {
  const section run{value, path, {"id", "tasks"}};
  const std::string id = run.string("id");
  if (id.size() > max_id_length || !is_id(id))
    refuse(run.at("id"), "must be 1 to 255 letters, digits, '.', '-' and '_', the first a letter or digit");
  if (!run_ids.insert(id).second) refuse(run.at("id"), quoted(id) + " is there twice");
  std::vector<emulated_task> tasks;
  std::set<std::string> task_ids;
  const json::array& elements = run.array("tasks");
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string task_path = run.element("tasks", i);
    tasks.push_back(read_task(elements[i], task_path));
    if (!task_ids.insert(tasks.back().id).second)
      refuse(task_path + ".id", quoted(tasks.back().id) + " is there twice");
  }
  to.add_run(workflow_arn, version, id, tasks, start);
}

}  // namespace

void add_scenario(world& to, std::string_view text, clock::time_point start) {
  json::error_code failure;
  json::stream_parser parser;
  const std::size_t used = parser.write_some(text.data(), text.size(), failure);
  if (!failure && used < text.size()) {
    const auto rest = text.find_first_not_of(" \t\r\n", used);
    if (rest != std::string_view::npos) refuse("", "more text after the JSON value, at byte " + std::to_string(rest));
  }
  if (!failure && !parser.done()) parser.finish(failure);
  if (failure) refuse("", "not JSON, at byte " + std::to_string(used) + ": " + failure.message());
  const json::value root = parser.release();

  const section file{root, "", {"workflows"}};
  if (!file.contains("workflows")) refuse("workflows", "is missing");
  const json::array& workflows = file.array("workflows");
  std::set<std::string> arns;
  for (std::size_t i = 0; i < workflows.size(); ++i) {
    const section workflow{workflows[i], file.element("workflows", i), {"arn", "version", "runs"}};
    const std::string arn = workflow.string("arn");
    if (arn.size() > max_arn_length || !is_workflow_arn(arn))
      refuse(workflow.at("arn"),
             quoted(arn) + " is not an ARN of a workflow, such as " + emulator::default_workflow_arn);
    if (!arns.insert(arn).second) refuse(workflow.at("arn"), quoted(arn) + " is there twice");
    const std::string version = workflow.string_or("version", default_version);
    if (version.empty() || version.size() > 2048) refuse(workflow.at("version"), "must be 1 to 2048 characters");
    to.add_workflow(arn, version);
    const json::array& runs = workflow.array("runs");
    std::set<std::string> run_ids;
    for (std::size_t k = 0; k < runs.size(); ++k)
      read_run(to, runs[k], workflow.element("runs", k), arn, version, run_ids, start);
  }
}

}  // namespace mwaa_serverless::testing
