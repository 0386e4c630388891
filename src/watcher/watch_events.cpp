// What is told.
#include "strings/fnv1a.hpp"
#include "watcher/watch_state.hpp"

namespace mwaa_serverless::watcher {

void watch_state::post(watch_event event) {
  // Of several that nobody has read the last counts.
  const auto older = std::find_if(news_.begin(), news_.end(), [&](const watch_event& each) {
    return each.kind == event.kind && each.run.workflow_arn == event.run.workflow_arn;
  });
  if (older != news_.end())
    *older = std::move(event);
  else
    news_.push_back(std::move(event));
}

bool watch_state::over() const noexcept {
  return watched_runs_ == 0 && watched_workflows_ == 0 && !all_filter_ && !has_event();
}

void watch_state::describe(const run_record& run, watch_event& event) const {
  event.run.workflow_arn = workflows_[run.workflow].arn;
  event.run.run_id = run.id;
  if (run.stage != phase::unseen) event.run_status = run_codes_.status(run.status);
  event.run_started_at = run.started_at;
  event.run_ended_at = run.ended_at;
}

std::optional<watch_event> watch_state::next_event() {
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
      if (workflow.filter) workflow.told.emplace(strings::fnv1a(run.id), run.created.value_or(wall{}));
      clean();
      forget(which);
      return event;
    }
    clean();
  }
  return std::nullopt;
}

std::vector<run_snapshot> watch_state::snapshot() const {
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

}  // namespace mwaa_serverless::watcher
