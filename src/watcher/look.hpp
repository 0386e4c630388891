// What a watch_state is made with, asks for and says of itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mwaa_serverless::watcher {

using time_point = std::chrono::steady_clock::time_point;
using duration = time_point::duration;

/// One moment by both clocks. Events are told in calendar time, everything is decided in monotonic time.
class moment {
 public:
  moment() = default;
  moment(time_point steady_value, std::chrono::system_clock::time_point wall_value)
      : steady(steady_value), wall(wall_value) {}

  time_point steady{};
  std::chrono::system_clock::time_point wall{};
};

/// watch_options without I/O.
class watch_rules {
 public:
  std::optional<double> requests_per_second;
  double initial_requests_per_second = 10;
  double share = 0.9;
  std::size_t max_looks_in_flight = 16;
  std::optional<duration> max_staleness;
  duration min_interval = std::chrono::seconds{1};
  double finish_weight = 10;
  double start_weight = 1;
  double task_weight = 1;
};

/// What a look asks for: each is one request.
enum class look_kind : std::uint8_t {
  tasks,      ///< ListTaskInstances, a page of a run.
  run,        ///< GetWorkflowRun.
  runs,       ///< ListWorkflowRuns, a page of a workflow.
  workflows,  ///< ListWorkflows, a page.
};
inline constexpr std::size_t look_kinds = 4;

/// A request to be sent, with pages of a hundred.
class look {
 public:
  look_kind kind = look_kind::tasks;
  std::uint64_t number = 0;  ///< Names it in the answer.
  std::string workflow_arn;
  std::string run_id;
  std::optional<std::string> next_token;
};

class watch_figures {
 public:
  std::size_t runs = 0;
  std::size_t workflows = 0;
  std::uint64_t looks = 0;
  std::uint64_t throttled = 0;
  std::uint64_t failed = 0;
  std::size_t in_flight = 0;
  double requests_per_second = 0;
  bool quota_known = false;
  double price = 0;
  duration oldest{0};
  duration staleness_bound{0};
  std::optional<time_point> failing_since;
  std::size_t events_waiting = 0;
};

}  // namespace mwaa_serverless::watcher
