// Records of what is watched.
#include "watcher/watch_state.hpp"

#include <algorithm>
#include <cmath>

#include "strings/fnv1a.hpp"

namespace mwaa_serverless::watcher {

namespace {

constexpr double lightest = 1e-9;  // weights, so that no price is beyond what a number holds
constexpr double heaviest = 1e9;

// None is zero, which means that there is no time.
task_table::ticks ticks_of(double whole) {
  if (!(whole > 0)) return 0;
  return std::max<task_table::ticks>(static_cast<task_table::ticks>(static_cast<std::uint64_t>(whole)), 1);
}

}  // namespace

// Times.

double watch_state::at(moment now) {
  wall_offset_ = now.wall.time_since_epoch() - now.steady.time_since_epoch();
  last_ = seconds_at(now);
  return last_;
}

double watch_state::seconds_at(moment when) const noexcept {
  return std::chrono::duration<double>(when.steady - origin_).count();
}

time_point watch_state::point(double seconds) const noexcept {
  if (seconds >= forever) return time_point::max();
  const std::chrono::duration<double> room = std::chrono::duration<double>(time_point::max().time_since_epoch()) -
                                             std::chrono::duration<double>(origin_.time_since_epoch());
  if (seconds >= room.count() - 3600) return time_point::max() - std::chrono::hours{1};
  return origin_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

task_table::ticks watch_state::floor_ticks(double seconds) noexcept {
  return ticks_of(std::floor(seconds * task_table::ticks_a_second));
}

task_table::ticks watch_state::ceil_ticks(double seconds) noexcept {
  return ticks_of(std::ceil(seconds * task_table::ticks_a_second));
}

double watch_state::seconds_at(task_table::ticks value) const noexcept {
  if (value == 0) return 0;
  // They begin anew every 497 days: the last moment that it can have been. A ceiling may lie a little ahead.
  const std::uint64_t latest = static_cast<std::uint64_t>(last_ * task_table::ticks_a_second) + 100;
  return static_cast<double>(latest - static_cast<task_table::ticks>(latest - value)) / task_table::ticks_a_second;
}

watch_state::wall watch_state::wall_of(double seconds) const noexcept {
  const auto steady =
      origin_.time_since_epoch() + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  return wall{std::chrono::duration_cast<wall::duration>(steady + wall_offset_)};
}

// Records.

watch_state::watch_state(watch_rules rules, moment now)
    : rules_(rules), origin_(now.steady - std::chrono::seconds{1}) {  // so that no time is zero
  for (double* weight : {&rules_.finish_weight, &rules_.start_weight, &rules_.task_weight})
    *weight = std::min(*weight, heaviest);
  const double start = at(now);
  budgets_.emplace_back(rules_.requests_per_second, rules_.initial_requests_per_second, rules_.share, start);
  quota_codes_.emplace_back();
  set_bound(start);
}

slot watch_state::workflow_of(std::string_view arn) {
  const auto known = workflow_slots_.find(arn);
  if (known != workflow_slots_.end()) return known->second;
  const auto free =
      std::find_if(workflows_.begin(), workflows_.end(), [](const workflow_record& each) { return !each.used; });
  const auto which = static_cast<slot>(free - workflows_.begin());
  if (free == workflows_.end()) workflows_.emplace_back();
  workflows_[which] = workflow_record{};
  workflows_[which].arn = arn;
  workflows_[which].used = true;
  workflow_slots_.emplace(std::string{arn}, which);
  return which;
}

void watch_state::release_workflow(slot which) {
  workflow_record& workflow = workflows_[which];
  if (!workflow.runs.empty() || workflow.filter || workflow.sweep) return;
  workflow_slots_.erase(workflow.arn);
  workflow = workflow_record{};
}

slot watch_state::new_run(std::string id, slot workflow) {
  slot which = 0;
  if (free_runs_.empty()) {
    which = static_cast<slot>(runs_.size());
    runs_.emplace_back();
    if (free_runs_.capacity() < runs_.size()) free_runs_.reserve(2 * runs_.size());  // forget() needs no memory
  } else {
    which = free_runs_.back();
    free_runs_.pop_back();
    runs_[which] = run_record{};
  }
  run_record& run = runs_[which];
  workflows_[workflow].runs.emplace(id, which);
  run.id = std::move(id);
  run.workflow = workflow;
  ++watched_runs_;
  set_stage(which, phase::unseen);
  return which;
}

void watch_state::set_stage(slot which, phase stage) {
  run_record& run = runs_[which];
  workflow_record& workflow = workflows_[run.workflow];
  const auto count = [&](std::ptrdiff_t sign) {
    const auto add = [sign](std::size_t& value) {
      value = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(value) + sign);
    };
    if (unfinished(run)) {
      add(unfinished_);
      add(workflow.unfinished);
    }
    if (waiting(run)) {
      add(all_waiting_);
      add(workflow.waiting);
    }
  };
  count(-1);
  if (run.stage == phase::running && stage != phase::running) {
    model_.left(run.belief);
    queue_.drop(which);
    tasks_due(which, false);
  }
  if (run.stage == phase::waiting && run.created) waiting_.erase({*run.created, which});
  run.stage = stage;
  if (run.stage == phase::waiting && run.created) waiting_.emplace(*run.created, which);
  count(1);
}

void watch_state::forget(slot which) {
  run_record& run = runs_[which];
  if (run.in_flight) {
    run.removed = true;
    return;
  }
  const slot workflow = run.workflow;
  set_stage(which, phase::free);
  workflows_[workflow].runs.erase(run.id);
  if (run.dirty) std::erase(dirty_, which);
  run = run_record{};
  free_runs_.push_back(which);
  --watched_runs_;
  release_workflow(workflow);
}

// Additions and removals.

void watch_state::add(run_key key, double weight, moment now) {
  (void)at(now);
  const slot workflow = workflow_of(key.workflow_arn);
  const auto known = workflows_[workflow].runs.find(key.run_id);
  const bool fresh = known == workflows_[workflow].runs.end();
  const slot which = fresh ? new_run(std::move(key.run_id), workflow) : known->second;
  run_record& run = runs_[which];
  if (run.removed) {  // and added again before the look that was under way came back
    run.removed = false;
    run.added = 0;
    run.told = task_table::untold;
    run.not_before = 0;
    run.tasks.untell();
    run.state_setbacks.told = run.tasks_setbacks.told = false;
    mark(which);
  }
  ++run.added;
  run.weight = static_cast<float>(std::clamp(weight, lightest, heaviest));
  // Seen at once: by a listing if that shows others too.
  if (fresh && workflows_[workflow].swept > never && !workflows_[workflow].sweep)
    urgent_.push_back(urgent_look{look_kind::run, which, std::nullopt});
}

void watch_state::add_workflow(std::string workflow_arn, run_filter filter, moment now) {
  add_workflow(std::move(workflow_arn), std::move(filter), false, now);
}

void watch_state::add_workflow(std::string workflow_arn, run_filter filter, bool by_all, moment now) {
  (void)at(now);
  if (const auto out = left_out_.find(workflow_arn); out != left_out_.end()) left_out_.erase(out);
  workflow_record& workflow = workflows_[workflow_of(workflow_arn)];
  if (!workflow.filter) ++watched_workflows_;
  if (!filter.since) filter.since = now.wall;
  workflow.filter = std::move(filter);
  workflow.by_all = by_all;
  workflow.swept = never;
}

void watch_state::add_all(run_filter filter, moment now) {
  (void)at(now);
  if (!filter.since) filter.since = now.wall;
  for (auto& workflow : workflows_) {
    if (!workflow.used || !workflow.filter || !workflow.by_all) continue;
    workflow.filter = filter;
    workflow.swept = never;
  }
  all_filter_ = std::move(filter);
  all_asked_ = never;
  left_out_.clear();
}

bool watch_state::remove(const run_key& key) {
  const auto workflow = workflow_slots_.find(key.workflow_arn);
  if (workflow == workflow_slots_.end()) return false;
  const auto known = workflows_[workflow->second].runs.find(key.run_id);
  if (known == workflows_[workflow->second].runs.end() || runs_[known->second].removed) return false;
  run_record& run = runs_[known->second];
  if (run.added > 1) {
    --run.added;
    return true;
  }
  // A listing that finds it again does not bring it back.
  workflow_record& of = workflows_[workflow->second];
  if (of.filter) of.told.emplace(strings::fnv1a(run.id), run.created.value_or(wall{}));
  forget(known->second);
  return true;
}

bool watch_state::remove_workflow(std::string_view workflow_arn) {
  const auto known = workflow_slots_.find(workflow_arn);
  if (known == workflow_slots_.end() || !workflows_[known->second].filter) return false;
  if (all_filter_) left_out_.emplace(workflow_arn);
  workflow_record& workflow = workflows_[known->second];
  workflow.filter.reset();
  workflow.told.clear();
  --watched_workflows_;
  release_workflow(known->second);
  return true;
}

time_point watch_state::wakes_at() const noexcept {
  // Not a moment too early by a rounding: who wakes then would find nothing to do, forever.
  const time_point exact = point(wakes_at_);
  return exact == time_point::max() ? exact : exact + std::chrono::microseconds{1};
}

std::optional<watch_state> watch_state::restore(std::string_view bytes, watch_rules rules, moment now,
                                                std::string& why) {
  watch_state out{rules, now};
  if (!out.take(bytes, now, why)) return std::nullopt;
  return out;
}

}  // namespace mwaa_serverless::watcher
