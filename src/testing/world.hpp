// What exists in the emulated account: workflows, their runs, and tasks that move with time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::testing {

/// One run and its tasks, in an order that never changes: pages stay whole while tasks move.
class emulated_run {
 public:
  emulated_run(std::string_view workflow_arn, std::string_view version, std::string_view run_id,
               const std::vector<emulated_task>& tasks, clock::time_point started);

  [[nodiscard]] std::size_t size() const noexcept { return tasks_.size(); }
  /// Lets `by` pass at once.
  void advance(std::chrono::milliseconds by) noexcept;
  /// A task, as it is at `now`.
  [[nodiscard]] task_instance summary(std::size_t index, clock::time_point now) const;

 private:
  struct change {
    std::chrono::nanoseconds after;
    task_instance_status status;
    /// In whole seconds, when the task is complete with this change.
    std::optional<std::chrono::seconds> duration;
  };
  struct task {
    task_instance at_first;
    std::vector<change> changes;
  };

  std::vector<task> tasks_;
  clock::time_point started_;
  std::chrono::nanoseconds skipped_{0};  ///< By advance().
};

/// Everything that operations look up.
class world {
 public:
  /// Adds or replaces a run, and its workflow when that is new. Checks names, ids and timelines: throws
  /// exception(errc::invalid_argument).
  void add_run(std::string_view workflow_arn, std::string_view version, std::string_view run_id,
               const std::vector<emulated_task>& tasks, clock::time_point started);
  /// A workflow without runs; no effect on one that exists.
  void add_workflow(std::string_view workflow_arn, std::string_view version);

  /// False when there is no such run.
  [[nodiscard]] bool advance_run(std::string_view workflow_arn, std::string_view run_id, std::chrono::milliseconds by);

  [[nodiscard]] bool has_workflow(std::string_view workflow_arn) const;
  /// Null when there is none.
  [[nodiscard]] std::shared_ptr<const emulated_run> find_run(std::string_view workflow_arn,
                                                             std::string_view run_id) const;

 private:
  struct workflow {
    std::string version;
    std::map<std::string, std::shared_ptr<emulated_run>, std::less<>> runs;
  };
  std::map<std::string, workflow, std::less<>> workflows_;
};

/// The version of workflows that are added without one.
inline constexpr std::string_view default_version = "5f3c9a1e7b2d4806a1c3e5f708192a3b";

/// Adds the runs of the default scenario: run-finished, run-live, run-failed and run-empty.
void add_default_scenario(world& to, const std::string& workflow_arn, std::uint64_t seed, clock::time_point start);
/// Adds what a scenario file says (docs/emulator.md). Throws exception(errc::invalid_configuration) that names the
/// place in the file.
void add_scenario(world& to, std::string_view json, clock::time_point start);

}  // namespace mwaa_serverless::testing
