// The library's watcher over a trace, in virtual time.
#pragma once

#include <array>
#include <cstdint>

#include "watch_meter.hpp"
#include "watch_trace.hpp"

namespace bench {

class watch_drive_options {
 public:
  watch_service_options service;
  double share = 1;          ///< Of the quota, for the watcher.
  bool quota_given = false;  ///< Told to the watcher; otherwise it learns the quota.
  bool discover = false;     ///< The watcher is given the workflows and finds the runs; otherwise it is given the runs.
  double warm_up = 600;      ///< Seconds that are not measured.
  std::uint64_t seed = 1;
  bool measure_cpu = false;  ///< Doubles the time that it takes.
};

class watch_drive_result : public freshness {
 public:
  double first_picture = never;  ///< All states and all tasks of running runs have been told, in seconds.
  std::array<std::uint64_t, mwaa_serverless::watcher::look_kinds> requests{};
  std::uint64_t throttled = 0;  ///< Of the requests.
  std::uint64_t failed = 0;     ///< Refused for another reason: nothing in the simulation is a cause of it.
  double throttled_share = 0;
  double quota_used = 0;    ///< Accepted, of what the share allows; with a quota an operation, of the one used most.
  double oldest_tasks = 0;  ///< The longest that the tasks of a running run were not looked at, in seconds.
  double oldest_state = 0;  ///< The same of the state of a run that has not ended.
  double unseen = 0;        ///< The longest that a run which has not ended was not looked at in any way.
  double stated_bound = 0;  ///< The longest that the watcher said it keeps to.
  // What the watcher told against the trace: all are to be zero.
  std::uint64_t untrue = 0;                ///< A status that the service did not show.
  std::uint64_t repeated = 0;              ///< An event that says what was told before.
  std::uint64_t missing = 0;               ///< Tasks and runs of which a look has shown more than was told in the end.
  std::uint64_t hasty = 0;                 ///< wakes_at() that had passed although there was nothing to do.
  std::uint64_t decisions = 0;             ///< next_look(), with a look or without.
  std::uint64_t decision_allocations = 0;  ///< In all of them.
  // CPU time of the watcher alone, in nanoseconds: when measured.
  double decision_ns = 0;  ///< next_look(), a look.
  double answer_ns = 0;    ///< saw() or failed(), a look.
  double events_ns = 0;    ///< next_event(), a look.
};

[[nodiscard]] watch_drive_result drive_watcher(const watch_trace& trace, const watch_drive_options& options);

class cost_figures {
 public:
  std::size_t runs = 0;
  double decision_ns = 0;
  double answer_ns = 0;
  double events_ns = 0;
  double reading_ns = 0;          ///< What the client does least for a look: a page of 40 tasks from its JSON text.
  double heap_bytes_per_run = 0;  ///< Of 40 tasks, all of them seen; 0 where the allocator does not tell.
  std::size_t checkpoint_bytes = 0;
};

/// Of the watcher's scheduling, whose instructions callgrind counts.
class decision_figures {
 public:
  std::uint64_t decisions = 0;
  std::uint64_t allocations = 0;
};

/// Two minutes of mix b with 1,000 runs.
[[nodiscard]] decision_figures measure_decisions();

/// Mix b with `runs` runs, and with a quota that grows as they do, so that each is looked at as often.
[[nodiscard]] cost_figures measure_cost(std::size_t runs, std::uint64_t seed);

}  // namespace bench
