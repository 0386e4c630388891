// How late the changes of a trace were told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "watch_trace.hpp"

namespace bench {

/// Of delays, in seconds.
class spread {
 public:
  spread() = default;
  explicit spread(std::vector<double> delays);

  std::size_t count = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
  std::vector<double> percentiles;  ///< From 0 to 100.
};

/// What a watcher of a trace comes to. Changes before the end of the warm-up do not count; what was never told counts
/// up to the end.
class freshness {
 public:
  spread tasks;
  spread finishes;
  spread starts;
};

/// Collects when the changes of a trace were told.
class watch_meter {
 public:
  watch_meter(const watch_trace& trace, double warm_up);

  /// All changes of a run's tasks until `shown` are told at `told`. For who tells run by run.
  void tell_tasks(std::size_t run, double shown, double told);
  /// One change of a run; each is told once, in any order.
  void tell_change(std::size_t run, std::size_t change, double told);
  /// The start and the end of a run, as far as they are before `shown`.
  void tell_state(std::size_t run, double shown, double told);

  [[nodiscard]] std::size_t tasks_told(std::size_t run) const { return seen_[run]; }
  [[nodiscard]] bool start_told(std::size_t run) const { return started_[run]; }
  [[nodiscard]] bool end_told(std::size_t run) const { return ended_[run]; }

  /// At the end of the trace.
  [[nodiscard]] freshness result() const;

 private:
  void add(std::vector<double>& to, double change, double told) const;

  const watch_trace& trace_;
  double warm_up_;
  std::vector<std::size_t> seen_;                // by run: how many of the first changes were told
  std::vector<std::vector<bool>> out_of_order_;  // by run and change, when told one by one
  std::vector<char> started_;
  std::vector<char> ended_;
  std::vector<double> tasks_;
  std::vector<double> starts_;
  std::vector<double> finishes_;
};

}  // namespace bench
