#include "watch_meter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bench {

namespace {

// Between the two nearest of sorted values.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

}  // namespace

spread::spread(std::vector<double> delays) : count(delays.size()) {
  if (delays.empty()) return;
  std::sort(delays.begin(), delays.end());
  mean = std::accumulate(delays.begin(), delays.end(), 0.0) / static_cast<double>(count);
  p50 = percentile(delays, 0.5);
  p90 = percentile(delays, 0.9);
  p99 = percentile(delays, 0.99);
  max = delays.back();
  for (int i = 0; i <= 100; ++i) percentiles.push_back(percentile(delays, i / 100.0));
}

watch_meter::watch_meter(const watch_trace& trace, double warm_up)
    : trace_(trace),
      warm_up_(warm_up),
      seen_(trace.runs.size()),
      out_of_order_(trace.runs.size()),
      started_(trace.runs.size()),
      ended_(trace.runs.size()) {
  for (std::size_t i = 0; i < trace.runs.size(); ++i) started_[i] = trace.runs[i].started < 0;
}

void watch_meter::add(std::vector<double>& to, double change, double told) const {
  if (change >= warm_up_ && change < trace_.seconds) to.push_back(std::min(told, trace_.seconds) - change);
}

void watch_meter::tell_tasks(std::size_t run, double shown, double told) {
  const auto& changes = trace_.runs[run].changes;
  for (; seen_[run] < changes.size() && changes[seen_[run]] <= shown; ++seen_[run])
    add(tasks_, changes[seen_[run]], told);
}

void watch_meter::tell_change(std::size_t run, std::size_t change, double told) {
  auto& known = out_of_order_[run];
  if (known.empty()) known.resize(trace_.runs[run].changes.size());
  if (known[change]) return;
  known[change] = true;
  ++seen_[run];
  add(tasks_, trace_.runs[run].changes[change], told);
}

void watch_meter::tell_state(std::size_t run, double shown, double told) {
  const traced_run& it = trace_.runs[run];
  if (started_[run] == 0 && it.started <= shown) {
    started_[run] = 1;
    add(starts_, it.started, told);
  }
  if (ended_[run] == 0 && it.ended <= shown) {
    ended_[run] = 1;
    add(finishes_, it.ended, told);
  }
}

freshness watch_meter::result() const {
  std::vector<double> tasks = tasks_;
  std::vector<double> starts = starts_;
  std::vector<double> finishes = finishes_;
  for (std::size_t i = 0; i < trace_.runs.size(); ++i) {
    const traced_run& it = trace_.runs[i];
    if (out_of_order_[i].empty()) {
      for (std::size_t k = seen_[i]; k < it.changes.size(); ++k) add(tasks, it.changes[k], trace_.seconds);
    } else {
      for (std::size_t k = 0; k < it.changes.size(); ++k)
        if (!out_of_order_[i][k]) add(tasks, it.changes[k], trace_.seconds);
    }
    if (started_[i] == 0) add(starts, it.started, trace_.seconds);
    if (ended_[i] == 0) add(finishes, it.ended, trace_.seconds);
  }
  freshness out;
  out.tasks = spread{std::move(tasks)};
  out.starts = spread{std::move(starts)};
  out.finishes = spread{std::move(finishes)};
  return out;
}

}  // namespace bench
