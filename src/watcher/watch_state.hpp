// What a run_watcher knows, decides and tells: without I/O, clock or lock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/watch_event.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Schedules the looks of a watcher and finds what changed.
///
/// The owner asks for looks, sends them in the order in which it got them, and brings every one back by saw() or
/// failed(), exactly once.
class watch_state {
 public:
  /// `now` is the start of time for what is learned.
  watch_state(watch_rules rules, moment now);
  watch_state(watch_state&&) noexcept;
  watch_state& operator=(watch_state&&) noexcept;
  ~watch_state();

  void add(run_key run, double weight, moment now);
  void add_workflow(std::string workflow_arn, run_filter filter, moment now);
  void add_all(run_filter filter, moment now);
  bool remove(const run_key& run);
  bool remove_workflow(std::string_view workflow_arn);

  /// The request that is worth most now; nullopt: none before wakes_at(), unless something is added or brought back.
  [[nodiscard]] std::optional<look> next_look(moment now);
  [[nodiscard]] time_point wakes_at() const noexcept;
  /// Others have used the quota for `requests` of them.
  void others_sent(std::size_t requests, moment now);

  // What a look brought. `asked`: when its request was sent; the answer may show any moment since.
  void saw(const look& what, moment asked, moment now, const list_task_instances_response& page);
  void saw(const look& what, moment asked, moment now, const get_workflow_run_response& run);
  void saw(const look& what, moment asked, moment now, const list_workflow_runs_response& page);
  void saw(const look& what, moment asked, moment now, const list_workflows_response& page);
  void failed(const look& what, moment asked, moment now, const error& why);
  /// It was not sent, or cancelled: as if it had not been asked for.
  void abandoned(const look& what, moment now);

  /// What is to be told next.
  [[nodiscard]] std::optional<watch_event> next_event();
  [[nodiscard]] bool has_event() const noexcept;
  /// Everything that was added has ended and been told.
  [[nodiscard]] bool over() const noexcept;

  [[nodiscard]] std::vector<run_snapshot> snapshot() const;
  [[nodiscard]] watch_figures figures(moment now) const;

  [[nodiscard]] std::string checkpoint() const;
  /// nullopt, with `why`, for bytes that are no checkpoint of a known form.
  [[nodiscard]] static std::optional<watch_state> restore(std::string_view bytes, watch_rules rules, moment now,
                                                          std::string& why);

 private:
  class implementation;
  std::unique_ptr<implementation> self_;
};

}  // namespace mwaa_serverless::watcher
