// What looks bring, and what is told of it.
#include "watcher/watch_state.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "watcher/watch_implementation.hpp"

namespace mwaa_serverless::watcher {

namespace {

constexpr double newly_running = 30;  // seconds before the first sight, at most, in which its tasks may have moved
constexpr double just_begun = 3;
constexpr double overdue_end = 30;       // seconds after which tasks that were over are looked at again
constexpr unsigned steps_of_a_task = 3;  // to be queued, to run, to end
constexpr std::uint8_t most_restarts = 4;
constexpr double first_refusal = 60;  // seconds until the next look at what was refused for good
constexpr double longest_refusal = 600;
constexpr double first_absence = 1;  // the same of tasks that are not found, of a run that is
constexpr double longest_outage_wait = 10;
constexpr std::size_t most_told = 10'000;  // finished runs of a workflow that are remembered
constexpr double ticks_a_second = 100;
constexpr double lightest = 1e-9;  // weights, so that no price is beyond what a number holds
constexpr double heaviest = 1e9;

// How far a task has come.
unsigned steps_done(const task_instance_status& status) {
  switch (status) {
    case task_instance_status::none:
    case task_instance_status::scheduled:
    case task_instance_status::up_for_retry:
    case task_instance_status::up_for_reschedule:
      return 0;
    case task_instance_status::queued:
    case task_instance_status::deferred:
    case task_instance_status::restarting:
      return 1;
    case task_instance_status::running:
      return 2;
    default:
      return status.is_terminal() ? steps_of_a_task : 2;
  }
}

// Of the page after this one. A token that leads back to its own page is the end of a listing that would have none.
std::optional<std::string> token_of(const text& token, const look& what) {
  if (token.empty() || token.view() == what.next_token) return std::nullopt;
  return token.str();
}

// None is zero, which means that there is no time.
task_table::ticks ticks_of(double whole) {
  if (!(whole > 0)) return 0;
  return std::max<task_table::ticks>(static_cast<task_table::ticks>(static_cast<std::uint64_t>(whole)), 1);
}

double wait_after(unsigned failures) {
  return std::min(0.1 * std::exp2(std::min(failures, 10U)), longest_outage_wait);
}
double longer(double refused_for, double first) {
  return refused_for == 0 ? first : std::min(refused_for * 2, longest_refusal);
}

}  // namespace

// Times.

double watch_state::implementation::at(moment now) {
  wall_offset_ = now.wall.time_since_epoch() - now.steady.time_since_epoch();
  last_ = std::chrono::duration<double>(now.steady - origin_).count();
  return last_;
}

time_point watch_state::implementation::point(double seconds) const noexcept {
  if (seconds >= forever) return time_point::max();
  const std::chrono::duration<double> room = std::chrono::duration<double>(time_point::max().time_since_epoch()) -
                                             std::chrono::duration<double>(origin_.time_since_epoch());
  if (seconds >= room.count() - 3600) return time_point::max() - std::chrono::hours{1};
  return origin_ + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

task_table::ticks watch_state::implementation::floor_ticks(double seconds) noexcept {
  return ticks_of(std::floor(seconds * ticks_a_second));
}

task_table::ticks watch_state::implementation::ceil_ticks(double seconds) noexcept {
  return ticks_of(std::ceil(seconds * ticks_a_second));
}

double watch_state::implementation::seconds_at(task_table::ticks value) const noexcept {
  if (value == 0) return 0;
  // They begin anew every 497 days: the last moment that it can have been. A ceiling may lie a little ahead.
  const std::uint64_t latest = static_cast<std::uint64_t>(last_ * ticks_a_second) + 100;
  return static_cast<double>(latest - static_cast<task_table::ticks>(latest - value)) / ticks_a_second;
}

watch_state::implementation::wall watch_state::implementation::wall_of(double seconds) const noexcept {
  const auto steady =
      origin_.time_since_epoch() + std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  return wall{std::chrono::duration_cast<wall::duration>(steady + wall_offset_)};
}

// Records.

std::uint64_t watch_state::implementation::hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

watch_state::implementation::implementation(watch_rules rules, moment now)
    : rules_(rules), origin_(now.steady - std::chrono::seconds{1}) {  // so that no time is zero
  for (double* weight : {&rules_.finish_weight, &rules_.start_weight, &rules_.task_weight})
    *weight = std::min(*weight, heaviest);
  const double start = at(now);
  budgets_.emplace_back(rules_.requests_per_second, rules_.initial_requests_per_second, rules_.share, start);
  quota_codes_.emplace_back();
  set_bound(start);
}

slot watch_state::implementation::workflow_of(std::string_view arn) {
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

void watch_state::implementation::release_workflow(slot which) {
  workflow_record& workflow = workflows_[which];
  if (!workflow.runs.empty() || workflow.filter || workflow.sweep) return;
  workflow_slots_.erase(workflow.arn);
  workflow = workflow_record{};
}

slot watch_state::implementation::new_run(std::string id, slot workflow) {
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

void watch_state::implementation::set_stage(slot which, phase stage) {
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

void watch_state::implementation::forget(slot which) {
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

void watch_state::implementation::add(run_key key, double weight, moment now) {
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

void watch_state::implementation::add_workflow(std::string workflow_arn, run_filter filter, bool by_all, moment now) {
  (void)at(now);
  if (const auto out = left_out_.find(workflow_arn); out != left_out_.end()) left_out_.erase(out);
  workflow_record& workflow = workflows_[workflow_of(workflow_arn)];
  if (!workflow.filter) ++watched_workflows_;
  if (!filter.since) filter.since = now.wall;
  workflow.filter = std::move(filter);
  workflow.by_all = by_all;
  workflow.swept = never;
}

void watch_state::implementation::add_all(run_filter filter, moment now) {
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

bool watch_state::implementation::remove(const run_key& key) {
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
  if (of.filter) of.told.emplace(hash_of(run.id), run.created.value_or(wall{}));
  forget(known->second);
  return true;
}

bool watch_state::implementation::remove_workflow(std::string_view workflow_arn) {
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

// What was seen.

std::optional<watch_state::implementation::pending_look> watch_state::implementation::take_pending(const look& what) {
  const auto known = pending_.find(what.number);
  if (known == pending_.end()) return std::nullopt;
  const pending_look out = known->second;
  pending_.erase(known);
  if (out.kind == look_kind::tasks || out.kind == look_kind::run) {
    run_record& run = runs_[out.subject];
    run.in_flight = false;
    if (run.removed) {
      forget(out.subject);
      return std::nullopt;
    }
  }
  return out;
}

void watch_state::implementation::mark(slot which) {
  if (runs_[which].dirty) return;
  runs_[which].dirty = true;
  dirty_.push_back(which);
}

void watch_state::implementation::succeeded(slot which, bool of_tasks) {
  run_record& run = runs_[which];
  (of_tasks ? run.tasks_setbacks : run.state_setbacks) = setbacks{};
  if (run.failure_of_tasks == of_tasks) run.failure.reset();
}

setbacks& watch_state::implementation::setbacks_of(const pending_look& pending) {
  switch (pending.kind) {
    case look_kind::tasks:
      return runs_[pending.subject].tasks_setbacks;
    case look_kind::run:
      return runs_[pending.subject].state_setbacks;
    case look_kind::runs:
      return workflows_[pending.subject].trouble;
    case look_kind::workflows:
      break;
  }
  return all_trouble_;
}

void watch_state::implementation::tasks_due(slot which, bool due) {
  run_record& run = runs_[which];
  run.tasks_over = due;
  if (run.in_due == due) return;
  run.in_due = due;
  if (due)
    due_.push_back(which);
  else
    std::erase(due_, which);
}

unsigned watch_state::implementation::steps_left(const run_record& run) const {
  unsigned left = 0;
  for (const auto& row : run.tasks.rows()) {
    const unsigned done = steps_done(task_codes_.status(row.seen_status));
    left += steps_of_a_task - std::min(done, steps_of_a_task);
  }
  // The listing may lack tasks that the scheduler has not looked at yet: as many as the workflow had last time.
  const std::uint32_t expected = workflows_[run.workflow].tasks;
  if (expected > run.tasks.size())
    left += steps_of_a_task * static_cast<unsigned>(expected - static_cast<std::uint32_t>(run.tasks.size()));
  return left;
}

void watch_state::implementation::begin(slot which, double moved_since) {
  run_record& run = runs_[which];
  set_stage(which, phase::running);
  run.belief = model_.newborn();
  model_.joined(run.belief);
  run.tasks_asked = moved_since;
  if (!run.in_flight) expect(which);
}

void watch_state::implementation::end(slot which, double now) {
  run_record& run = runs_[which];
  workflow_record& workflow = workflows_[run.workflow];
  if (run.tasks_over) {
    // Between the last look that did not show it and this one.
    const double last = std::max(run.over_since, std::min(run.run_asked, now));
    const double took = std::clamp((last + now) / 2 - run.over_since, 0.2, 60.0);
    workflow.end_delay = 0.8 * workflow.end_delay + 0.2 * took;
  }
  if (run.stage == phase::running) {
    if (room_.size() == 1000) room_.pop_front();
    room_.push_back(now);
  }
  set_stage(which, phase::ended);
  // Once more, even if all had ended: somebody may have started one of them again.
  if (!run.in_flight) urgent_.push_back(urgent_look{look_kind::tasks, which, std::nullopt});
}

void watch_state::implementation::restored(slot which, double now) {
  const run_record& run = runs_[which];
  if (run.told == told_without_status) return;  // the next look shows how it ended
  const workflow_run_status status = run_codes_.status(run.status);
  if (status == workflow_run_status::starting || status == workflow_run_status::queued)
    set_stage(which, phase::waiting);
  else if (!status.is_terminal())
    begin(which, run.tasks_known > never ? run.tasks_known : now - newly_running);
}

void watch_state::implementation::apply(slot which, const run_sight& sight, double asked, double now) {
  run_record& run = runs_[which];
  if (!unfinished(run) || asked < run.state_asked || !sight.status.present()) return;
  const double before = run.state_asked;
  run.state_asked = asked;
  if (sight.created && run.created != sight.created) {
    if (run.stage == phase::waiting && run.created) waiting_.erase({*run.created, which});
    run.created = sight.created;
    if (run.stage == phase::waiting) waiting_.emplace(*run.created, which);
  }
  if (sight.started) run.started_at = sight.started;
  if (sight.ended) run.ended_at = sight.ended;
  const std::uint8_t code = run_codes_.of(sight.status);
  if (run.stage == phase::unseen || code != run.status) {
    const bool nothing_untold = run.told == run.status;
    if (run.stage == phase::unseen || nothing_untold) run.not_before = floor_ticks(before);
    run.status = code;
    run.seen = ceil_ticks(now);
    mark(which);
  }
  const phase was = run.stage;
  if (sight.status.is_terminal()) {
    if (was == phase::waiting) ++starts_;
    end(which, now);
  } else if (sight.status == workflow_run_status::starting || sight.status == workflow_run_status::queued) {
    if (was == phase::unseen) set_stage(which, phase::waiting);
  } else if (was != phase::running) {
    if (was == phase::waiting) {
      ++starts_;
      if (!room_.empty()) room_.pop_front();
    }
    begin(which, std::max(before, now - newly_running));
  }
}

bool watch_state::implementation::wanted(const workflow_record& workflow, const workflow_run_summary& run,
                                         const run_sight& sight) const {
  if (!workflow.filter) return false;
  const run_filter& filter = *workflow.filter;
  if (filter.workflow_version && run.workflow_version != *filter.workflow_version) return false;
  if (filter.run_type && !(run.run_type == *filter.run_type)) return false;
  if (workflow.told.contains(hash_of(run.run_id))) return false;
  return !sight.status.is_terminal() || (sight.created && *sight.created >= *filter.since);
}

bool watch_state::implementation::may_stop(const workflow_record& workflow) const {
  const sweep_record& sweep = *workflow.sweep;
  if (sweep.shown < workflow.unfinished) return false;
  if (!workflow.filter) return true;
  return !sweep.whole && sweep.newest_first && workflow.ordered > 0 && sweep.known_run;
}

void watch_state::implementation::saw(const look& what, moment moment_asked, moment moment_now,
                                      const list_workflow_runs_response& page) {
  const double now = at(moment_now);
  const double asked = std::chrono::duration<double>(moment_asked.steady - origin_).count();
  const auto pending = take_pending(what);
  if (!pending) return;
  budgets_[pending->budget].accepted(now);
  failures_ = 0;
  const slot subject = pending->subject;
  if (!workflows_[subject].sweep) return;
  if (pending->first_page) {
    sweep_record fresh;
    fresh.asked = asked;
    fresh.whole = workflows_[subject].sweep->whole;
    fresh.restarts = workflows_[subject].sweep->restarts;
    workflows_[subject].sweep = fresh;
  }
  workflow_record& workflow = workflows_[subject];
  workflow.trouble = setbacks{};
  sweep_record& sweep = *workflow.sweep;
  ++sweep.pages;
  for (const auto& summary : page.workflow_runs) {
    if (summary.run_id.empty()) continue;
    run_sight sight;
    if (summary.run_detail_summary) {
      sight.status = summary.run_detail_summary->status;
      sight.created = summary.run_detail_summary->created_on;
      sight.started = summary.run_detail_summary->started_at;
      sight.ended = summary.run_detail_summary->ended_at;
    }
    if (sight.created) {
      if (sweep.last_created && *sight.created > *sweep.last_created) sweep.newest_first = false;
      if (sweep.last_created && *sight.created < *sweep.last_created) sweep.oldest_first = false;
      sweep.last_created = sight.created;
    } else {
      sweep.newest_first = false;
    }
    auto known = workflow.runs.find(summary.run_id.view());
    if (known == workflow.runs.end()) {
      if (!wanted(workflow, summary, sight)) {
        sweep.known_run = true;
        continue;
      }
      workflow.found += workflow.swept > never ? 1 : 0;
      const slot found = new_run(summary.run_id.str(), subject);
      known = workflow.runs.find(summary.run_id.view());
      runs_[found].state_asked = workflow.swept;  // it was not there then
    } else if (runs_[known->second].stage != phase::unseen) {
      sweep.known_run = true;
    }
    run_record& run = runs_[known->second];
    if (run.sweep != workflow.sweeps + 1U) {
      run.sweep = workflow.sweeps + 1U;
      if (unfinished(run)) ++sweep.shown;
    }
    const bool was_unfinished = unfinished(run);
    apply(known->second, sight, asked, now);
    if (was_unfinished && !unfinished(run)) --sweep.shown;
  }
  std::optional<std::string> next = token_of(page.next_token, what);
  if (next && !may_stop(workflow)) {
    urgent_.push_front(urgent_look{look_kind::runs, subject, std::move(next)});
    return;
  }
  sweep_ended(subject, page.next_token.empty());
}

void watch_state::implementation::sweep_ended(slot subject, bool whole) {
  workflow_record& workflow = workflows_[subject];
  const sweep_record sweep = *workflow.sweep;
  workflow.sweep.reset();
  if (!sweep.newest_first)
    workflow.ordered = 0;
  else if (!sweep.oldest_first)
    ++workflow.ordered;
  workflow.pages = sweep.pages;
  workflow.swept = sweep.asked;
  if (whole) {
    // What a whole listing lacks is asked for before it is called lost.
    for (const auto& [id, which] : workflow.runs) {
      const run_record& run = runs_[which];
      if (unfinished(run) && run.sweep != workflow.sweeps + 1U && run.state_asked < sweep.asked && !run.in_flight)
        urgent_.push_back(urgent_look{look_kind::run, which, std::nullopt});
    }
  }
  ++workflow.sweeps;
  if (workflow.told.size() > most_told && workflow.filter) {
    // Those made longest ago go, with all that are older.
    std::vector<wall> times;
    for (const auto& [hash, created] : workflow.told) times.push_back(created);
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    const wall middle = times[times.size() / 2];
    workflow.filter->since = std::max(*workflow.filter->since, middle);
    std::erase_if(workflow.told, [&](const auto& each) { return each.second < middle; });
  }
  release_workflow(subject);
}

void watch_state::implementation::sweep_failed(slot subject, double now) {
  workflow_record& workflow = workflows_[subject];
  workflow.sweep.reset();
  ++workflow.sweeps;
  if (workflow.swept == never) workflow.trouble.resume_at = std::max(workflow.trouble.resume_at, now + 1);
  release_workflow(subject);
}

void watch_state::implementation::saw(const look& what, moment moment_asked, moment moment_now,
                                      const get_workflow_run_response& answer) {
  const double now = at(moment_now);
  const double asked = std::chrono::duration<double>(moment_asked.steady - origin_).count();
  const auto pending = take_pending(what);
  if (!pending) return;
  budgets_[pending->budget].accepted(now);
  failures_ = 0;
  const slot which = pending->subject;
  run_record& run = runs_[which];
  succeeded(which, false);
  run_sight sight;
  if (answer.run_detail) {
    sight.status = answer.run_detail->run_state;
    sight.created = answer.run_detail->created_at;
    sight.started = answer.run_detail->started_on;
    sight.ended = answer.run_detail->completed_on;
  }
  const phase before = run.stage;
  apply(which, sight, asked, now);
  run.run_asked = asked;
  if (before == phase::waiting && !room_.empty() && !waiting_.empty()) {
    if (run.stage != phase::waiting) {
      ++room_hits_;
      if (run.stage == phase::running) run.tasks_asked = std::max(run.tasks_asked, now - just_begun);
    } else if (waiting_.begin()->second == which) {
      room_misses_ += 0.3;
      if (now - room_.front() > 8) room_.pop_front();
    }
  }
  if (run.stage == phase::running) {
    if (!run.tasks_over)
      expect(which);
    else if (now - run.tasks_asked > overdue_end)  // its tasks may have moved again
      urgent_.push_back(urgent_look{look_kind::tasks, which, std::nullopt});
  } else if (run.stage == phase::ended && !run.tasks_final) {
    if (std::none_of(urgent_.begin(), urgent_.end(),
                     [&](const urgent_look& each) { return each.kind == look_kind::tasks && each.subject == which; }))
      urgent_.push_back(urgent_look{look_kind::tasks, which, std::nullopt});
  }
}

void watch_state::implementation::saw(const look& what, moment moment_asked, moment moment_now,
                                      const list_task_instances_response& page) {
  const double now = at(moment_now);
  const double asked = std::chrono::duration<double>(moment_asked.steady - origin_).count();
  const auto pending = take_pending(what);
  if (!pending) return;
  budgets_[pending->budget].accepted(now);
  failures_ = 0;
  const slot which = pending->subject;
  run_record& run = runs_[which];
  succeeded(which, true);
  if (pending->first_page) {
    run.listing_asked = asked;
    run.listing_changes = 0;
    run.listing_pages = 0;
    run.tasks.expect_from(0);
  }
  ++run.listing_pages;
  const bool seen_before = run.tasks_known > never;
  for (const auto& task : page.task_instances) {
    if (task.task_instance_id.empty()) continue;
    const std::int32_t took = task.duration_in_seconds
                                  ? static_cast<std::int32_t>(std::clamp<std::int64_t>(
                                        task.duration_in_seconds->count(), 0, std::numeric_limits<std::int32_t>::max()))
                                  : task_table::no_duration;
    const auto change = run.tasks.set(task.task_instance_id.view(), task_codes_.of(task.status), took,
                                      floor_ticks(seen_before ? run.tasks_known : 0), ceil_ticks(now));
    const unsigned done = steps_done(task.status);
    if (change.changed) {
      const unsigned were = steps_done(task_codes_.status(change.before));
      run.listing_changes += done > were ? done - were : 1;
    } else if (change.added) {
      run.listing_changes += done;
    }
  }
  if (run.tasks.has_untold()) mark(which);
  if (auto next = token_of(page.next_token, what)) {
    run.in_flight = true;  // no other look at it between the pages
    urgent_.push_front(urgent_look{look_kind::tasks, which, std::move(next)});
    return;
  }
  tasks_complete(which);
}

void watch_state::implementation::tasks_complete(slot which) {
  run_record& run = runs_[which];
  run.restarts = 0;
  run.pages = static_cast<std::uint16_t>(std::clamp<std::uint32_t>(run.listing_pages, 1, 0xffff));
  if (run.stage == phase::ended) {
    // Of a time after its end?
    if (run.listing_asked >= run.state_asked) {
      run.tasks_final = true;
      workflows_[run.workflow].tasks = static_cast<std::uint32_t>(run.tasks.size());
      mark(which);
    } else {
      urgent_.push_back(urgent_look{look_kind::tasks, which, std::nullopt});
    }
    run.tasks_known = run.listing_asked;
    return;
  }
  if (run.stage != phase::running) {
    run.tasks_known = run.listing_asked;
    return;
  }
  if (run.tasks_known > never || run.tasks_asked > never) {
    // The first look at a run that was seen before it began counts too: from when its tasks began to move.
    if (run.tasks_known > never || run.not_before > 0) {
      model_.left(run.belief);
      model_.note(run.belief, run.listing_asked - run.tasks_asked, run.listing_changes);
      model_.joined(run.belief);
    }
  }
  if (run.tasks_known == never) run.tasks.shrink();
  const double gap = run.listing_asked - run.tasks_asked;
  run.tasks_asked = run.listing_asked;
  run.tasks_known = run.listing_asked;
  const unsigned left = steps_left(run);
  run.steps_left = static_cast<std::uint16_t>(std::min(left, 0xffffU));
  const bool over = left == 0 && run.tasks.size() > 0;
  if (!over) {
    run.over_since = never;
  } else if (run.over_since == never) {
    run.over_since = run.listing_asked;
    run.due_from = run.listing_asked - gap / 2;
  }
  tasks_due(which, over);
  if (!over) expect(which);
}

void watch_state::implementation::saw(const look& what, moment moment_asked, moment moment_now,
                                      const list_workflows_response& page) {
  const double now = at(moment_now);
  const auto pending = take_pending(what);
  if (!pending) return;
  budgets_[pending->budget].accepted(now);
  failures_ = 0;
  all_trouble_ = setbacks{};
  all_in_flight_ = false;
  if (!all_filter_) return;
  if (pending->first_page) {
    all_asked_ = std::chrono::duration<double>(moment_asked.steady - origin_).count();
    all_pages_ = 0;
  }
  ++all_pages_;
  for (const auto& workflow : page.workflows) {
    if (workflow.workflow_arn.empty()) continue;
    const auto known = workflow_slots_.find(workflow.workflow_arn.view());
    if (left_out_.contains(workflow.workflow_arn.view())) continue;
    if (known == workflow_slots_.end() || !workflows_[known->second].filter)
      add_workflow(workflow.workflow_arn.str(), *all_filter_, true, moment_now);
  }
  if (auto next = token_of(page.next_token, what)) {
    all_in_flight_ = true;
    urgent_.push_front(urgent_look{look_kind::workflows, 0, std::move(next)});
  } else {
    all_restarts_ = 0;
  }
}

// Failures.

void watch_state::implementation::lost(slot which, const error& why, double now) {
  run_record& run = runs_[which];
  run.failed_at = now;
  run.failure = std::make_unique<error>(why);
  run.failure_of_tasks = false;
  set_stage(which, phase::lost);
  mark(which);
}

void watch_state::implementation::refused(slot which, bool of_tasks, const error& why, double now) {
  run_record& run = runs_[which];
  setbacks& of = of_tasks ? run.tasks_setbacks : run.state_setbacks;
  of.refused_for = static_cast<float>(longer(static_cast<double>(of.refused_for), first_refusal));
  of.resume_at = now + static_cast<double>(of.refused_for);
  if (of.told) return;
  run.failure = std::make_unique<error>(why);
  run.failure_of_tasks = of_tasks;
  of.told = true;
  run.failed_at = now;
  mark(which);
}

void watch_state::implementation::put_back(const pending_look& pending, const look& what, double from) {
  switch (pending.kind) {
    case look_kind::tasks: {
      run_record& run = runs_[pending.subject];
      if (what.next_token) {
        run.in_flight = true;
        urgent_.push_back(urgent_look{look_kind::tasks, pending.subject, what.next_token, from});
      } else if (run.stage == phase::running) {
        if (!run.tasks_over) expect(pending.subject);
      } else if (run.stage == phase::ended) {
        urgent_.push_back(urgent_look{look_kind::tasks, pending.subject, std::nullopt, from});
      }
      break;
    }
    case look_kind::run: {
      const run_record& run = runs_[pending.subject];
      if (run.stage == phase::running && !run.tasks_over) expect(pending.subject);
      // Nobody else asks for one that its workflow's listing does not show.
      if (run.stage == phase::unseen || run.stage == phase::running)
        urgent_.push_back(urgent_look{look_kind::run, pending.subject, std::nullopt, from});
      if (run.stage == phase::ended)
        urgent_.push_back(urgent_look{look_kind::tasks, pending.subject, std::nullopt, from});
      break;
    }
    case look_kind::runs:
      if (workflows_[pending.subject].sweep)
        urgent_.push_back(urgent_look{look_kind::runs, pending.subject, what.next_token, from});
      break;
    case look_kind::workflows:
      urgent_.push_back(urgent_look{look_kind::workflows, 0, what.next_token, from});
      break;
  }
}

void watch_state::implementation::abandoned(const look& what, moment moment_now) {
  const double now = at(moment_now);
  const auto pending = take_pending(what);
  if (!pending) return;
  budgets_[pending->budget].give_back(now);
  --looks_;
  put_back(*pending, what);
}

void watch_state::implementation::failed(const look& what, moment moment_asked, moment moment_now, const error& why) {
  const double now = at(moment_now);
  const double asked = std::chrono::duration<double>(moment_asked.steady - origin_).count();
  const auto pending = take_pending(what);
  const bool throttled = why.code == condition::throttled;
  const std::size_t index = static_cast<std::size_t>(what.kind);
  if (throttled) {
    ++throttled_;
    learn_quota(what.kind, why.quota_code);
    budgets_[budget_of_[index]].throttled(asked, now);
    failures_ = 0;
    if (pending) put_back(*pending, what);
    return;
  }
  ++failed_;
  if (!pending) return;
  const bool by_service = why.code == condition::service;
  if (by_service) budgets_[pending->budget].accepted(now);
  const bool final_verdict = why.code == condition::permanent || why.code == errc::resource_not_found ||
                             why.code == errc::access_denied || why.code == errc::validation;
  if (!final_verdict) {
    if (failures_++ == 0) failing_since_ = now;
    outage_until_ = now + wait_after(failures_);
    // Perhaps it is only this one: the others get their turns.
    setbacks& of = setbacks_of(*pending);
    of.failures = static_cast<std::uint8_t>(std::min(of.failures + 1, 10));
    of.resume_at = std::max(of.resume_at, now + wait_after(of.failures));
    if (what.next_token && failures_ > 2) {  // the token may be too old when the service is back
      if (what.kind == look_kind::runs) return sweep_failed(pending->subject, now);
      look again = what;
      again.next_token.reset();
      return put_back(*pending, again, of.resume_at);
    }
    return put_back(*pending, what, of.resume_at);
  }
  failures_ = 0;
  const bool bad_token = what.next_token && why.code != errc::access_denied && why.code != errc::resource_not_found;
  switch (pending->kind) {
    case look_kind::tasks: {
      run_record& run = runs_[pending->subject];
      if (bad_token && run.restarts++ < most_restarts) {
        if (run.stage == phase::running || run.stage == phase::ended)
          urgent_.push_front(urgent_look{look_kind::tasks, pending->subject, std::nullopt});
        return;
      }
      run.restarts = 0;
      if (run.stage == phase::ended) {
        // Its end is known; what its tasks were in the end is not.
        run.tasks_final = true;
        run.failure = std::make_unique<error>(why);
        run.failure_of_tasks = true;
        run.failed_at = now;
        mark(pending->subject);
        return;
      }
      if (why.code == errc::resource_not_found) {  // asked for before it is called lost
        urgent_.push_back(urgent_look{look_kind::run, pending->subject, std::nullopt});
        setbacks& of = run.tasks_setbacks;
        of.refused_for = static_cast<float>(longer(static_cast<double>(of.refused_for), first_absence));
        of.resume_at = now + static_cast<double>(of.refused_for);
        return;
      }
      refused(pending->subject, true, why, now);
      if (run.stage == phase::running && !run.tasks_over) expect(pending->subject);
      return;
    }
    case look_kind::run:
      if (runs_[pending->subject].stage == phase::ended) {
        urgent_.push_back(urgent_look{look_kind::tasks, pending->subject, std::nullopt});
      } else if (why.code == errc::resource_not_found) {
        lost(pending->subject, why, now);
      } else {
        refused(pending->subject, false, why, now);
        run_record& run = runs_[pending->subject];
        run.run_asked = asked;
        if (run.stage == phase::running && !run.tasks_over) expect(pending->subject);
      }
      return;
    case look_kind::runs: {
      workflow_record& workflow = workflows_[pending->subject];
      if (!workflow.sweep) return;
      if (bad_token && workflow.sweep->restarts++ < most_restarts) {
        urgent_.push_front(urgent_look{look_kind::runs, pending->subject, std::nullopt});
        return;
      }
      setbacks& of = workflow.trouble;
      of.refused_for = static_cast<float>(longer(static_cast<double>(of.refused_for), first_refusal));
      of.resume_at = now + static_cast<double>(of.refused_for);
      workflow.swept = std::max(workflow.swept, 0.0);
      if (workflow.filter && !of.told) {
        of.told = true;
        watch_event event;
        event.kind = watch_event_kind::workflow_error;
        event.run.workflow_arn = workflow.arn;
        event.seen_at = wall_of(now);
        event.failure = why;
        post(std::move(event));
      }
      // Its runs are looked at one by one.
      for (const auto& [id, which] : workflow.runs) {
        const run_record& run = runs_[which];
        if (unfinished(run) && !run.in_flight) urgent_.push_back(urgent_look{look_kind::run, which, std::nullopt});
      }
      sweep_failed(pending->subject, now);
      return;
    }
    case look_kind::workflows:
      if (bad_token && all_restarts_++ < most_restarts) {
        urgent_.push_front(urgent_look{look_kind::workflows, 0, std::nullopt});
        return;
      }
      all_restarts_ = 0;
      all_in_flight_ = false;
      all_trouble_.refused_for =
          static_cast<float>(longer(static_cast<double>(all_trouble_.refused_for), first_refusal));
      all_trouble_.resume_at = now + static_cast<double>(all_trouble_.refused_for);
      if (!all_trouble_.told) {
        all_trouble_.told = true;
        watch_event event;
        event.kind = watch_event_kind::workflow_error;
        event.seen_at = wall_of(now);
        event.failure = why;
        post(std::move(event));
      }
      return;
  }
}

// Events.

void watch_state::implementation::post(watch_event event) {
  // Of several that nobody has read the last counts.
  const auto older = std::find_if(news_.begin(), news_.end(), [&](const watch_event& each) {
    return each.kind == event.kind && each.run.workflow_arn == event.run.workflow_arn;
  });
  if (older != news_.end())
    *older = std::move(event);
  else
    news_.push_back(std::move(event));
}

bool watch_state::implementation::over() const noexcept {
  return watched_runs_ == 0 && watched_workflows_ == 0 && !all_filter_ && !has_event();
}

void watch_state::implementation::describe(const run_record& run, watch_event& event) const {
  event.run.workflow_arn = workflows_[run.workflow].arn;
  event.run.run_id = run.id;
  if (run.stage != phase::unseen) event.run_status = run_codes_.status(run.status);
  event.run_started_at = run.started_at;
  event.run_ended_at = run.ended_at;
}

std::optional<watch_event> watch_state::implementation::next_event() {
  if (!news_.empty()) {
    watch_event out = std::move(news_.front());
    news_.pop_front();
    return out;
  }
  while (!dirty_.empty()) {
    const slot which = dirty_.front();
    run_record& run = runs_[which];
    const auto clean = [&] {
      dirty_.pop_front();
      run.dirty = false;
    };
    if (run.removed) {
      clean();
      continue;
    }
    watch_event event;
    describe(run, event);
    const auto seconds = [this](task_table::ticks value) { return seconds_at(value); };
    const bool has_state = run.stage != phase::unseen && run.state_asked > never && run.seen > 0;
    if (has_state && run.told == task_table::untold && run.stage != phase::lost) {
      event.kind = watch_event_kind::run_added;
      event.seen_at = wall_of(seconds(run.seen));
      if (run.not_before > 0) event.not_before = wall_of(seconds(run.not_before));
      run.told = run.stage == phase::ended ? told_without_status : run.status;
      return event;
    }
    if (run.stage == phase::running || run.stage == phase::waiting) {
      if (run.told != run.status) {
        event.kind = watch_event_kind::run_changed;
        event.previous_run_status = run_codes_.status(run.told);
        event.seen_at = wall_of(seconds(run.seen));
        event.not_before = wall_of(seconds(run.not_before));
        run.told = run.status;
        return event;
      }
    }
    if (run.tasks.has_untold()) {
      const auto row = run.tasks.next_untold();
      const bool added = row.told == task_table::untold;
      event.kind = added ? watch_event_kind::task_added : watch_event_kind::task_changed;
      event.task_instance_id = run.tasks.id(row);
      event.task_status = task_codes_.status(row.seen_status);
      if (!added) event.previous_task_status = task_codes_.status(row.told);
      if (row.duration != task_table::no_duration) event.task_duration = std::chrono::seconds{row.duration};
      event.seen_at = wall_of(seconds(row.seen));
      if (!added || row.not_before > 0) event.not_before = wall_of(seconds(row.not_before));
      (void)run.tasks.tell();  // now that no memory is needed any more
      return event;
    }
    if (run.failure) {
      event.kind = watch_event_kind::run_error;
      event.failure = std::move(*run.failure);
      event.seen_at = wall_of(run.failed_at);
      run.failure.reset();
      if (run.stage == phase::lost) forget(which);
      return event;
    }
    if (run.stage == phase::ended && run.tasks_final) {
      event.kind = watch_event_kind::run_finished;
      if (run.told < told_without_status) event.previous_run_status = run_codes_.status(run.told);
      event.seen_at = wall_of(seconds(run.seen));
      if (run.not_before > 0) event.not_before = wall_of(seconds(run.not_before));
      workflow_record& workflow = workflows_[run.workflow];
      if (workflow.filter) workflow.told.emplace(hash_of(run.id), run.created.value_or(wall{}));
      clean();
      forget(which);
      return event;
    }
    clean();
  }
  return std::nullopt;
}

std::vector<run_snapshot> watch_state::implementation::snapshot() const {
  std::vector<run_snapshot> out;
  out.reserve(watched_runs_);
  for (const auto& run : runs_) {
    if (run.stage == phase::free || run.stage == phase::lost || run.removed) continue;
    run_snapshot& shown = out.emplace_back();
    shown.run.workflow_arn = workflows_[run.workflow].arn;
    shown.run.run_id = run.id;
    if (run.state_asked > never && run.stage != phase::unseen) {
      shown.status = run_codes_.status(run.status);
      shown.as_of = wall_of(run.state_asked);
    }
    if (run.tasks_known > never) shown.tasks_as_of = wall_of(run.tasks_known);
    for (const auto& row : run.tasks.rows()) {
      if (row.id == task_table::no_id) continue;
      task_snapshot& task = shown.tasks.emplace_back();
      task.task_instance_id = run.tasks.id(row);
      task.status = task_codes_.status(row.seen_status);
      if (row.duration != task_table::no_duration) task.duration = std::chrono::seconds{row.duration};
    }
  }
  return out;
}

// The class itself.

watch_state::watch_state(watch_rules rules, moment now) : self_(std::make_unique<implementation>(rules, now)) {}
watch_state::watch_state(watch_state&&) noexcept = default;
watch_state& watch_state::operator=(watch_state&&) noexcept = default;
watch_state::~watch_state() = default;

void watch_state::add(run_key run, double weight, moment now) {
  self_->add(std::move(run), weight, now);
}
void watch_state::add_workflow(std::string workflow_arn, run_filter filter, moment now) {
  self_->add_workflow(std::move(workflow_arn), std::move(filter), false, now);
}
void watch_state::add_all(run_filter filter, moment now) {
  self_->add_all(std::move(filter), now);
}
bool watch_state::remove(const run_key& run) {
  return self_->remove(run);
}
bool watch_state::remove_workflow(std::string_view workflow_arn) {
  return self_->remove_workflow(workflow_arn);
}
std::optional<look> watch_state::next_look(moment now) {
  return self_->next_look(now);
}
time_point watch_state::wakes_at() const noexcept {
  // Not a moment too early by a rounding: who wakes then would find nothing to do, for ever.
  const time_point exact = self_->point(self_->wakes_at());
  return exact == time_point::max() ? exact : exact + std::chrono::microseconds{1};
}
void watch_state::others_sent(std::size_t requests, moment now) {
  self_->others_sent(requests, now);
}
void watch_state::saw(const look& what, moment asked, moment now, const list_task_instances_response& page) {
  self_->saw(what, asked, now, page);
}
void watch_state::saw(const look& what, moment asked, moment now, const get_workflow_run_response& run) {
  self_->saw(what, asked, now, run);
}
void watch_state::saw(const look& what, moment asked, moment now, const list_workflow_runs_response& page) {
  self_->saw(what, asked, now, page);
}
void watch_state::saw(const look& what, moment asked, moment now, const list_workflows_response& page) {
  self_->saw(what, asked, now, page);
}
void watch_state::failed(const look& what, moment asked, moment now, const error& why) {
  self_->failed(what, asked, now, why);
}
void watch_state::abandoned(const look& what, moment now) {
  self_->abandoned(what, now);
}
std::optional<watch_event> watch_state::next_event() {
  return self_->next_event();
}
bool watch_state::has_event() const noexcept {
  return self_->has_event();
}
bool watch_state::over() const noexcept {
  return self_->over();
}
std::vector<run_snapshot> watch_state::snapshot() const {
  return self_->snapshot();
}
watch_figures watch_state::figures(moment now) const {
  return self_->figures(now);
}
std::string watch_state::checkpoint() const {
  return self_->checkpoint();
}
std::optional<watch_state> watch_state::restore(std::string_view bytes, watch_rules rules, moment now,
                                                std::string& why) {
  watch_state out{rules, now};
  if (!out.self_->restore(bytes, now, why)) return std::nullopt;
  return out;
}

}  // namespace mwaa_serverless::watcher
