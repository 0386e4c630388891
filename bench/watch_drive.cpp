#include "watch_drive.hpp"

#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <bitset>
#include <deque>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "allocation/counted.hpp"
#include "collected.hpp"
#include "protocol/aws_json.hpp"

namespace bench {

namespace mwaa = mwaa_serverless;
using mwaa::watcher::look;
using mwaa::watcher::look_kind;
using mwaa::watcher::moment;
using mwaa::watcher::time_point;
using mwaa::watcher::watch_state;

namespace {

mwaa::watcher::duration length(double seconds) {
  return std::chrono::duration_cast<mwaa::watcher::duration>(std::chrono::duration<double>{seconds});
}

double seconds(mwaa::watcher::duration value) {
  return std::chrono::duration<double>(value).count();
}

const time_point start_of_time{std::chrono::hours{1}};
const std::chrono::system_clock::time_point start_of_calendar{std::chrono::seconds{1'790'000'000}};

moment at(time_point time) {
  return {time,
          start_of_calendar + std::chrono::duration_cast<std::chrono::system_clock::duration>(time - start_of_time)};
}

double since_start(time_point time) {
  return seconds(time - start_of_time);
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// What thread_cpu_time() itself costs between two readings.
std::chrono::nanoseconds reading_cost() {
  static const std::chrono::nanoseconds cost = [] {
    std::chrono::nanoseconds least = std::chrono::seconds{1};
    for (int i = 0; i < 1'000; ++i) {
      const auto before = thread_cpu_time();
      least = std::min(least, thread_cpu_time() - before);
    }
    return least;
  }();
  return cost;
}

// CPU time, and not time: other processes use the machine too.
class stopwatch {
 public:
  /// Measures nothing when there is no `total`.
  explicit stopwatch(std::chrono::nanoseconds* total) : total_(total) {
    if (total_ != nullptr) begun_ = thread_cpu_time();
  }
  ~stopwatch() {
    if (total_ != nullptr) *total_ += thread_cpu_time() - begun_ - reading_cost();
  }
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;

 private:
  std::chrono::nanoseconds* total_;
  std::chrono::nanoseconds begun_{0};
};

class flight {
 public:
  look what;
  time_point sent;
  time_point arrives;
  time_point answered;
  std::optional<watch_answer> answer;
};

/// Compares what is told with what the service has shown.
class audience {
 public:
  audience(const watch_trace& trace, const watch_service& service, const watch_drive_options& options,
           watch_drive_result& result)
      : trace_(trace),
        service_(service),
        meter_(trace, options.warm_up),
        warm_up_(options.warm_up),
        discover_(options.discover),
        result_(result) {
    runs_.resize(trace.runs.size());
    for (std::size_t i = 0; i < trace.runs.size(); ++i) {
      const traced_run& run = trace.runs[i];
      for (int k = 0; k < watch_trace::tasks; ++k) {
        runs_[i].steps[static_cast<std::size_t>(k)] = watch_trace::steps_of(k, run.base);
      }
      runs_[i].tasks_since = runs_[i].state_since = runs_[i].seen = run.added;
      if (run.added == 0) ++states_wanted_;
    }
  }

  // Before the watcher gets an answer.
  void shows_tasks(std::size_t run, double shown, double now) {
    record& it = runs_[run];
    if (it.state_told && !it.over && now >= warm_up_)
      result_.oldest_tasks = std::max(result_.oldest_tasks, now - it.tasks_since);
    it.tasks_since = it.tasks_shown = shown;
    is_seen(it, shown, now);
  }
  void shows_state(std::size_t run, double shown, double now) {
    record& it = runs_[run];
    const traced_run& truth = trace_.runs[run];
    if (discover_ && it.state_shown < 0 && truth.added == 0 && shown >= truth.ended) {
      // It had ended before it could be found: not one of those that are watched.
      it.over = true;
      --states_wanted_;
    }
    if (!it.over && now >= warm_up_) result_.oldest_state = std::max(result_.oldest_state, now - it.state_since);
    it.state_since = it.state_shown = shown;
    is_seen(it, shown, now);
  }

  void hear(const mwaa::watch_event& event, double now) {
    using kind = mwaa::watch_event_kind;
    const auto found = service_.find(event.run.run_id);
    if (!found) {
      if (event.kind != kind::bound_missed) ++result_.untrue;
      return;
    }
    switch (event.kind) {
      case kind::run_added:
      case kind::run_changed:
      case kind::run_finished:
        hear_state(*found, event, now);
        return;
      case kind::task_added:
      case kind::task_changed:
        hear_task(*found, event, now);
        return;
      case kind::run_error:
      case kind::workflow_error:
        ++result_.failed;
        return;
      case kind::bound_missed:
        return;
    }
  }

  // After all events of an answer that shows the tasks of a run: those that came back to the status that was told.
  void settle(std::size_t run, double now) {
    record& it = runs_[run];
    for (int k = 0; k < watch_trace::tasks; ++k) {
      const int steps = steps_shown(run, k);
      const int told = it.steps[static_cast<std::size_t>(k)];
      if (steps != told && trace_.status_after(steps) == trace_.status_after(told)) tell_steps(run, k, steps, now);
    }
  }

  void end(double now) {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      record& it = runs_[i];
      const traced_run& run = trace_.runs[i];
      if (it.tasks_shown >= 0)
        for (int k = 0; k < watch_trace::tasks; ++k)
          if (steps_shown(i, k) != it.steps[static_cast<std::size_t>(k)]) ++result_.missing;
      // A finish is told after a last look at the tasks.
      if (it.state_shown >= run.ended && !it.over && now - run.ended > 60) ++result_.missing;
      if (it.over || run.added > now) continue;
      if (it.running) result_.oldest_tasks = std::max(result_.oldest_tasks, now - it.tasks_since);
      result_.oldest_state = std::max(result_.oldest_state, now - it.state_since);
      result_.unseen = std::max(result_.unseen, now - it.seen);
    }
    static_cast<freshness&>(result_) = meter_.result();
  }

 private:
  class record {
   public:
    std::array<int, watch_trace::tasks> steps{};  // told
    double tasks_shown = -1;
    double state_shown = -1;
    double tasks_since = 0;
    double state_since = 0;
    double seen = 0;
    std::bitset<watch_trace::tasks> known;  // tasks
    bool state_told = false;
    bool running = false;
    bool over = false;
  };

  void is_seen(record& it, double shown, double now) {
    if (!it.over && now >= warm_up_) result_.unseen = std::max(result_.unseen, now - it.seen);
    it.seen = shown;
  }

  [[nodiscard]] int steps_shown(std::size_t run, int task) const {
    const traced_run& it = trace_.runs[run];
    return watch_trace::steps_of(task, it.base + static_cast<int>(it.changes_until(runs_[run].tasks_shown)));
  }

  void tell_steps(std::size_t run, int task, int steps, double now) {
    int& told = runs_[run].steps[static_cast<std::size_t>(task)];
    while (told < steps) {
      const int change = watch_trace::change_of(task, ++told) - trace_.runs[run].base;
      if (change >= 0) meter_.tell_change(run, static_cast<std::size_t>(change), now);
    }
  }

  void hear_task(std::size_t run, const mwaa::watch_event& event, double now) {
    record& it = runs_[run];
    const int task = service_.find_task(event.task_instance_id);
    const int steps = steps_shown(run, task);
    if (event.task_status != trace_.status_after(steps)) ++result_.untrue;
    const bool is_new = event.kind == mwaa::watch_event_kind::task_added;
    const auto index = static_cast<std::size_t>(task);
    if (is_new ? it.known[index] : it.steps[index] == steps) ++result_.repeated;
    tell_steps(run, task, steps, now);
    if (it.known[index]) return;
    it.known[index] = true;
    if (it.known.all()) {
      if (it.running && trace_.runs[run].added == 0) --tasks_wanted_;
      see_picture(now);
    }
  }

  void hear_state(std::size_t run, const mwaa::watch_event& event, double now) {
    using status = mwaa::workflow_run_status;
    record& it = runs_[run];
    if (it.over) ++result_.repeated;
    if (!event.run_status.present()) return;
    const double shown = std::max(it.state_shown, it.tasks_shown);
    const traced_run& truth = trace_.runs[run];
    const status::value_type expected = shown < truth.started ? status::queued
                                        : shown < truth.ended ? status::running
                                                              : status::success;
    // A finish may be told later than it was shown.
    if (event.run_status != expected && !(it.state_shown < truth.ended && event.run_status == status::running))
      ++result_.untrue;
    meter_.tell_state(run,
                      event.run_status.is_terminal()        ? truth.ended
                      : event.run_status == status::running ? truth.started
                                                            : 0,
                      now);
    if (!it.state_told && truth.added == 0) --states_wanted_;
    it.state_told = true;
    const bool was_running = it.running;
    it.running = event.run_status == status::running;
    if (!was_running && it.running) it.tasks_since = std::max(it.tasks_since, it.state_shown);
    if (truth.added == 0 && !it.known.all() && it.running != was_running) tasks_wanted_ += it.running ? 1 : -1;
    it.over = event.kind == mwaa::watch_event_kind::run_finished;
    see_picture(now);
  }

  void see_picture(double now) {
    if (result_.first_picture == never && states_wanted_ == 0 && tasks_wanted_ == 0) result_.first_picture = now;
  }

  const watch_trace& trace_;
  const watch_service& service_;
  watch_meter meter_;
  double warm_up_;
  bool discover_;
  watch_drive_result& result_;
  std::vector<record> runs_;
  std::ptrdiff_t states_wanted_ = 0;  // of the runs that were there at the start, as tasks_wanted_
  std::ptrdiff_t tasks_wanted_ = 0;
};

class drive {
 public:
  drive(const watch_trace& trace, const watch_drive_options& options)
      : trace_(trace), options_(options), service_(trace, options.service, options.seed, start_of_calendar) {
    for (std::size_t i = 0; i < trace.runs.size(); ++i) additions_.push_back(i);
    std::sort(additions_.begin(), additions_.end(), [&](std::size_t a, std::size_t b) {
      return std::pair{trace.runs[a].added, a} < std::pair{trace.runs[b].added, b};
    });
    mwaa::watcher::watch_rules rules;
    if (options.quota_given) rules.requests_per_second = options.service.rate_limit;
    rules.share = options.share;
    state_.emplace(rules, at(start_of_time));
  }

  watch_drive_result run() {
    watch_drive_result result;
    audience audience{trace_, service_, options_, result};
    const time_point end = start_of_time + length(trace_.seconds);
    const time_point measured = start_of_time + length(options_.warm_up);
    std::array<std::uint64_t, mwaa::watcher::look_kinds> accepted{};
    time_point now = start_of_time;
    time_point next_figures = measured;
    if (options_.discover)
      for (int w = 0; w < watch_trace::workflows; ++w) state_->add_workflow(service_.workflow_arn(w), {}, at(now));
    while (now < end) {
      add_until(now);
      while (!to_service_.empty() && to_service_.front().arrives <= now) {
        flight& it = to_service_.front();
        it.answer.emplace(service_.answer(it.what, since_start(it.arrives)));
        ++result.requests[static_cast<std::size_t>(it.what.kind)];
        if (it.answer->index() != 0 && it.arrives >= measured) ++accepted[static_cast<std::size_t>(it.what.kind)];
        to_watcher_.push_back(std::move(it));
        to_service_.pop_front();
      }
      while (!to_watcher_.empty() && to_watcher_.front().answered <= now) {
        const flight it = std::move(to_watcher_.front());
        to_watcher_.pop_front();
        deliver(it, now, audience, result);
      }
      send(now);
      listen(now, audience);
      if (now >= next_figures) {
        result.stated_bound = std::max(result.stated_bound, seconds(state_->figures(at(now)).staleness_bound));
        next_figures = now + std::chrono::seconds{10};
      }
      time_point next = end;
      if (!to_service_.empty()) next = std::min(next, to_service_.front().arrives);
      if (!to_watcher_.empty()) next = std::min(next, to_watcher_.front().answered);
      if (next_addition_ < additions_.size())
        next = std::min(next, start_of_time + length(trace_.runs[additions_[next_addition_]].added));
      const time_point woken = state_->wakes_at();
      if (woken <= now && next > now) {
        ++result.hasty;
        next = std::min(next, now + std::chrono::milliseconds{1});
      } else {
        next = std::min(next, woken);
      }
      now = std::max(next, now);
    }
    audience.end(since_start(end));

    const double quota = options_.service.rate_limit * options_.share * seconds(end - measured);
    std::uint64_t all = 0;
    std::uint64_t all_accepted = 0;
    for (std::size_t k = 0; k < accepted.size(); ++k) {
      all += result.requests[k];
      all_accepted += accepted[k];
      if (options_.service.per_operation)
        result.quota_used = std::max(result.quota_used, static_cast<double>(accepted[k]) / quota);
    }
    if (!options_.service.per_operation) result.quota_used = static_cast<double>(all_accepted) / quota;
    const double count = static_cast<double>(std::max<std::uint64_t>(all, 1));
    result.throttled_share = static_cast<double>(result.throttled) / count;
    result.decisions = decisions_;
    result.decision_allocations = decision_allocations_;
    result.decision_ns = static_cast<double>(deciding_.count()) / count;
    result.answer_ns = static_cast<double>(answering_.count()) / count;
    result.events_ns = static_cast<double>(listening_.count()) / count;
    return result;
  }

  [[nodiscard]] std::optional<watch_state>& state() { return state_; }

 private:
  std::chrono::nanoseconds* measured(std::chrono::nanoseconds& total) const {
    return options_.measure_cpu ? &total : nullptr;
  }

  void add_until(time_point now) {
    for (; next_addition_ < additions_.size(); ++next_addition_) {
      const std::size_t run = additions_[next_addition_];
      if (start_of_time + length(trace_.runs[run].added) > now) return;
      if (!options_.discover) state_->add(service_.key(run), 1, at(now));
    }
  }

  void send(time_point now) {
    for (;;) {
      std::optional<look> next;
      {
        const stopwatch watch{measured(deciding_)};
        const std::size_t allocations = test::allocations();
        {
          const collected instructions;
          next = state_->next_look(at(now));
        }
        decision_allocations_ += test::allocations() - allocations;
        ++decisions_;
      }
      if (!next) return;
      flight& it = to_service_.emplace_back();
      it.what = std::move(*next);
      it.sent = now;
      it.arrives = now + length(options_.service.round_trip / 2);
      it.answered = now + length(options_.service.round_trip);
    }
  }

  void deliver(const flight& it, time_point now, audience& audience, watch_drive_result& result) {
    const double shown = since_start(it.arrives);
    const double time = since_start(now);
    std::optional<std::size_t> of_tasks;
    if (const auto* tasks = std::get_if<mwaa::list_task_instances_response>(&*it.answer)) {
      of_tasks = service_.find(it.what.run_id);
      audience.shows_tasks(*of_tasks, shown, time);
      bring(it, now, *tasks);
    } else if (const auto* run = std::get_if<mwaa::get_workflow_run_response>(&*it.answer)) {
      audience.shows_state(*service_.find(it.what.run_id), shown, time);
      bring(it, now, *run);
    } else if (const auto* runs = std::get_if<mwaa::list_workflow_runs_response>(&*it.answer)) {
      for (const auto& each : runs->workflow_runs)
        if (const auto found = service_.find(each.run_id)) audience.shows_state(*found, shown, time);
      bring(it, now, *runs);
    } else if (const auto* workflows = std::get_if<mwaa::list_workflows_response>(&*it.answer)) {
      bring(it, now, *workflows);
    } else {
      const auto& why = std::get<mwaa::error>(*it.answer);
      ++(why.code == mwaa::errc::throttled ? result.throttled : result.failed);
      const stopwatch watch{measured(answering_)};
      state_->failed(it.what, at(it.sent), at(now), why);
    }
    listen(now, audience);
    if (of_tasks) audience.settle(*of_tasks, time);
  }

  template <class Response>
  void bring(const flight& it, time_point now, const Response& response) {
    const stopwatch watch{measured(answering_)};
    state_->saw(it.what, at(it.sent), at(now), response);
  }

  void listen(time_point now, audience& audience) {
    for (;;) {
      std::optional<mwaa::watch_event> event;
      {
        const stopwatch watch{measured(listening_)};
        event = state_->next_event();
      }
      if (!event) return;
      audience.hear(*event, since_start(now));
    }
  }

  const watch_trace& trace_;
  watch_drive_options options_;
  watch_service service_;
  std::optional<watch_state> state_;
  std::vector<std::size_t> additions_;
  std::size_t next_addition_ = 0;
  std::deque<flight> to_service_;
  std::deque<flight> to_watcher_;
  std::uint64_t decisions_ = 0;
  std::uint64_t decision_allocations_ = 0;
  std::chrono::nanoseconds deciding_{0};
  std::chrono::nanoseconds answering_{0};
  std::chrono::nanoseconds listening_{0};
};

std::size_t heap_in_use() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;
#else
  const auto used = ::mallinfo2();
  return used.uordblks + used.hblkhd;
#endif
}

}  // namespace

watch_drive_result drive_watcher(const watch_trace& trace, const watch_drive_options& options) {
  return drive{trace, options}.run();
}

double reading_a_page_ns() {
  const watch_trace trace{watch_mix::a, 1, 60};
  watch_service service{trace, {}, 1, start_of_calendar};
  look what;
  what.workflow_arn = service.key(0).workflow_arn;
  what.run_id = service.key(0).run_id;
  std::ostringstream body;
  body << std::get<mwaa::list_task_instances_response>(service.answer(what, 0));
  constexpr int rounds = 2'000;
  std::chrono::nanoseconds total{0};
  std::size_t read = 0;
  {
    const stopwatch watch{&total};
    for (int i = 0; i < rounds; ++i)
      read += mwaa::protocol::decode<mwaa::list_task_instances_request>(body.str()).value().task_instances.size();
  }
  if (read != rounds * watch_trace::tasks) throw std::logic_error("the page was not read as it was written");
  return static_cast<double>(total.count()) / rounds;
}

cost_figures measure_cost(std::size_t runs, std::uint64_t seed) {
  const watch_trace trace{watch_mix::b, seed, 600, runs};
  watch_drive_options options;
  options.seed = seed;
  options.warm_up = 0;
  options.quota_given = true;
  options.measure_cpu = true;
  options.service.rate_limit = static_cast<double>(runs) / 100;
  options.service.burst = std::max(options.service.rate_limit, 10.0);
  drive driven{trace, options};
  const auto result = driven.run();
  cost_figures out;
  out.runs = runs;
  out.decision_ns = result.decision_ns;
  out.answer_ns = result.answer_ns;
  out.events_ns = result.events_ns;
  out.reading_ns = reading_a_page_ns();
  out.checkpoint_bytes = driven.state()->checkpoint().size();
  const auto with = heap_in_use();
  driven.state().reset();
  const auto without = heap_in_use();
  out.heap_bytes_per_run = static_cast<double>(with - without) / static_cast<double>(runs);
  return out;
}

decision_figures measure_decisions() {
  const watch_trace trace{watch_mix::b, 1, 120, 1'000};
  watch_drive_options options;
  options.warm_up = 0;
  options.quota_given = true;
  const auto result = drive{trace, options}.run();
  return {result.decisions, result.decision_allocations};
}

}  // namespace bench
