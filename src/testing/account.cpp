#include "testing/account.hpp"

#include <algorithm>
#include <mwaa_serverless/error.hpp>
#include <set>
#include <utility>

#include "protocol/model/rules.hpp"
#include "testing/messages.hpp"
#include "testing/pattern.hpp"

namespace mwaa_serverless::testing {

namespace {

constexpr std::size_t version_size = 32;
constexpr std::size_t arn_suffix_size = 10;
constexpr std::size_t run_id_size = 20;

/// `etl` of `arn:...:workflow/etl-0123456789`.
std::string_view name_in(std::string_view arn) {
  const std::string_view resource = arn.substr(arn.rfind('/') + 1);
  return resource.substr(0, resource.rfind('-'));
}

/// What a version is told to have that no client made.
get_workflow_response unmade(const account& in, std::string_view name) {
  get_workflow_response out;
  out.definition_s3_location.emplace("emulated-definitions", std::string{name} + ".yaml");
  out.role_arn = text{"arn:aws:iam::" + in.number() + ":role/emulated"};
  out.encryption_configuration.emplace(workflow_encryption_type{workflow_encryption_type::aws_managed_key});
  out.engine_version = 1;
  return out;
}

}  // namespace

std::string arn_prefix(std::string_view region, std::string_view account_number) {
  const char* const partition = region.starts_with("cn-")       ? "aws-cn"
                                : region.starts_with("us-gov-") ? "aws-us-gov"
                                                                : "aws";
  std::string out = std::string{"arn:"} + partition + ":airflow-serverless:";
  return out.append(region).append(":").append(account_number).append(":workflow/");
}

workflow_version& workflow::latest() const {
  const auto found = std::find_if(versions.rbegin(), versions.rend(), [](const auto& each) { return !each->gone_at; });
  return found == versions.rend() ? *versions.back() : **found;
}

workflow_version* workflow::find_version(std::string_view version_id) const {
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const auto& each) { return each->id == version_id; });
  return found == versions.end() ? nullptr : found->get();
}

std::shared_ptr<run> workflow::find_run(std::string_view run_id) const {
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const auto& each) { return each->id == run_id; });
  return found == runs.end() ? nullptr : *found;
}

account::account(const emulator_options& options, clock::time_point now, clock::wall_time_point wall)
    : dates(now, wall),
      region_(options.region),
      number_(options.account),
      quotas_(options.quotas),
      stopping_time_(options.stopping_time),
      deletion_time_(options.deletion_time),
      random_(options.seed) {}

std::string account::random_id(std::size_t size) {
  constexpr std::string_view characters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string out;
  while (out.size() < size) out += characters[random_() % characters.size()];
  return out;
}

void account::settle(clock::time_point now) {
  if (!waiting_.empty()) admit(now);
  const auto is_gone = [&](const auto& each) { return each->gone_at && *each->gone_at <= now; };
  std::erase_if(workflows_, [&](const auto& entry) { return is_gone(entry.second); });
  for (const auto& [arn, each] : workflows_) {
    std::set<std::string_view> gone;
    for (const auto& version : each->versions)
      if (is_gone(version)) gone.insert(version->id);
    if (gone.empty()) continue;
    std::erase_if(each->runs, [&](const auto& one) { return gone.contains(one->version); });
    std::erase_if(each->versions, is_gone);
  }
  std::erase_if(active_, [&](const counted& each) { return each.which->end() && *each.which->end() <= now; });
}

std::size_t account::running(clock::time_point at, std::string_view arn) const {
  return static_cast<std::size_t>(std::count_if(active_.begin(), active_.end(), [&](const counted& each) {
    return (arn.empty() || each.arn == arn) && !(each.which->end() && *each.which->end() <= at);
  }));
}

account::room account::room_for_run(std::string_view arn, clock::time_point at) const {
  if (running(at, {}) >= quotas_.concurrent_runs) return room::account_full;
  if (running(at, arn) >= quotas_.concurrent_runs_per_workflow) return room::workflow_full;
  return room::free;
}

// Runs that waited begin when another one ended, though nobody looked then.
void account::admit(clock::time_point now) {
  std::set<clock::time_point> moments{now};
  const auto add_end = [&](const run& of, clock::time_point not_before) {
    if (of.end() && *of.end() <= now) moments.insert(std::max(*of.end(), not_before));
  };
  for (const counted& each : active_) add_end(*each.which, waiting_.front().which->created());
  for (const clock::time_point moment : moments) {  // which grow, later than `moment`
    std::erase_if(waiting_, [&](const counted& each) {
      if (!each.which->waits()) return true;  // stopped meanwhile
      if (each.which->created() > moment) return false;
      if (room_for_run(each.arn, moment) != room::free) return false;
      each.which->begin(moment);
      add_end(*each.which, moment);
      active_.push_back(each);
      return true;
    });
  }
}

std::vector<const workflow*> account::workflows() const {
  std::vector<const workflow*> out;
  for (const auto& [arn, each] : workflows_) out.push_back(each.get());
  std::sort(out.begin(), out.end(), [](const workflow* a, const workflow* b) { return a->sequence < b->sequence; });
  return out;
}

workflow* account::find_workflow(std::string_view arn) const {
  const auto found = workflows_.find(arn);
  return found == workflows_.end() ? nullptr : found->second.get();
}

bool account::has_workflow_named(std::string_view name) const {
  return std::any_of(workflows_.begin(), workflows_.end(),
                     [&](const auto& entry) { return entry.second->name == name; });
}

workflow& account::add_workflow(std::string_view name, std::string_view arn, clock::time_point now) {
  auto made = std::make_unique<workflow>();
  made->sequence = ++last_sequence_;
  made->id = arn;
  if (arn.empty()) made->id = arn_prefix(region_, number_).append(name).append("-").append(random_id(arn_suffix_size));
  made->name = name;
  made->created = now;
  workflow& out = *made;
  workflows_.insert_or_assign(out.id, std::move(made));
  return out;
}

workflow_version& account::add_version(workflow& to, std::string_view id, get_workflow_response content,
                                       clock::time_point now) {
  auto made = std::make_unique<workflow_version>();
  made->sequence = ++last_sequence_;
  made->id = id.empty() ? random_id(version_size) : std::string{id};
  made->created = now;
  content.workflow_arn = text{quotable(to.id)};
  content.workflow_version = text{quotable(made->id)};
  content.name = text{quotable(to.name)};
  content.created_at = dates(to.created);
  content.modified_at = dates(now);
  if (content.code) content.code_snapshotted_at = dates(now);
  made->content = std::move(content);
  return *to.versions.emplace_back(std::move(made));
}

void account::delete_workflow(workflow& which, clock::time_point now) {
  if (which.deleting()) return;
  which.gone_at = now + deletion_time_;
  for (const auto& each : which.runs) stop_run(*each, now);
}

void account::delete_version(workflow& of, workflow_version& which, clock::time_point now) {
  if (which.gone_at) return;
  which.gone_at = now + deletion_time_;
  for (const auto& each : of.runs)
    if (each->version == which.id) stop_run(*each, now);
  if (std::all_of(of.versions.begin(), of.versions.end(), [](const auto& each) { return each->gone_at.has_value(); }))
    delete_workflow(of, now);
}

run& account::start_run(workflow& of, std::string_view version, json_text override_parameters, clock::time_point now) {
  const bool begins = room_for_run(of.id, now) == room::free;
  const auto made = std::make_shared<run>(of.id, version, random_id(run_id_size), of.started_runs, now);
  made->sequence = ++last_sequence_;
  made->override_parameters = std::move(override_parameters);
  of.runs.push_back(made);
  if (begins)
    made->begin(now);
  else
    made->queue();
  (begins ? active_ : waiting_).push_back({of.id, made});
  return *made;
}

workflow& account::set_workflow(const emulated_workflow& to, clock::time_point now) {
  if (!follows(protocol::workflow_arn, to.arn)) refuse_argument("not an ARN of a workflow: " + to.arn);
  for (const std::string& version : to.versions)
    if (!follows(protocol::version_id, version)) refuse_argument("not a version of a workflow: " + version);
  if (to.started_runs) check_course(*to.started_runs);
  workflow* const known = find_workflow(to.arn);
  workflow& which = known != nullptr ? *known : add_workflow(name_in(to.arn), to.arn, now);
  const auto add = [&](std::string_view version) {
    if (which.find_version(version) != nullptr) return;
    add_version(which, version, which.versions.empty() ? unmade(*this, which.name) : which.latest().content, now);
  };
  for (const std::string& version : to.versions) add(version);
  if (which.versions.empty()) add(default_version);
  get_workflow_response& content = which.latest().content;
  if (to.description) content.description = text{quotable(*to.description)};
  if (to.trigger_mode) content.trigger_mode = text{quotable(*to.trigger_mode)};
  if (to.definition) content.workflow_definition = text{quotable(*to.definition)};
  if (to.schedule) which.schedule = to.schedule->empty() ? std::nullopt : std::optional{quotable(*to.schedule)};
  if (to.tags) which.tags = *to.tags;
  if (to.started_runs) which.started_runs = *to.started_runs;
  return which;
}

void account::add_run(std::string_view arn, std::string_view run_id, const emulated_run& course,
                      clock::time_point now) {
  if (!follows(protocol::workflow_arn, arn)) refuse_argument("not an ARN of a workflow: " + std::string{arn});
  if (!follows(protocol::id_string, run_id)) refuse_argument("not an id of a run: " + std::string{run_id});
  check_course(course);
  workflow* const known = find_workflow(arn);
  if (!course.version.empty() && (known == nullptr || known->find_version(course.version) == nullptr))
    refuse_argument("workflow " + std::string{arn} + " has no version " + course.version);
  workflow& owner = known != nullptr ? *known : set_workflow(emulated_workflow{std::string{arn}}, now);
  const std::string version = course.version.empty() ? owner.latest().id : course.version;
  const auto made = std::make_shared<run>(arn, version, run_id, course, now);
  made->sequence = ++last_sequence_;
  made->begin(now);
  if (const auto replaced = owner.find_run(run_id)) {
    std::erase_if(active_, [&](const counted& each) { return each.which == replaced; });
    std::erase_if(waiting_, [&](const counted& each) { return each.which == replaced; });
    std::erase(owner.runs, replaced);
  }
  owner.runs.push_back(made);
  active_.push_back({owner.id, made});
}

run& account::wanted_run(std::string_view arn, std::string_view run_id) const {
  const workflow* const owner = find_workflow(arn);
  const auto found = owner == nullptr ? nullptr : owner->find_run(run_id);
  if (found == nullptr) refuse_argument("there is no run " + std::string{run_id} + " of workflow " + std::string{arn});
  return *found;
}

void account::advance_run(std::string_view arn, std::string_view run_id, std::chrono::milliseconds by) {
  wanted_run(arn, run_id).advance(by);
}

void account::set_run_status(std::string_view arn, std::string_view run_id, std::string_view status,
                             std::string_view error_message, clock::time_point now) {
  run& which = wanted_run(arn, run_id);
  which.set_status(now, status, error_message);
  // One that was complete, or waited, may run now.
  const auto same = [&](const counted& each) { return each.which.get() == &which; };
  std::erase_if(waiting_, same);
  if (std::none_of(active_.begin(), active_.end(), same))
    active_.push_back({std::string{arn}, find_workflow(arn)->find_run(run_id)});
}

void account::set_task_status(std::string_view arn, std::string_view run_id, std::string_view task_id,
                              std::string_view status, std::string_view error_message, clock::time_point now) {
  if (!wanted_run(arn, run_id).set_task_status(now, task_id, status, error_message))
    refuse_argument("run " + std::string{run_id} + " has no task " + std::string{task_id});
}

}  // namespace mwaa_serverless::testing
