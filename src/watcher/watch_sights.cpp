// What looks show.
#include <algorithm>
#include <iterator>

#include "strings/fnv1a.hpp"
#include "watcher/watch_state.hpp"

namespace mwaa_serverless::watcher {

namespace {

constexpr double newly_running = 30;  // seconds before the first sight, at most, in which its tasks may have moved
constexpr double just_begun = 3;
constexpr double overdue_end = 30;         // seconds after which tasks that were over are looked at again
constexpr unsigned steps_of_a_task = 3;    // to be queued, to run, to end
constexpr std::size_t most_told = 10'000;  // finished runs of a workflow that are remembered

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

}  // namespace

std::optional<watch_state::pending_look> watch_state::take_pending(const look& what) {
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

std::optional<watch_state::pending_look> watch_state::answered(const look& what, moment now) {
  const double seconds = at(now);
  auto pending = take_pending(what);
  if (!pending) return pending;
  budgets_[pending->budget].accepted(seconds);
  failures_ = 0;
  return pending;
}

void watch_state::mark(slot which) {
  if (runs_[which].dirty) return;
  runs_[which].dirty = true;
  dirty_.push_back(which);
}

void watch_state::succeeded(slot which, bool of_tasks) {
  run_record& run = runs_[which];
  (of_tasks ? run.tasks_setbacks : run.state_setbacks) = setbacks{};
  if (run.failure_of_tasks == of_tasks) run.failure.reset();
}

setbacks& watch_state::setbacks_of(const pending_look& pending) {
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

void watch_state::tasks_due(slot which, bool due) {
  run_record& run = runs_[which];
  run.tasks_over = due;
  if (run.in_due == due) return;
  run.in_due = due;
  if (due)
    due_.push_back(which);
  else
    std::erase(due_, which);
}

unsigned watch_state::steps_left(const run_record& run) const {
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

void watch_state::begin(slot which, double moved_since) {
  run_record& run = runs_[which];
  set_stage(which, phase::running);
  run.belief = model_.newborn();
  model_.joined(run.belief);
  run.tasks_asked = moved_since;
  if (!run.in_flight) expect(which);
}

void watch_state::end(slot which, double now) {
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

void watch_state::restored(slot which, double now) {
  const run_record& run = runs_[which];
  if (run.told == told_without_status) return;  // the next look shows how it ended
  const workflow_run_status status = run_codes_.status(run.status);
  if (status == workflow_run_status::starting || status == workflow_run_status::queued)
    set_stage(which, phase::waiting);
  else if (!status.is_terminal())
    begin(which, run.tasks_known > never ? run.tasks_known : now - newly_running);
}

void watch_state::apply(slot which, const run_sight& sight, double asked, double now) {
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

bool watch_state::wanted(const workflow_record& workflow, const workflow_run_summary& run,
                         const run_sight& sight) const {
  if (!workflow.filter) return false;
  const run_filter& filter = *workflow.filter;
  if (filter.workflow_version && run.workflow_version != *filter.workflow_version) return false;
  if (filter.run_type && !(run.run_type == *filter.run_type)) return false;
  if (workflow.told.contains(strings::fnv1a(run.run_id))) return false;
  return !sight.status.is_terminal() || (sight.created && *sight.created >= *filter.since);
}

bool watch_state::may_stop(const workflow_record& workflow) const {
  const sweep_record& sweep = *workflow.sweep;
  if (sweep.shown < workflow.unfinished) return false;
  if (!workflow.filter) return true;
  return !sweep.whole && sweep.newest_first && workflow.ordered > 0 && sweep.known_run;
}

void watch_state::saw(const look& what, moment moment_asked, moment moment_now,
                      const list_workflow_runs_response& page) {
  const auto pending = answered(what, moment_now);
  if (!pending) return;
  const double now = last_;
  const double asked = seconds_at(moment_asked);
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

void watch_state::sweep_ended(slot subject, bool whole) {
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

void watch_state::sweep_failed(slot subject, double now) {
  workflow_record& workflow = workflows_[subject];
  workflow.sweep.reset();
  ++workflow.sweeps;
  if (workflow.swept == never) workflow.trouble.resume_at = std::max(workflow.trouble.resume_at, now + 1);
  release_workflow(subject);
}

void watch_state::saw(const look& what, moment moment_asked, moment moment_now,
                      const get_workflow_run_response& answer) {
  const auto pending = answered(what, moment_now);
  if (!pending) return;
  const double now = last_;
  const double asked = seconds_at(moment_asked);
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

void watch_state::saw(const look& what, moment moment_asked, moment moment_now,
                      const list_task_instances_response& page) {
  const auto pending = answered(what, moment_now);
  if (!pending) return;
  const double now = last_;
  const double asked = seconds_at(moment_asked);
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

void watch_state::tasks_complete(slot which) {
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

void watch_state::saw(const look& what, moment moment_asked, moment moment_now, const list_workflows_response& page) {
  const auto pending = answered(what, moment_now);
  if (!pending) return;
  all_trouble_ = setbacks{};
  all_in_flight_ = false;
  if (!all_filter_) return;
  if (pending->first_page) {
    all_asked_ = seconds_at(moment_asked);
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

}  // namespace mwaa_serverless::watcher
