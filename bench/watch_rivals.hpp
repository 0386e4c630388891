// What else could watch the runs of a trace under the same quota, and the bound that none of them can beat.
#pragma once

#include "watch_meter.hpp"
#include "watch_trace.hpp"

namespace bench {

/// Under which a rival works.
class rival_options {
 public:
  watch_service_options service;
  double share = 1;      ///< Of the quota.
  double warm_up = 600;  ///< Seconds that are not measured.
  /// Requests take no time and pass whenever they are 1 / rate apart: the simulation of watching.md.
  bool ideal = false;
};

class rival_result : public freshness {
 public:
  double choice = 0;           ///< The best interval or sweep, in seconds.
  double throttled_share = 0;  ///< Of the requests.
};

/// A loop a run, at the interval that serves it best; throttled, it waits for as long as the service says.
[[nodiscard]] rival_result loop_per_run(const watch_trace& trace, const rival_options& options);
/// Lists the runs of all workflows every 10, 20, 40 or 80 s, whichever serves it best, and looks at the tasks of those
/// that run, one after the other.
[[nodiscard]] rival_result batched_loop(const watch_trace& trace, const rival_options& options);
/// The watcher's prices by beliefs on the rates of mix b that begin as they are, and with the true pace of its swaps:
/// how much is lost by learning. For mix b only.
[[nodiscard]] rival_result told_rates(const watch_trace& trace, const rival_options& options);
/// The watcher's prices, with each run's rate and its changes, and starts, known at once.
[[nodiscard]] rival_result known_rates(const watch_trace& trace, const rival_options& options);
/// No scheduler that knows all rates, and their changes at once, but not when tasks change, has a lower mean delay.
[[nodiscard]] double causal_bound(const watch_trace& trace, const rival_options& options);

}  // namespace bench
