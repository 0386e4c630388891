#include "watch_trace.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <numeric>
#include <queue>

namespace bench {

namespace mwaa = mwaa_serverless;
using mwaa::watcher::look_kind;

namespace {

constexpr double active_rate = 0.1;
constexpr double slow_rate = 1.0 / 600;
constexpr double before_start = -1e-9;

std::string numbered(std::string_view name, std::size_t number, std::size_t digits) {
  const std::string value = std::to_string(number);
  return std::string{name} + std::string(digits - std::min(digits, value.size()), '0') + value;
}

mwaa::error refused(mwaa::errc code, std::string_view aws_code, std::string message, int http_status) {
  mwaa::error out{code, std::move(message)};
  out.aws_code = aws_code;
  out.http_status = http_status;
  out.service_code = "airflow-serverless";
  return out;
}

}  // namespace

double chance::exponential(double mean) {
  return -mean * std::log1p(-unit());
}

std::size_t traced_run::changes_until(double time) const {
  return static_cast<std::size_t>(std::upper_bound(changes.begin(), changes.end(), time) - changes.begin());
}

double traced_run::rate_at(double time) const {
  double rate = 0;
  for (const auto& [from, value] : rates) {
    if (from > time) break;
    rate = value;
  }
  return rate;
}

watch_trace::watch_trace(watch_mix kind, std::uint64_t seed, double length, std::size_t size)
    : mix(kind), seconds(length) {
  chance random{seed};
  switch (kind) {
    case watch_mix::a:
      make_queued(random, size, false);
      break;
    case watch_mix::d:
      make_queued(random, size / 10, true);
      break;
    case watch_mix::b:
    case watch_mix::e:
      make_unequal(random, size);
      break;
    case watch_mix::c:
      make_bursts(random, size);
      break;
  }
  for (traced_run& each : runs) each.page = static_cast<int>(random.below(5));
}

std::size_t watch_trace::add_run(double added, int workflow, double order, int base) {
  traced_run& made = runs.emplace_back();
  made.added = added;
  made.workflow = workflow;
  made.order = order;
  made.base = base;
  made.rates.emplace_back(0, 0);
  return runs.size() - 1;
}

void watch_trace::begin(std::size_t run, double time, int base, chance& random) {
  traced_run& it = runs[run];
  it.started = time;
  it.base = base;
  double at = time;
  for (int i = base; i < life; ++i) it.changes.push_back(at += random.exponential(1 / active_rate));
  it.ended = at + random.exponential(2);
  it.rates.emplace_back(time, active_rate);
}

void watch_trace::make_queued(chance& random, std::size_t size, bool replaced) {
  std::vector<std::size_t> by_creation(size);
  std::iota(by_creation.begin(), by_creation.end(), std::size_t{0});
  random.shuffle(by_creation);
  for (std::size_t i = 0; i < size; ++i) add_run(0, static_cast<int>(i % workflows), 0, 0);
  for (std::size_t i = 0; i < size; ++i) runs[by_creation[i]].order = static_cast<double>(i);
  using ending = std::pair<double, std::size_t>;
  std::priority_queue<ending, std::vector<ending>, std::greater<>> endings;
  const std::size_t active = replaced ? size : size / 10;
  for (std::size_t i = 0; i < active; ++i) {
    begin(by_creation[i], before_start, static_cast<int>(random.below(life)), random);
    endings.emplace(runs[by_creation[i]].ended, by_creation[i]);
  }
  std::size_t next = active;
  while (!endings.empty() && endings.top().first < seconds) {
    const double time = endings.top().first;
    endings.pop();
    std::size_t run = 0;
    if (replaced) {
      run = add_run(time, static_cast<int>(random.below(workflows)), static_cast<double>(size) + time, 0);
      begin(run, time, 0, random);
    } else if (next < by_creation.size()) {
      run = by_creation[next++];
      begin(run, time + random.exponential(1), 0, random);
    } else {
      continue;
    }
    endings.emplace(runs[run].ended, run);
  }
}

void watch_trace::make_unequal(chance& random, std::size_t size) {
  const bool ends = mix == watch_mix::e;
  enum role : std::uint8_t { active, silent, slow };
  constexpr double rate_of[] = {active_rate, 0, slow_rate};
  std::vector<std::size_t> members[3];
  std::vector<role> roles;
  std::vector<int> left;
  const auto join = [&](std::size_t run, role as) {
    members[as].push_back(run);
    roles[run] = as;
  };
  const auto take = [&](role from, std::size_t index) {
    const std::size_t run = members[from][index];
    members[from].erase(members[from].begin() + static_cast<std::ptrdiff_t>(index));
    return run;
  };
  for (std::size_t i = 0; i < size; ++i) {
    const role as = i < size / 10 ? active : i < size * 55 / 100 ? silent : slow;
    const auto base = static_cast<int>(random.below(as == active ? life : 20));
    const std::size_t run = add_run(0, static_cast<int>(i % workflows), static_cast<double>(i), base);
    runs[run].started = before_start;
    runs[run].rates = {{0, rate_of[as]}};
    roles.push_back(as);
    left.push_back(ends ? life - base : std::numeric_limits<int>::max());
    members[as].push_back(run);
  }
  // One that was quiet becomes active; its role is free.
  const auto awaken = [&](double time) {
    const role from = random.unit() < 0.5 && !members[silent].empty() ? silent : slow;
    const std::size_t run = take(from, random.below(members[from].size()));
    runs[run].rates.emplace_back(time, active_rate);
    join(run, active);
    return from;
  };
  const double swaps = 5.0 / 60 * static_cast<double>(size) / 1'000;
  for (double time = 0;;) {
    const double of_active = active_rate * static_cast<double>(members[active].size());
    const double of_slow = slow_rate * static_cast<double>(members[slow].size());
    const double all = of_active + of_slow + swaps;
    time += random.exponential(1 / all);
    if (time >= seconds) return;
    const double which = random.unit() * all;
    if (which < swaps) {
      const std::size_t run = take(active, random.below(members[active].size()));
      const role as = awaken(time);
      runs[run].rates.emplace_back(time, rate_of[as]);
      join(run, as);
      continue;
    }
    const role as = which < swaps + of_active ? active : slow;
    const std::size_t index = random.below(members[as].size());
    const std::size_t run = members[as][index];
    runs[run].changes.push_back(time);
    if (--left[run] > 0) continue;
    take(as, index);
    runs[run].ended = time + random.exponential(2);
    const role freed = as == active ? awaken(time) : as;
    const std::size_t other =
        add_run(time, static_cast<int>(random.below(workflows)), static_cast<double>(size) + time, 0);
    runs[other].started = time;
    runs[other].rates.emplace_back(time, rate_of[freed]);
    roles.push_back(freed);
    left.push_back(life);
    members[freed].push_back(other);
  }
}

void watch_trace::make_bursts(chance& random, std::size_t size) {
  constexpr int burst = 12;
  constexpr double burst_seconds = 6;
  constexpr double between = 1'200;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t run = add_run(0, static_cast<int>(i % workflows), static_cast<double>(i), 0);
    runs[run].started = before_start;
    runs[run].rates = {{0, 0.01}};
    std::vector<double>& changes = runs[run].changes;
    for (double time = random.exponential(between); time < seconds && changes.size() + burst <= life;
         time = changes.back() + random.exponential(between)) {
      for (int k = 0; k < burst; ++k) changes.push_back(time + random.unit() * burst_seconds);
      std::sort(changes.end() - burst, changes.end());
    }
    if (changes.size() >= life) changes.resize(life - 1);  // it would end
  }
}

int watch_trace::task_of(int change) {
  const int place = change % life;
  return place / (parallel * steps) * parallel + place % parallel;
}

int watch_trace::steps_of(int task, int changes) {
  // Its first change is `first`; in a round of the run the next ones follow `parallel` changes apart.
  const int first = task / parallel * parallel * steps + task % parallel;
  const int place = changes % life;
  const int in_round = place <= first ? 0 : std::min(steps, (place - first - 1) / parallel + 1);
  return changes / life * steps + in_round;
}

int watch_trace::change_of(int task, int step) {
  const int first = task / parallel * parallel * steps + task % parallel;
  return (step - 1) / steps * life + first + (step - 1) % steps * parallel;
}

mwaa::task_instance_status watch_trace::status_after(int step) const {
  using status = mwaa::task_instance_status;
  if (step == 0) return status::none;
  if (mix == watch_mix::b) {
    constexpr status::value_type round[] = {status::queued, status::running, status::up_for_retry};
    return round[(step - 1) % 3];
  }
  constexpr status::value_type way[] = {status::queued, status::running, status::success};
  return way[std::min(step, steps) - 1];
}

bool request_bucket::take(double now) {
  filled_ = std::min(size_, filled_ + (now - at_) * rate_);
  at_ = now;
  if (filled_ < 1 - 1e-6) return false;  // requests that come exactly as it fills are not refused for a rounding error
  filled_ -= 1;
  return true;
}

watch_service::watch_service(const watch_trace& trace, watch_service_options options, std::uint64_t seed,
                             std::chrono::system_clock::time_point start)
    : trace_(trace),
      options_(options),
      start_(start),
      buckets_(mwaa::watcher::look_kinds, request_bucket{options.rate_limit, options.burst}),
      version_("0123456789abcdef0123456789abcdef"),
      operator_name_("PythonOperator") {
  for (std::size_t w = 0; w < watch_trace::workflows; ++w)
    arns_.push_back(numbered("arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-", w, 2)
                        .append("-Ab12Cd34Ef"));
  for (std::size_t w = 0; w < arns_.size(); ++w) {
    workflow_by_arn_.emplace(arns_[w], w);
    arn_texts_.emplace_back(arns_[w]);
  }
  for (std::size_t i = 0; i < trace.runs.size(); ++i) run_ids_.emplace_back(numbered("Qm3vT8xYb1kLw5-", i, 6));
  const std::size_t older = arns_.size() * older_runs;
  for (std::size_t i = 0; i < older; ++i) older_ids_.emplace_back(numbered("Zd7hR2pGn9sUc4-", i, 6));
  for (std::size_t i = 0; i < watch_trace::tasks; ++i) task_ids_.emplace_back(numbered("load_partition_", i, 2));
  for (std::size_t i = 0; i < task_ids_.size(); ++i) task_by_id_.emplace(task_ids_[i].view(), static_cast<int>(i));

  listings_.resize(arns_.size());
  for (std::size_t w = 0; w < arns_.size(); ++w)
    for (std::size_t i = 0; i < older_runs; ++i) listings_[w].push_back(trace.runs.size() + w * older_runs + i);
  for (std::size_t i = 0; i < trace.runs.size(); ++i)
    listings_[static_cast<std::size_t>(trace.runs[i].workflow)].push_back(i);
  chance random{seed ^ 0x5eedULL};
  for (auto& listing : listings_) {
    const auto age = [&](std::size_t run) {
      return run < trace.runs.size() ? trace.runs[run].order : static_cast<double>(run) - 1e9;
    };
    if (options.order == listing_order::random)
      random.shuffle(listing);
    else
      std::sort(listing.begin(), listing.end(), [&](std::size_t a, std::size_t b) {
        return options.order == listing_order::newest_first ? age(a) > age(b) : age(a) < age(b);
      });
  }
}

mwaa::run_key watch_service::key(std::size_t run) const {
  return {workflow_arn(trace_.runs[run].workflow), run_ids_[run].str()};
}

std::optional<std::size_t> watch_service::find(std::string_view run_id) const {
  const auto number = run_id.substr(run_id.rfind('-') + 1);
  std::size_t index = 0;
  std::from_chars(number.data(), number.data() + number.size(), index);
  if (index >= run_ids_.size() || run_ids_[index] != run_id) return std::nullopt;
  return index;
}

int watch_service::find_task(std::string_view task_instance_id) const {
  return task_by_id_.at(task_instance_id);
}

watch_answer watch_service::answer(const mwaa::watcher::look& what, double time) {
  const auto kind = static_cast<std::size_t>(what.kind);
  if (!buckets_[options_.per_operation ? kind : 0].take(time)) {
    auto out = refused(mwaa::errc::throttled, "ThrottlingException", "Rate exceeded", 429);
    out.retry_after = std::chrono::seconds{1};
    out.quota_code = options_.per_operation ? "L-OPERATION" + std::to_string(kind) : "L-ACCOUNT";
    return out;
  }
  if (what.kind == look_kind::workflows) return all_workflows();
  const auto workflow = workflow_by_arn_.find(what.workflow_arn);
  if (workflow == workflow_by_arn_.end())
    return refused(mwaa::errc::resource_not_found, "ResourceNotFoundException", "no such workflow", 404);
  std::size_t position = 0;
  if (what.next_token)
    std::from_chars(what.next_token->data(), what.next_token->data() + what.next_token->size(), position);
  if (what.kind == look_kind::runs) return runs_of(workflow->second, position, time);
  const auto run = find(what.run_id);
  if (!run || trace_.runs[*run].added > time)
    return refused(mwaa::errc::resource_not_found, "ResourceNotFoundException", "no such run", 404);
  if (what.kind == look_kind::run) return run_of(*run, time);
  return tasks_of(*run, time);
}

mwaa::list_task_instances_response watch_service::tasks_of(std::size_t run, double time) const {
  mwaa::list_task_instances_response out;
  out.task_instances_present = true;
  const traced_run& it = trace_.runs[run];
  const int changes = it.base + static_cast<int>(it.changes_until(time));
  out.task_instances.resize(watch_trace::tasks);
  for (int i = 0; i < watch_trace::tasks; ++i) {
    mwaa::task_instance& to = out.task_instances[static_cast<std::size_t>(i)];
    to.workflow_arn = arn_texts_[static_cast<std::size_t>(it.workflow)];
    to.workflow_version = version_;
    to.run_id = run_ids_[run];
    to.task_instance_id = task_ids_[static_cast<std::size_t>(i)];
    to.status = trace_.status_after(watch_trace::steps_of(i, changes));
    if (to.status.is_terminal()) to.duration_in_seconds = std::chrono::seconds{20 + i};
    to.operator_name = operator_name_;
  }
  return out;
}

mwaa::workflow_run_status watch_service::status_of(std::size_t run, double time) const {
  using status = mwaa::workflow_run_status;
  if (run >= trace_.runs.size()) return status::success;
  const traced_run& it = trace_.runs[run];
  return time < it.started ? status::queued : time < it.ended ? status::running : status::success;
}

std::chrono::system_clock::time_point watch_service::calendar(double time) const {
  return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{time});
}

std::chrono::system_clock::time_point watch_service::created_at(std::size_t run) const {
  if (run >= trace_.runs.size()) return calendar(static_cast<double>(run) - 1e6);
  const traced_run& it = trace_.runs[run];
  return calendar(it.added > 0 ? it.added : it.order - 20'000);
}

mwaa::get_workflow_run_response watch_service::run_of(std::size_t run, double time) const {
  const traced_run& it = trace_.runs[run];
  mwaa::get_workflow_run_response out;
  out.workflow_arn = arn_texts_[static_cast<std::size_t>(it.workflow)];
  out.workflow_version = version_;
  out.run_id = run_ids_[run];
  out.run_type = mwaa::workflow_run_type::on_demand;
  mwaa::workflow_run_detail& detail = out.run_detail.emplace();
  detail.workflow_arn = out.workflow_arn;
  detail.workflow_version = version_;
  detail.run_id = out.run_id;
  detail.run_type = out.run_type;
  detail.created_at = created_at(run);
  if (it.started <= time) detail.started_on = calendar(it.started);
  if (it.ended <= time) detail.completed_on = calendar(it.ended);
  detail.modified_at = calendar(it.ended <= time ? it.ended : std::max(it.started <= time ? it.started : 0, it.added));
  detail.task_instances = task_ids_;
  detail.run_state = status_of(run, time);
  return out;
}

mwaa::list_workflow_runs_response watch_service::runs_of(std::size_t workflow, std::size_t position,
                                                         double time) const {
  mwaa::list_workflow_runs_response out;
  out.workflow_runs_present = true;
  out.workflow_runs.reserve(page_size);
  const auto& listing = listings_[workflow];
  // A token names a place that runs which are made later do not move.
  for (; position < listing.size(); ++position) {
    const std::size_t run = listing[position];
    const bool traced = run < trace_.runs.size();
    if (traced && trace_.runs[run].added > time) continue;
    if (out.workflow_runs.size() == page_size) break;
    mwaa::workflow_run_summary& to = out.workflow_runs.emplace_back();
    to.run_id = traced ? run_ids_[run] : older_ids_[run - trace_.runs.size()];
    to.workflow_arn = arn_texts_[workflow];
    to.workflow_version = version_;
    to.run_type = mwaa::workflow_run_type::on_demand;
    mwaa::workflow_run_detail_summary& detail = to.run_detail_summary.emplace();
    detail.status = status_of(run, time);
    detail.created_on = created_at(run);
    if (!traced) {
      detail.started_at = *detail.created_on + std::chrono::seconds{1};
      detail.ended_at = *detail.created_on + std::chrono::seconds{1'200};
    } else {
      if (trace_.runs[run].started <= time) detail.started_at = calendar(trace_.runs[run].started);
      if (trace_.runs[run].ended <= time) detail.ended_at = calendar(trace_.runs[run].ended);
    }
  }
  if (position < listing.size()) out.next_token = mwaa::text{std::to_string(position)};
  return out;
}

mwaa::list_workflows_response watch_service::all_workflows() const {
  mwaa::list_workflows_response out;
  out.workflows_present = true;
  for (const auto& arn : arn_texts_) {
    mwaa::workflow_summary& to = out.workflows.emplace_back();
    to.workflow_arn = arn;
    to.workflow_version = version_;
    to.name = arn;
  }
  return out;
}

}  // namespace bench
