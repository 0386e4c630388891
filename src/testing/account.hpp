// What exists in the emulated account: workflows, their versions, tags and runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "testing/run.hpp"

namespace mwaa_serverless::testing {

/// One version of a workflow: it never changes.
class workflow_version {
 public:
  std::uint32_t sequence = 0;
  std::string id;
  clock::time_point created;
  std::optional<clock::time_point> gone_at;  ///< It is `DELETING` until then.
  /// What GetWorkflow tells, but for the state and the schedule.
  get_workflow_response content;
};

class workflow {
 public:
  std::uint32_t sequence = 0;
  std::string id;  ///< Its ARN.
  std::string name;
  clock::time_point created;
  std::optional<clock::time_point> gone_at;  ///< It is `DELETING` until then.
  std::optional<std::string> schedule;
  std::map<std::string, std::string, std::less<>> tags;
  emulated_run started_runs = emulated_run::typical();
  std::vector<std::unique_ptr<workflow_version>> versions;  ///< Oldest first.
  std::vector<std::shared_ptr<run>> runs;                   ///< Oldest first.

  [[nodiscard]] bool deleting() const noexcept { return gone_at.has_value(); }
  /// The last that is not being deleted; the last of all when all are.
  [[nodiscard]] workflow_version& latest() const;
  /// Null when there is none.
  [[nodiscard]] workflow_version* find_version(std::string_view version_id) const;
  [[nodiscard]] std::shared_ptr<run> find_run(std::string_view run_id) const;
};

/// Everything that operations look up and change. Whatever looks at it calls settle() first.
class account {
 public:
  /// `now` and `wall` are the same moment.
  account(const emulator_options& options, clock::time_point now, clock::wall_time_point wall);

  /// Lets everything happen that was to happen until `now`: deletions, and runs that waited for others to end.
  void settle(clock::time_point now);

  [[nodiscard]] std::vector<const workflow*> workflows() const;  ///< Oldest first.
  /// Null when there is none.
  [[nodiscard]] workflow* find_workflow(std::string_view arn) const;
  [[nodiscard]] bool has_workflow_named(std::string_view name) const;

  /// A new workflow without versions. `arn` empty: one is made.
  workflow& add_workflow(std::string_view name, std::string_view arn, clock::time_point now);
  /// `id` empty: one is made. What `content` says of identity and time is filled in.
  workflow_version& add_version(workflow& to, std::string_view id, get_workflow_response content,
                                clock::time_point now);
  /// The workflow, or one version of it, is gone after the time of deletions; its runs are stopped.
  void delete_workflow(workflow& which, clock::time_point now);
  void delete_version(workflow& of, workflow_version& which, clock::time_point now);
  void stop_run(run& which, clock::time_point now) const { which.stop(now, stopping_time_); }

  enum class room : std::uint8_t { free, account_full, workflow_full };
  /// For one more run of the workflow `arn`.
  [[nodiscard]] room room_for_run(std::string_view arn, clock::time_point at) const;
  /// Starts a run with the course of the workflow's started_runs; it waits when there is no room.
  run& start_run(workflow& of, std::string_view version, json_text override_parameters, clock::time_point now);

  /// For tests: see emulator::set_workflow() and so on.
  workflow& set_workflow(const emulated_workflow& to, clock::time_point now);
  void add_run(std::string_view arn, std::string_view run_id, const emulated_run& course, clock::time_point now);
  /// Throw exception(errc::invalid_argument) when there is no such run or task.
  void advance_run(std::string_view arn, std::string_view run_id, std::chrono::milliseconds by);
  void set_run_status(std::string_view arn, std::string_view run_id, std::string_view status,
                      std::string_view error_message, clock::time_point now);
  void set_task_status(std::string_view arn, std::string_view run_id, std::string_view task_id, std::string_view status,
                       std::string_view error_message, clock::time_point now);

  /// `size` lower-case letters and digits that the seed chooses.
  [[nodiscard]] std::string random_id(std::size_t size);

  [[nodiscard]] const std::string& region() const noexcept { return region_; }
  [[nodiscard]] const std::string& number() const noexcept { return number_; }
  [[nodiscard]] const resource_quotas& quotas() const noexcept { return quotas_; }

  /// Of moments of the emulator's clock.
  const calendar dates;

 private:
  [[nodiscard]] std::size_t running(clock::time_point at, std::string_view arn) const;
  void admit(clock::time_point now);
  [[nodiscard]] run& wanted_run(std::string_view arn, std::string_view run_id) const;

  /// A run that counts among the concurrent ones, or waits to be.
  struct counted {
    std::string arn;
    std::shared_ptr<run> which;
  };

  std::string region_;
  std::string number_;
  resource_quotas quotas_;
  std::chrono::milliseconds stopping_time_;
  std::chrono::milliseconds deletion_time_;
  std::mt19937_64 random_;
  std::uint32_t last_sequence_ = 0;
  std::map<std::string, std::unique_ptr<workflow>, std::less<>> workflows_;
  std::vector<counted> active_;
  std::vector<counted> waiting_;  ///< In the order of their start.
};

/// The beginning of ARNs of an account in a region, up to the name of a workflow.
[[nodiscard]] std::string arn_prefix(std::string_view region, std::string_view account_number);

/// The version of workflows that are added without one.
inline constexpr std::string_view default_version = "5f3c9a1e7b2d4806a1c3e5f708192a3b";

/// Adds the runs of the default scenario: run-finished, run-live, run-failed and run-empty.
void add_default_scenario(account& to, const std::string& workflow_arn, std::uint64_t seed, clock::time_point start);
/// Adds what a scenario file says (docs/emulator.md). Throws exception(errc::invalid_configuration) that names the
/// place in the file.
void add_scenario(account& to, std::string_view json, clock::time_point start);

}  // namespace mwaa_serverless::testing
