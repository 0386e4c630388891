// What is looked at next.
#include <algorithm>
#include <cmath>

#include "watcher/look_price.hpp"
#include "watcher/watch_state.hpp"

namespace mwaa_serverless::watcher {

namespace {

constexpr double overdue = 1e6;           // no price is more
constexpr double longest_bound = 1e9;     // seconds
constexpr double tick_length = 10;        // seconds
constexpr double lately = 0.98;           // what a tick leaves of counts
constexpr double unforeseen_ends = 5e-5;  // a second and run: stopped, timed out
constexpr double found_elsewhere = 0.2;   // starts that listings find when the oldest that waits goes first
constexpr std::size_t front = 15;         // members of the queue that are compared: its four upper levels
constexpr std::size_t refreshed_a_look = 6;
constexpr double price_memory = 0.98;
constexpr double least_bound = 60;     // seconds
constexpr double running_bound = 300;  // seconds, of the state of a run whose tasks are looked at
constexpr double in_time = 0.97;       // of a bound: the look takes some time
constexpr double bound_factor = 2.5;   // of the time that a look at everything takes
constexpr double tightest_factor = 1.25;
constexpr double new_workflows = 1.0 / 600;
constexpr double slowest_wake = 1;
constexpr double fastest_wake = 0.01;

double seconds_of(duration value) {
  return std::chrono::duration<double>(value).count();
}

}  // namespace

double watch_state::eligible(const run_record& run) const {
  return std::max(run.tasks_setbacks.resume_at,
                  run.tasks_known == never ? never : run.tasks_asked + seconds_of(rules_.min_interval));
}

double watch_state::tasks_price(const run_record& run, double now) const {
  const double age = std::max(now - run.tasks_asked, 0.0);
  const expected_rate rate = model_.expect(run.belief);
  double price = rules_.task_weight * price_of_changes(rate, age);
  if (run.steps_left <= most_steps_to_end) price += rules_.finish_weight * price_of_end(run.steps_left, rate.now, age);
  return price * static_cast<double>(run.weight) / run.pages;
}

double watch_state::due_price(const run_record& run, double now) const {
  // The longer it has been due, the longer it is expected to be.
  const double mean = std::max(workflows_[run.workflow].end_delay, (now - run.over_since) / 4);
  const double age = now - std::max(run.run_asked, run.due_from);
  return rules_.finish_weight * static_cast<double>(run.weight) * price_of_due_end(mean, age);
}

double watch_state::sweep_price(const workflow_record& workflow, double now) const {
  if (workflow.swept == never) return 2 * overdue;
  const double age = now - workflow.swept;
  // What runs is seen by looks at its tasks too.
  const bool only_here = rules_.max_staleness || workflow.filter || workflow.waiting > 0;
  if (age > in_time * (only_here ? bound_ : std::max(bound_, running_bound))) return overdue + age;
  double starts = 0;
  if (workflow.waiting > 0) {
    starts = starts_ / starts_time_ * static_cast<double>(workflow.waiting) / static_cast<double>(all_waiting_);
    if (room_hits_ / (room_hits_ + room_misses_) > 0.8) starts *= found_elsewhere;
  }
  if (workflow.filter) starts += (workflow.found + 0.2) / (starts_time_ + 60);
  const double ends = unforeseen_ends * static_cast<double>(workflow.unfinished);
  const double busy = model_.expect(model_.newborn()).now * rules_.task_weight;
  const double cost =
      workflow.filter
          ? workflow.pages
          : static_cast<double>(std::min<std::size_t>(workflow.pages, std::max<std::size_t>(workflow.unfinished, 1)));
  return std::min(price_of_states(starts, rules_.start_weight, busy, ends, rules_.finish_weight, age) / cost, overdue);
}

double watch_state::all_price(double now) const {
  if (all_asked_ == never) return 3 * overdue;
  const double age = now - all_asked_;
  if (age > in_time * bound_) return overdue + age;
  return std::min(price_of_states(new_workflows, rules_.start_weight, 0.1, 0, 0, age) / all_pages_, overdue);
}

void watch_state::expect(slot which) {
  run_record& run = runs_[which];
  const auto price_at = [&](double age) { return tasks_price(run, run.tasks_asked + age); };
  // Between half and twice of what it was as a rule.
  double low = 0;
  double high = std::clamp(static_cast<double>(run.reach) * 1.3, std::min(0.01, in_time * bound_), in_time * bound_);
  while (high < in_time * bound_ && price_at(high) < price_) {
    low = high;
    high = std::min(high * 1.7, in_time * bound_);
  }
  for (int i = 0; i < 8 && high - low > 0.02 * high; ++i) {
    const double middle = low == 0 ? high / 1.7 : (low + high) / 2;
    if (price_at(middle) < price_)
      low = middle;
    else
      high = middle;
  }
  run.reach = static_cast<float>(high);
  queue_.put(which, std::max(run.tasks_asked + high, run.tasks_setbacks.resume_at));
}

void watch_state::refresh() {
  const std::size_t size = runs_.size();
  for (std::size_t i = 0; i < std::min(refreshed_a_look, size); ++i) {
    refreshed_ = static_cast<slot>((refreshed_ + 1) % size);
    if (queue_.has(refreshed_)) expect(refreshed_);
  }
}

void watch_state::set_bound(double now) {
  double rate = 0;
  for (const auto& each : budgets_) rate += each.rate();
  double costs = 0;
  for (const auto& run : runs_) {
    if (unfinished(run)) costs += run.pages;
  }
  for (const auto& workflow : workflows_) {
    if (workflow.used) costs += workflow.pages;
  }
  const double once = costs / rate;
  if (!rules_.max_staleness) {
    bound_ = std::min(std::max(least_bound, bound_factor * once), longest_bound);
    return;
  }
  const double wanted = seconds_of(*rules_.max_staleness);
  const double possible = std::min(tightest_factor * once, longest_bound);
  bound_ = std::max(wanted, possible);
  const bool known = std::all_of(budgets_.begin(), budgets_.end(), [](const look_budget& b) { return b.known(); });
  if (possible <= wanted) {
    bound_told_ = 0;
  } else if (known && (bound_told_ == 0 || possible > 1.5 * bound_told_ || possible < bound_told_ / 1.5)) {
    bound_told_ = possible;
    watch_event event;
    event.kind = watch_event_kind::bound_missed;
    event.seen_at = wall_of(now);
    event.bound = std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(possible * 1000))};
    post(std::move(event));
  }
}

void watch_state::tick(double now) {
  if (now < next_tick_) return;
  if (next_tick_ > 0) {
    model_.settle();
    starts_ *= lately;
    starts_time_ = starts_time_ * lately + tick_length;
    for (auto& each : workflows_) each.found *= lately;
  }
  next_tick_ = now + tick_length;
  set_bound(now);
}

void watch_state::others_sent(std::size_t requests, moment now) {
  const double t = at(now);
  for (auto& each : budgets_) each.others_sent(static_cast<double>(requests), t);
}

look watch_state::send(look_kind kind, slot subject, std::optional<std::string> token, bool first_page) {
  look out;
  out.kind = kind;
  out.number = next_number_++;
  out.next_token = std::move(token);
  if (kind == look_kind::runs) {
    out.workflow_arn = workflows_[subject].arn;
  } else if (kind != look_kind::workflows) {
    run_record& run = runs_[subject];
    run.in_flight = true;
    queue_.drop(subject);
    out.workflow_arn = workflows_[run.workflow].arn;
    out.run_id = run.id;
  }
  pending_.emplace(out.number, pending_look{kind, subject, budget_of_[static_cast<std::size_t>(kind)], first_page});
  ++looks_;
  return out;
}

std::optional<look> watch_state::urgent(double now) {
  for (auto it = urgent_.begin(); it != urgent_.end();) {
    // What it was for may have gone, or be under way in another way.
    bool void_now = false;
    if (it->kind == look_kind::runs) {
      void_now = !workflows_[it->subject].sweep;
    } else if (it->kind != look_kind::workflows) {
      const run_record& run = runs_[it->subject];
      void_now =
          run.stage == phase::free || run.stage == phase::lost || run.removed || (run.in_flight && !it->next_token);
    }
    if (void_now) {
      const urgent_look gone = *it;
      it = urgent_.erase(it);
      if (gone.next_token && gone.kind == look_kind::tasks && runs_[gone.subject].removed) {
        runs_[gone.subject].in_flight = false;
        forget(gone.subject);
      }
      continue;
    }
    if (it->from > now) {
      wakes_at_ = std::min(wakes_at_, it->from);
      ++it;
      continue;
    }
    look_budget& source = budget(it->kind);
    // A token that was refused before was too old: now its page does not wait.
    bool hurried = false;
    if (it->next_token && it->kind == look_kind::tasks) hurried = runs_[it->subject].restarts > 0;
    if (it->next_token && it->kind == look_kind::runs) hurried = workflows_[it->subject].sweep->restarts > 0;
    if (hurried) {
      source.borrow(now);
    } else if (!source.take(now)) {
      wakes_at_ = std::min(wakes_at_, source.opens_at());
      ++it;
      continue;
    }
    const urgent_look chosen = std::move(*it);
    urgent_.erase(it);
    return send(chosen.kind, chosen.subject, chosen.next_token, !chosen.next_token);
  }
  return std::nullopt;
}

void watch_state::consider(choice candidate, choice& best, double now) {
  look_budget& source = budget(candidate.kind);
  if (!source.open(now)) {
    (void)source.take(now);  // there is demand
    wakes_at_ = std::min(wakes_at_, source.opens_at());
  } else if (candidate.price > best.price) {
    best = candidate;
  }
}

watch_state::choice watch_state::best(double now) {
  choice out;
  const double interval = seconds_of(rules_.min_interval);
  double soonest = forever;
  // Tasks of one run.
  for (std::size_t i = 0; i < std::min(front, queue_.size()); ++i) {
    const slot which = queue_.at(i);
    const run_record& run = runs_[which];
    const double from = eligible(run);
    if (from > now) {
      soonest = std::min(soonest, from);
      continue;
    }
    double price = std::min(tasks_price(run, now), overdue);
    const double age = now - run.tasks_asked;
    if (age > in_time * bound_) price = overdue + age;
    consider(choice{price, look_kind::tasks, which}, out, now);
  }
  // The state of a run whose end is due.
  for (const slot which : due_) {
    const run_record& run = runs_[which];
    if (run.in_flight) continue;
    const double from = std::max(run.run_asked + interval, run.state_setbacks.resume_at);
    if (from > now) {
      soonest = std::min(soonest, from);
      continue;
    }
    consider(choice{std::min(due_price(run, now), overdue), look_kind::run, which}, out, now);
  }
  // The oldest that waits, when another has left room for it.
  if (!room_.empty() && !waiting_.empty()) {
    const slot which = waiting_.begin()->second;
    const run_record& run = runs_[which];
    if (!run.in_flight && now - run.run_asked > 1 && now >= run.state_setbacks.resume_at) {
      const double age = now - std::max(room_.front(), run.run_asked);
      const double likely = room_hits_ / (room_hits_ + room_misses_);
      const double price = 2 * likely * (rules_.start_weight * age + 0.1 * rules_.task_weight * age * age / 2);
      consider(choice{std::min(price, overdue), look_kind::run, which}, out, now);
    }
    soonest = std::min(soonest, now + 1);
  }
  // The states of a workflow's runs.
  for (slot which = 0; which < workflows_.size(); ++which) {
    const workflow_record& workflow = workflows_[which];
    if (!workflow.used || workflow.sweep || (workflow.unfinished == 0 && !workflow.filter)) continue;
    const double from = std::max(workflow.swept + interval, workflow.trouble.resume_at);
    if (from > now) {
      soonest = std::min(soonest, from);
      continue;
    }
    consider(choice{sweep_price(workflow, now), look_kind::runs, which}, out, now);
  }
  if (all_filter_ && !all_in_flight_) {
    const double from = std::max(all_asked_ + interval, all_trouble_.resume_at);
    if (from > now)
      soonest = std::min(soonest, from);
    else
      consider(choice{all_price(now), look_kind::workflows, 0}, out, now);
  }
  if (out.price < 0 && soonest < forever)
    wakes_at_ = std::min(wakes_at_, std::clamp(soonest, now + fastest_wake, now + slowest_wake));
  return out;
}

std::optional<look> watch_state::start(const choice& chosen, double now) {
  switch (chosen.kind) {
    case look_kind::tasks:
      runs_[chosen.subject].listing_pages = 0;
      break;
    case look_kind::run:
      break;
    case look_kind::workflows:
      all_in_flight_ = true;
      all_pages_ = 0;
      break;
    case look_kind::runs: {
      workflow_record& workflow = workflows_[chosen.subject];
      // Where single looks are refused, a listing may show them.
      const bool singly = std::none_of(workflow.runs.begin(), workflow.runs.end(), [&](const auto& each) {
        return unfinished(runs_[each.second]) && runs_[each.second].state_setbacks.refused_for > 0;
      });
      if (!workflow.filter && singly && (workflow.unfinished == 1 || workflow.unfinished < workflow.pages)) {
        // Cheaper one by one.
        workflow.swept = now;
        std::optional<slot> first;
        for (const auto& [id, which] : workflow.runs) {
          const run_record& run = runs_[which];
          if (!unfinished(run) || run.in_flight || now < run.state_setbacks.resume_at) continue;
          if (first)
            urgent_.push_back(urgent_look{look_kind::run, which, std::nullopt});
          else
            first = which;
        }
        if (!first) return std::nullopt;
        // The budget of another kind may be another one.
        if (budget_of_[0] != budget_of_[1] || budget_of_[1] != budget_of_[2]) {
          urgent_.push_front(urgent_look{look_kind::run, *first, std::nullopt});
          return urgent(now);
        }
        (void)budget(look_kind::run).take(now);
        return send(look_kind::run, *first, std::nullopt, true);
      }
      workflow.sweep.emplace();
      workflow.sweep->whole = workflow.sweeps % 10 == 9;
      break;
    }
  }
  (void)budget(chosen.kind).take(now);
  return send(chosen.kind, chosen.subject, std::nullopt, true);
}

std::optional<look> watch_state::next_look(moment moment_now) {
  const double now = at(moment_now);
  tick(now);
  wakes_at_ = forever;
  if (pending_.size() >= rules_.max_looks_in_flight) return std::nullopt;
  if (failures_ > 2) {  // one at a time finds out whether the service is back
    if (!pending_.empty()) return std::nullopt;
    if (now < outage_until_) {
      wakes_at_ = outage_until_;
      return std::nullopt;
    }
  }
  if (urgent_.empty() &&
      std::none_of(budgets_.begin(), budgets_.end(), [&](const look_budget& each) { return each.open(now); })) {
    for (auto& each : budgets_) {
      (void)each.take(now);  // there is demand
      wakes_at_ = std::min(wakes_at_, each.opens_at());
    }
    return std::nullopt;
  }
  if (auto first = urgent(now)) return first;
  refresh();
  const choice chosen = best(now);
  if (chosen.price < 0) {
    if (wakes_at_ < forever) wakes_at_ = std::max(wakes_at_, now);
    return std::nullopt;
  }
  const bool due = chosen.kind == look_kind::run && runs_[chosen.subject].tasks_over;
  if (chosen.price < overdue && !due)
    price_ = std::max(price_memory * price_ + (1 - price_memory) * chosen.price, 1e-9);
  auto out = start(chosen, now);
  if (!out) wakes_at_ = now + fastest_wake;
  return out;
}

void watch_state::learn_quota(look_kind kind, const std::string& code) {
  const auto index = static_cast<std::size_t>(kind);
  if (code.empty() || code_of_[index] == code) return;
  code_of_[index] = code;
  const auto known = std::find(quota_codes_.begin(), quota_codes_.end(), code);
  if (known != quota_codes_.end()) {
    budget_of_[index] = static_cast<std::size_t>(known - quota_codes_.begin());
    return;
  }
  if (quota_codes_[budget_of_[index]].empty()) {  // the one for all that is not known
    quota_codes_[budget_of_[index]] = code;
    return;
  }
  budgets_.push_back(budgets_[budget_of_[index]]);
  quota_codes_.push_back(code);
  budget_of_[index] = budgets_.size() - 1;
}

watch_figures watch_state::figures(moment moment_now) const {
  const double now = seconds_at(moment_now);
  watch_figures out;
  out.runs = unfinished_;
  out.workflows = watched_workflows_;
  out.looks = looks_;
  out.throttled = throttled_;
  out.failed = failed_;
  out.in_flight = pending_.size();
  out.quota_known = true;
  for (const auto& each : budgets_) {
    out.requests_per_second += each.rate();
    out.quota_known = out.quota_known && each.known();
  }
  out.price = price_;
  double oldest = 0;
  for (const auto& run : runs_) {
    if (!unfinished(run)) continue;
    double as_of = run.state_asked;
    if (run.stage == phase::running)
      as_of = run.tasks_over ? std::max(run.tasks_known, run.state_asked) : run.tasks_known;
    if (as_of > never) oldest = std::max(oldest, now - as_of);
  }
  out.oldest = std::chrono::duration_cast<duration>(std::chrono::duration<double>(oldest));
  out.staleness_bound = std::chrono::duration_cast<duration>(std::chrono::duration<double>(bound_));
  if (failures_ > 0) out.failing_since = point(failing_since_);
  out.events_waiting = dirty_.size() + news_.size();
  return out;
}

}  // namespace mwaa_serverless::watcher
