#include "watch_rivals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <queue>
#include <tuple>

namespace bench {

namespace {

// Their requests come smoothly, so that the quota never refuses one; an answer is here before the next request goes.
class pace {
 public:
  explicit pace(const rival_options& options)
      : step(1 / (options.service.rate_limit * options.share)),
        to_service(options.ideal ? 0 : options.service.round_trip / 2),
        round_trip(options.ideal ? 0 : options.service.round_trip) {}

  double step;
  double to_service;
  double round_trip;
};

double runs_at_first(const watch_trace& trace) {
  return static_cast<double>(
      std::count_if(trace.runs.begin(), trace.runs.end(), [](const traced_run& run) { return run.added == 0; }));
}

rival_result loop_every(const watch_trace& trace, const rival_options& options, double interval) {
  const pace go{options};
  watch_meter meter{trace, options.warm_up};
  chance random{1};
  // When it is sent, the run, and when its turn was.
  using turn = std::tuple<double, std::size_t, double>;
  std::priority_queue<turn, std::vector<turn>, std::greater<>> turns;
  for (std::size_t i = 0; i < trace.runs.size(); ++i) {
    const double first = trace.runs[i].added + random.unit() * interval;
    turns.emplace(first, i, first);
  }
  request_bucket bucket{options.service.rate_limit * options.share, options.service.burst};
  double free = 0;
  std::uint64_t sent = 0;
  std::uint64_t throttled = 0;
  while (!turns.empty()) {
    auto [time, run, since] = turns.top();
    turns.pop();
    if (options.ideal) time = std::max(time, free);
    if (time >= trace.seconds) break;
    ++sent;
    if (options.ideal) {
      free = time + go.step;
      since = time;
    } else if (!bucket.take(time + go.to_service)) {
      ++throttled;
      turns.emplace(time + go.round_trip + 1, run, since);
      continue;
    }
    meter.tell_tasks(run, time + go.to_service, time + go.round_trip);
    meter.tell_state(run, time + go.to_service, time + go.round_trip);
    const double next = std::max(since + interval, time + go.round_trip);
    if (!meter.end_told(run)) turns.emplace(next, run, next);
  }
  rival_result out;
  static_cast<freshness&>(out) = meter.result();
  out.choice = interval;
  out.throttled_share = static_cast<double>(throttled) / static_cast<double>(std::max<std::uint64_t>(sent, 1));
  return out;
}

rival_result batched_every(const watch_trace& trace, const rival_options& options, double sweep) {
  const pace go{options};
  watch_meter meter{trace, options.warm_up};
  const int pages = options.service.order == listing_order::newest_first ? 1 : 5;
  std::deque<std::pair<int, int>> to_list;  // workflow, page
  std::vector<std::size_t> ring;
  std::size_t position = 0;
  double next_sweep = 0;
  for (double time = 0; time < trace.seconds; time += go.step) {
    if (time >= next_sweep && to_list.empty()) {
      for (int w = 0; w < watch_trace::workflows; ++w)
        for (int p = 0; p < pages; ++p) to_list.emplace_back(w, p);
      next_sweep = time + sweep;
    }
    if (!to_list.empty()) {
      const auto [workflow, page] = to_list.front();
      to_list.pop_front();
      for (std::size_t i = 0; i < trace.runs.size(); ++i) {
        const traced_run& run = trace.runs[i];
        if (run.workflow == workflow && (pages == 1 || run.page == page) && run.added <= time && !meter.end_told(i))
          meter.tell_state(i, time + go.to_service, time + go.round_trip);
      }
      if (to_list.empty()) {
        ring.clear();
        for (std::size_t i = 0; i < trace.runs.size(); ++i) {
          const bool tasks_left =
              meter.tasks_told(i) + static_cast<std::size_t>(trace.runs[i].base) < watch_trace::life;
          if (meter.start_told(i) && trace.runs[i].added <= time && (!meter.end_told(i) || tasks_left))
            ring.push_back(i);
        }
      }
      if (!options.service.per_operation) continue;  // else the tasks have a quota of their own
    }
    if (ring.empty()) continue;
    position = (position + 1) % ring.size();
    meter.tell_tasks(ring[position], time + go.to_service, time + go.round_trip);
  }
  rival_result out;
  static_cast<freshness&>(out) = meter.result();
  out.choice = sweep;
  return out;
}

template <class Try, class Choices>
rival_result best_of(const Choices& choices, Try attempt) {
  rival_result best;
  for (const double choice : choices) {
    rival_result one = attempt(choice);
    if (best.choice == 0 || one.tasks.mean < best.tasks.mean) best = std::move(one);
  }
  return best;
}

// P(at least `shape` of a Poisson variable of mean x): the regularised lower incomplete gamma function.
double gamma_p(int shape, double x) {
  if (x <= 0) return 0;
  double term = std::exp(-x);
  if (x > shape + 1) {
    double rest = 0;
    for (int k = 0; k < shape; ++k) {
      rest += term;
      term *= x / (k + 1);
    }
    return 1 - rest;
  }
  for (int k = 0; k < shape; ++k) term *= x / (k + 1);
  double sum = 0;
  for (int k = shape; k < shape + 200 && term > sum * 1e-16; ++k) {
    sum += term;
    term *= x / (k + 1);
  }
  return sum;
}

// The price of a look at a run whose tasks have `left` steps to make: the finish is what counts.
double finish_price(double weight, int left, double rate, double age) {
  const double r = std::max(rate, 0.02);
  const double x = r * age;
  const double p = gamma_p(left, x);
  const double density = r * std::exp(-x + (left - 1) * std::log(std::max(x, 1e-9)) - std::lgamma(left));
  const double integral = age * p - left / r * gamma_p(left + 1, x);
  return weight * std::min(std::max(p * p / std::max(density, 1e-9) - integral, 0.0), 1e5);
}

}  // namespace

rival_result loop_per_run(const watch_trace& trace, const rival_options& options) {
  const double fits = runs_at_first(trace) / (options.service.rate_limit * options.share);
  if (options.ideal) return loop_every(trace, options, fits);
  std::vector<double> choices;
  for (const double factor : {1.0, 1.02, 1.05, 1.1, 1.2}) choices.push_back(fits * factor);
  return best_of(choices, [&](double interval) { return loop_every(trace, options, interval); });
}

rival_result batched_loop(const watch_trace& trace, const rival_options& options) {
  return best_of(std::initializer_list<double>{10, 20, 40, 80},
                 [&](double sweep) { return batched_every(trace, options, sweep); });
}

rival_result told_rates(const watch_trace& trace, const rival_options& options) {
  constexpr std::array rates{0.0, 1.0 / 600, 0.1};
  constexpr std::array at_first{0.45, 0.45, 0.1};
  constexpr double mean_rate = at_first[1] * rates[1] + at_first[2] * rates[2];
  constexpr double switching = 0.93e-3;
  constexpr double oldest = 300;
  constexpr double state_weight = 10 * 5e-5;  // of a finish, and of those that tasks do not foretell
  const pace go{options};
  watch_meter meter{trace, options.warm_up};
  const int pages = options.service.order == listing_order::newest_first ? 1 : 5;
  const std::size_t n = trace.runs.size();
  std::vector<std::array<double, 3>> belief(n, at_first);
  std::vector<double> believed(n, mean_rate);
  std::vector<double> looked(n, -100);
  std::array<double, watch_trace::workflows> listed;
  listed.fill(-1e9);
  std::array<double, watch_trace::workflows> members{};
  for (const traced_run& run : trace.runs) ++members[static_cast<std::size_t>(run.workflow)];
  int pages_left = 0;

  for (double time = 0; time < trace.seconds; time += go.step) {
    // Pages show nothing new here: no run starts or ends.
    if (pages_left > 0) {
      --pages_left;
      if (!options.service.per_operation) continue;
    }
    double best = -1;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double age = time - looked[i];
      const double gone = std::exp(-switching * age);
      double value = mean_rate * age * age / 2 +
                     (believed[i] - mean_rate) * (1 - gone * (1 + switching * age)) / (switching * switching);
      if (age > oldest) value += 1e6;
      if (value > best) {
        best = value;
        chosen = i;
      }
    }
    for (std::size_t w = 0; w < listed.size() && pages_left == 0; ++w) {
      const double age = time - listed[w];
      if (state_weight * members[w] * age * age / 2 / pages + (age > oldest ? 1e6 : 0) <= best) continue;
      listed[w] = time;
      pages_left = pages;
    }
    if (pages_left == pages && !options.service.per_operation) {
      --pages_left;
      continue;
    }
    const std::size_t before = meter.tasks_told(chosen);
    meter.tell_tasks(chosen, time + go.to_service, time + go.round_trip);
    const auto changed = static_cast<double>(std::min<std::size_t>(meter.tasks_told(chosen) - before, 40));
    const double passed = std::max(time - looked[chosen], 1e-3);
    looked[chosen] = time;
    double sum = 0;
    for (std::size_t l = 0; l < rates.size(); ++l) {
      double& one = belief[chosen][l];
      const double x = rates[l] * passed;
      one = at_first[l] + (one - at_first[l]) * std::exp(-switching * passed);
      one *= std::exp(-x) * std::pow(x > 0 ? x : 1e-12, changed);
      sum += one;
    }
    believed[chosen] = 0;
    for (std::size_t l = 0; l < rates.size(); ++l) {
      belief[chosen][l] = sum > 0 ? belief[chosen][l] / sum : at_first[l];
      believed[chosen] += belief[chosen][l] * rates[l];
    }
  }
  rival_result out;
  static_cast<freshness&>(out) = meter.result();
  return out;
}

rival_result known_rates(const watch_trace& trace, const rival_options& options) {
  constexpr double finish_weight = 10;
  constexpr double oldest = 300;
  constexpr double mean_end = 2;  // from the last task's end to the run's
  constexpr int near = 8;
  const pace go{options};
  watch_meter meter{trace, options.warm_up};
  const std::size_t n = trace.runs.size();
  std::vector<double> looked(n, -1e9);
  std::vector<double> asked(n, -1e9);
  std::vector<double> price(n);
  std::vector<double> rate(n);
  std::vector<char> tasks_over(n);
  std::vector<std::size_t> running;

  std::vector<std::pair<double, std::size_t>> additions;
  std::vector<std::pair<double, std::size_t>> starts;
  std::vector<std::tuple<double, std::size_t, std::size_t, double>> switches;
  for (std::size_t i = 0; i < n; ++i) {
    const traced_run& run = trace.runs[i];
    additions.emplace_back(run.added, i);
    if (run.started < never) starts.emplace_back(std::max(run.started, run.added), i);
    for (std::size_t k = 0; k < run.rates.size(); ++k)
      switches.emplace_back(std::max({run.rates[k].first, run.added, 0.0}), k, i, run.rates[k].second);
  }
  std::sort(additions.begin(), additions.end());
  std::sort(starts.begin(), starts.end());
  std::sort(switches.begin(), switches.end());
  std::size_t next_addition = 0;
  std::size_t next_start = 0;
  std::size_t next_switch = 0;

  for (double time = 0; time < trace.seconds; time += go.step) {
    for (; next_addition < n && additions[next_addition].first <= time; ++next_addition) {
      const std::size_t run = additions[next_addition].second;
      looked[run] = trace.runs[run].added > 0 ? std::max(time - 30, -30.0) : -100;
    }
    for (; next_switch < switches.size() && std::get<0>(switches[next_switch]) <= time; ++next_switch)
      rate[std::get<2>(switches[next_switch])] = std::get<3>(switches[next_switch]);
    for (; next_start < starts.size() && starts[next_start].first <= time; ++next_start) {
      meter.tell_state(starts[next_start].second, time, time);
      running.push_back(starts[next_start].second);
    }
    double best = -1;
    std::size_t chosen = n;
    bool of_tasks = true;
    double best_state = -1;
    std::size_t state_chosen = n;
    for (const std::size_t run : running) {
      const double age = time - looked[run];
      price[run] += rate[run] * age * go.step;
      if (tasks_over[run] != 0) {
        const double waited = time - std::max(asked[run], looked[run]);
        const double x = std::min(waited / mean_end, 20.0);
        const double gone = 1 - std::exp(-x);
        const double value = finish_weight * mean_end * (gone * gone * std::exp(x) - (x - gone));
        if (value > best_state) {
          best_state = value;
          state_chosen = run;
        }
        continue;
      }
      double value = price[run];
      if (trace.mix != watch_mix::b) {
        const int left = watch_trace::life - trace.runs[run].base - static_cast<int>(meter.tasks_told(run));
        if (left > 0 && left <= near) value += finish_price(finish_weight, left, rate[run], age);
      }
      if (age > oldest) value += 1e6;
      if (value > best) {
        best = value;
        chosen = run;
      }
    }
    const auto look_at_state = [&] {
      meter.tell_state(state_chosen, time + go.to_service, time + go.round_trip);
      asked[state_chosen] = time;
      if (meter.end_told(state_chosen)) std::erase(running, state_chosen);
    };
    if (best_state > best) of_tasks = false;
    if (state_chosen != n && (!of_tasks || options.service.per_operation)) look_at_state();
    if (chosen == n || (!of_tasks && !options.service.per_operation)) continue;
    meter.tell_tasks(chosen, time + go.to_service, time + go.round_trip);
    looked[chosen] = time;
    price[chosen] = 0;
    if (trace.mix != watch_mix::b && meter.tasks_told(chosen) + static_cast<std::size_t>(trace.runs[chosen].base) >=
                                         static_cast<std::size_t>(watch_trace::life))
      tasks_over[chosen] = 1;
  }
  rival_result out;
  static_cast<freshness&>(out) = meter.result();
  return out;
}

double causal_bound(const watch_trace& trace, const rival_options& options) {
  const double rate_limit = options.service.rate_limit * options.share;
  double weighted = 0;
  double changes = 0;
  for (double time = options.warm_up; time < trace.seconds; time += 20) {
    double roots = 0;
    for (const traced_run& run : trace.runs) {
      if (run.added > time || run.started > time || run.ended <= time) continue;
      const double rate = run.rate_at(time);
      roots += std::sqrt(rate);
      changes += rate;
    }
    weighted += roots * roots / (2 * rate_limit);
  }
  return weighted / changes;
}

}  // namespace bench
