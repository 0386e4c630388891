// Looks that failed, and what becomes of them.
#include <algorithm>
#include <cmath>

#include "watcher/watch_state.hpp"

namespace mwaa_serverless::watcher {

namespace {

constexpr std::uint8_t most_restarts = 4;
constexpr double first_refusal = 60;  // seconds until the next look at what was refused for good
constexpr double longest_refusal = 600;
constexpr double first_absence = 1;  // the same of tasks that are not found, of a run that is
constexpr double longest_outage_wait = 10;

double wait_after(unsigned failures) {
  return std::min(0.1 * std::exp2(std::min(failures, 10U)), longest_outage_wait);
}

/// Refused for good: the next look comes after `first` seconds, then after twice as long each time.
void refuse(setbacks& of, double first, double now) {
  const double before = static_cast<double>(of.refused_for);
  of.refused_for = static_cast<float>(before == 0 ? first : std::min(before * 2, longest_refusal));
  of.resume_at = now + static_cast<double>(of.refused_for);
}

}  // namespace

void watch_state::lost(slot which, const error& why, double now) {
  run_record& run = runs_[which];
  run.failed_at = now;
  run.failure = std::make_unique<error>(why);
  run.failure_of_tasks = false;
  set_stage(which, phase::lost);
  mark(which);
}

void watch_state::refused(slot which, bool of_tasks, const error& why, double now) {
  run_record& run = runs_[which];
  setbacks& of = of_tasks ? run.tasks_setbacks : run.state_setbacks;
  refuse(of, first_refusal, now);
  if (of.told) return;
  run.failure = std::make_unique<error>(why);
  run.failure_of_tasks = of_tasks;
  of.told = true;
  run.failed_at = now;
  mark(which);
}

void watch_state::post_workflow_error(const std::string& arn, setbacks& of, const error& why, double now) {
  if (of.told) return;
  of.told = true;
  watch_event event;
  event.kind = watch_event_kind::workflow_error;
  event.run.workflow_arn = arn;
  event.seen_at = wall_of(now);
  event.failure = why;
  post(std::move(event));
}

void watch_state::put_back(const pending_look& pending, const look& what, double from) {
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

void watch_state::abandoned(const look& what, moment moment_now) {
  const double now = at(moment_now);
  const auto pending = take_pending(what);
  if (!pending) return;
  budgets_[pending->budget].give_back(now);
  --looks_;
  put_back(*pending, what);
}

void watch_state::failed(const look& what, moment moment_asked, moment moment_now, const error& why) {
  const double now = at(moment_now);
  const double asked = seconds_at(moment_asked);
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
        refuse(run.tasks_setbacks, first_absence, now);
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
      refuse(of, first_refusal, now);
      workflow.swept = std::max(workflow.swept, 0.0);
      if (workflow.filter) post_workflow_error(workflow.arn, of, why, now);
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
      refuse(all_trouble_, first_refusal, now);
      post_workflow_error({}, all_trouble_, why, now);
      return;
  }
}

}  // namespace mwaa_serverless::watcher
