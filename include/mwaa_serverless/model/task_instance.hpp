// Task instances of a workflow run: the resource, and the operations that list and show it.
//
// All are values: distinct objects may be used from any threads at once, and what a response holds shares its block of
// text (see text). Source: the service's model, API version 2024-07-26.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/open_enum.hpp>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

class MWAA_SERVERLESS_API task_instance_status_values {
 public:
  enum value_type : std::uint8_t {
    unknown,  ///< Not sent, or a value newer than this library: see name().
    queued,
    failed,
    scheduled,
    running,
    success,
    up_for_reschedule,
    up_for_retry,
    upstream_failed,
    removed,
    restarting,
    deferred,
    none,  ///< The service's value `NONE`: the scheduler has not looked at the task yet.
    cancelled,
    timeout,
  };
};
template <>
MWAA_SERVERLESS_API std::span<const std::string_view> open_enum<task_instance_status_values>::names() noexcept;

/// Where a task instance stands: one of the 14 values of the service's `TaskInstanceStatus`, or one that this version
/// of the library does not know (see open_enum).
class MWAA_SERVERLESS_API task_instance_status : public open_enum<task_instance_status_values> {
 public:
  using values = task_instance_status_values;
  using open_enum::open_enum;

  /// True when the task will not run again by itself: success, failed, upstream_failed, removed, cancelled, timeout
  /// (Airflow's finished states and the service's two own). False for unknown values: keep watching.
  [[nodiscard]] bool is_terminal() const noexcept;
};
static_assert(!std::is_aggregate_v<task_instance_status>);

/// One task of one workflow run (the service's `TaskInstanceSummary`).
///
/// The service requires none of these members of itself; text that it left out has present() == false.
///
/// Lifetime: a copy keeps its response's block of text alive (see text).
class MWAA_SERVERLESS_API task_instance {
 public:
  task_instance() = default;

  text workflow_arn;      ///< ARN of the workflow that the task belongs to.
  text workflow_version;  ///< Version of the workflow that the run uses.
  text run_id;            ///< The run that the task belongs to.
  text task_instance_id;  ///< Unique within its run.
  task_instance_status status;
  /// How long the task ran, in whole seconds; absent while it is not complete.
  std::optional<std::chrono::seconds> duration_in_seconds;
  text operator_name;  ///< Airflow operator, such as `S3KeySensor`.

  friend bool operator==(const task_instance&, const task_instance&) = default;
  /// As JSON text, for logs.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const task_instance& value);
};
static_assert(!std::is_aggregate_v<task_instance>);

/// One page of task instances.
///
/// Lifetime: its texts share one block (see text).
class MWAA_SERVERLESS_API list_task_instances_response {
 public:
  list_task_instances_response() = default;

  /// May be empty although more pages follow.
  std::vector<task_instance> task_instances;
  /// False when the response named no list at all, not even an empty one.
  bool task_instances_present = false;
  /// Passed to the next request; not present() (or empty) on the last page.
  text next_token;
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_task_instances_response& value);
};
static_assert(!std::is_aggregate_v<list_task_instances_response>);

/// Input of client::list_task_instances.
///
/// Errors: checked before any I/O: `workflow_arn` and `run_id` at least one character, `max_results` at least 1. Upper
/// limits and patterns are the service's to judge.
class MWAA_SERVERLESS_API list_task_instances_request {
 public:
  using response_type = list_task_instances_response;
  using item_type = task_instance;

  list_task_instances_request(std::string workflow_arn_value, std::string run_id_value)
      : workflow_arn(std::move(workflow_arn_value)), run_id(std::move(run_id_value)) {}

  std::string workflow_arn;  ///< ARN of the workflow; required.
  std::string run_id;        ///< Identifier of the run; required.
  /// Task instances a page, from 1; the service caps it at 100 and takes 20 when it is absent.
  std::optional<std::int32_t> max_results;
  /// `next_token` of the page before; absent for the first page.
  std::optional<std::string> next_token;

  list_task_instances_request with_max_results(std::int32_t value) && {
    max_results = value;
    return std::move(*this);
  }
  list_task_instances_request with_next_token(std::string value) && {
    next_token = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_task_instances_request& value);
};
static_assert(!std::is_aggregate_v<list_task_instances_request>);

/// One task instance, in full.
class MWAA_SERVERLESS_API get_task_instance_response {
 public:
  get_task_instance_response() = default;

  text workflow_arn;
  text run_id;
  text task_instance_id;  ///< Unique within its run.
  text workflow_version;  ///< Version of the workflow that the run uses.
  task_instance_status status;
  /// How long the task ran, in whole seconds; absent while it is not complete.
  std::optional<std::chrono::seconds> duration_in_seconds;
  text operator_name;                                                ///< Airflow operator, such as `S3KeySensor`.
  std::optional<std::chrono::system_clock::time_point> modified_at;  ///< When it was last changed.
  std::optional<std::chrono::system_clock::time_point> ended_at;     ///< Absent while it is not complete.
  std::optional<std::chrono::system_clock::time_point> started_at;   ///< Absent before it starts.
  std::optional<std::int32_t> attempt_number;             ///< Of Airflow's retries of the task, the first is 1.
  text error_message;                                     ///< Why it failed.
  text task_id;                                           ///< The name of the task in the workflow's definition.
  text log_stream;                                        ///< Of its log, in the log group of the workflow.
  std::optional<std::map<text, text, std::less<>>> xcom;  ///< What the task handed on to others (Airflow's XCom).
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const get_task_instance_response& value);
};
static_assert(!std::is_aggregate_v<get_task_instance_response>);

/// Input of client::get_task_instance.
class MWAA_SERVERLESS_API get_task_instance_request {
 public:
  using response_type = get_task_instance_response;

  get_task_instance_request(std::string workflow_arn_value, std::string task_instance_id_value,
                            std::string run_id_value)
      : workflow_arn(std::move(workflow_arn_value)),
        task_instance_id(std::move(task_instance_id_value)),
        run_id(std::move(run_id_value)) {}

  std::string workflow_arn;      ///< ARN of the workflow; required.
  std::string task_instance_id;  ///< As in its listing; required.
  std::string run_id;            ///< Identifier of the run; required.

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const get_task_instance_request& value);
};
static_assert(!std::is_aggregate_v<get_task_instance_request>);

}  // namespace mwaa_serverless
