// What a run_watcher is told and tells: values without I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// A run of a workflow.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API run_key {
 public:
  run_key() = default;
  run_key(std::string workflow_arn_value, std::string run_id_value)
      : workflow_arn(std::move(workflow_arn_value)), run_id(std::move(run_id_value)) {}

  std::string workflow_arn;
  std::string run_id;

  friend bool operator==(const run_key&, const run_key&) = default;
};
static_assert(!std::is_aggregate_v<run_key>);

/// Which runs of a workflow are watched.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API run_filter {
 public:
  run_filter() = default;

  /// Runs that had ended before they were first seen count when they were made at this time or later. Absent: the time
  /// of the add, so that a run which comes and goes between two looks is not missed.
  std::optional<std::chrono::system_clock::time_point> since;
  /// Only runs of this version.
  std::optional<std::string> workflow_version;
  /// Only runs that were started so.
  std::optional<workflow_run_type> run_type;
};
static_assert(!std::is_aggregate_v<run_filter>);

/// What an event says.
enum class watch_event_kind : std::uint8_t {
  run_added,       ///< A run is seen for the first time: one that was added, or found in a listing.
  run_changed,     ///< Its status is another, and it has not ended.
  run_finished,    ///< It has ended. The last event of a run.
  task_added,      ///< A task instance is seen for the first time.
  task_changed,    ///< Its status is another.
  run_error,       ///< A look at this run failed for good; other runs are not concerned. See watch_event::failure.
  workflow_error,  ///< The same of a workflow that was added, or of the list of workflows.
  bound_missed,    ///< watch_options::max_staleness cannot be kept, see watch_event::bound.
};
[[nodiscard]] MWAA_SERVERLESS_API std::string_view to_string(watch_event_kind value) noexcept;

/// What a watcher has seen.
///
/// A change happened in (not_before, seen_at]: after the last look that showed what was before, and before the look
/// that showed the change was over. What changes several times between two looks, or while the consumer does not read,
/// is one event from the first state to the last.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API watch_event {
 public:
  watch_event();

  watch_event_kind kind = watch_event_kind::run_changed;
  run_key run;
  /// Calendar times by client_config::time. not_before is absent for what is seen for the first time.
  std::optional<std::chrono::system_clock::time_point> not_before;
  std::chrono::system_clock::time_point seen_at{};

  workflow_run_status run_status;           ///< As last seen; not set before the first look that succeeded.
  workflow_run_status previous_run_status;  ///< Of run_changed and run_finished: as told before.
  /// When the run began and ended, as the service says.
  std::optional<std::chrono::system_clock::time_point> run_started_at;
  std::optional<std::chrono::system_clock::time_point> run_ended_at;

  std::string task_instance_id;               ///< Of task events.
  task_instance_status task_status;           ///< Of task events.
  task_instance_status previous_task_status;  ///< Of task_changed: as told before.
  std::optional<std::chrono::seconds> task_duration;

  /// Of run_error and workflow_error. A run that does not exist (any more) is resource_not_found, and no longer
  /// watched; other errors are told once until such a look (at its tasks; at the run alone; at the workflow's runs)
  /// succeeds again, and the run stays watched.
  std::optional<error> failure;
  /// Of bound_missed: the bound that the quota can keep.
  std::optional<std::chrono::milliseconds> bound;

  /// One line for logs.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const watch_event& value);
};
static_assert(!std::is_aggregate_v<watch_event>);

/// A task of a run_snapshot.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API task_snapshot {
 public:
  task_snapshot() = default;

  std::string task_instance_id;
  task_instance_status status;
  std::optional<std::chrono::seconds> duration;
};
static_assert(!std::is_aggregate_v<task_snapshot>);

/// All that a watcher knows of a run.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API run_snapshot {
 public:
  run_snapshot() = default;

  run_key run;
  workflow_run_status status;
  std::optional<std::chrono::system_clock::time_point> as_of;        ///< Of its status; absent before the first look.
  std::optional<std::chrono::system_clock::time_point> tasks_as_of;  ///< Of its tasks.
  std::vector<task_snapshot> tasks;
};
static_assert(!std::is_aggregate_v<run_snapshot>);

}  // namespace mwaa_serverless
