// Runs of a workflow: the resource, and the operations that start, show, list and stop it.
//
// All are values: distinct objects may be used from any threads at once, and what a response holds shares its block of
// text (see text). Source: the service's model, API version 2024-07-26.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/json_text.hpp>
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

class workflow_run_status_values {
 public:
  enum value_type : std::uint8_t {
    unknown,  ///< Not sent, or a value newer than this library: see name().
    starting,
    queued,
    running,
    success,
    failed,
    timeout,
    stopping,
    stopped,
  };
};
template <>
MWAA_SERVERLESS_API std::span<const std::string_view> open_enum<workflow_run_status_values>::names() noexcept;

/// Where a run stands (the service's `WorkflowRunStatus`), or a value that this version of the library does not know
/// (see open_enum).
class MWAA_SERVERLESS_API workflow_run_status : public open_enum<workflow_run_status_values> {
 public:
  using values = workflow_run_status_values;
  using open_enum::open_enum;

  /// True when the run will not change again: success, failed, timeout, stopped. False for unknown values: keep
  /// watching.
  [[nodiscard]] bool is_terminal() const noexcept;
};
static_assert(!std::is_aggregate_v<workflow_run_status>);

class workflow_run_type_values {
 public:
  enum value_type : std::uint8_t {
    unknown,  ///< Not sent, or a value newer than this library: see name().
    on_demand,
    scheduled,
  };
};
template <>
MWAA_SERVERLESS_API std::span<const std::string_view> open_enum<workflow_run_type_values>::names() noexcept;

/// What started a run (the service's `RunType`).
class MWAA_SERVERLESS_API workflow_run_type : public open_enum<workflow_run_type_values> {
 public:
  using values = workflow_run_type_values;
  using open_enum::open_enum;
};
static_assert(!std::is_aggregate_v<workflow_run_type>);

/// Where a run stands, in short (the service's `RunDetailSummary`).
class MWAA_SERVERLESS_API workflow_run_detail_summary {
 public:
  workflow_run_detail_summary() = default;

  workflow_run_status status;
  std::optional<std::chrono::system_clock::time_point> created_on;  ///< When it was made.
  std::optional<std::chrono::system_clock::time_point> started_at;  ///< Absent before it starts.
  std::optional<std::chrono::system_clock::time_point> ended_at;    ///< Absent while it is not complete.

  friend bool operator==(const workflow_run_detail_summary&, const workflow_run_detail_summary&) = default;
};
static_assert(!std::is_aggregate_v<workflow_run_detail_summary>);

/// One run of a workflow, as listed (the service's `WorkflowRunSummary`).
class MWAA_SERVERLESS_API workflow_run_summary {
 public:
  workflow_run_summary() = default;

  text run_id;
  text workflow_arn;
  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  workflow_run_type run_type;
  std::optional<workflow_run_detail_summary> run_detail_summary;  ///< Absent when the service sent none.

  friend bool operator==(const workflow_run_summary&, const workflow_run_summary&) = default;
  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const workflow_run_summary& value);
};
static_assert(!std::is_aggregate_v<workflow_run_summary>);

/// A run in full (the service's `WorkflowRunDetail`).
class MWAA_SERVERLESS_API workflow_run_detail {
 public:
  workflow_run_detail() = default;

  text workflow_arn;
  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  text run_id;
  workflow_run_type run_type;
  std::optional<std::chrono::system_clock::time_point> started_on;    ///< Absent before it starts.
  std::optional<std::chrono::system_clock::time_point> created_at;    ///< When it was made.
  std::optional<std::chrono::system_clock::time_point> completed_on;  ///< Absent while it is not complete.
  std::optional<std::chrono::system_clock::time_point> modified_at;   ///< When it was last changed.
  std::optional<std::chrono::seconds> duration;                       ///< Absent while it is not complete.
  text error_message;                                                 ///< Why it failed.
  std::optional<std::vector<text>> task_instances;                    ///< Identifiers of its task instances.
  workflow_run_status run_state;

  friend bool operator==(const workflow_run_detail&, const workflow_run_detail&) = default;
  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const workflow_run_detail& value);
};
static_assert(!std::is_aggregate_v<workflow_run_detail>);

/// One run, in full.
class MWAA_SERVERLESS_API get_workflow_run_response {
 public:
  get_workflow_run_response() = default;

  text workflow_arn;
  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  text run_id;
  workflow_run_type run_type;
  json_text override_parameters;                  ///< What the run was started with; sensitive.
  std::optional<workflow_run_detail> run_detail;  ///< Absent when the service sent none.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const get_workflow_run_response& value);
};
static_assert(!std::is_aggregate_v<get_workflow_run_response>);

/// Input of client::get_workflow_run.
class MWAA_SERVERLESS_API get_workflow_run_request {
 public:
  using response_type = get_workflow_run_response;

  get_workflow_run_request(std::string workflow_arn_value, std::string run_id_value)
      : workflow_arn(std::move(workflow_arn_value)), run_id(std::move(run_id_value)) {}

  std::string workflow_arn;  ///< ARN of the workflow; required.
  std::string run_id;        ///< Identifier of the run; required.

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const get_workflow_run_request& value);
};
static_assert(!std::is_aggregate_v<get_workflow_run_request>);

/// One page of runs.
class MWAA_SERVERLESS_API list_workflow_runs_response {
 public:
  list_workflow_runs_response() = default;

  std::vector<workflow_run_summary> workflow_runs;  ///< May be empty although more pages follow.
  /// False when the response named none at all, not even an empty one.
  bool workflow_runs_present = false;
  text next_token;  ///< Passed to the next request; not present() (or empty) on the last page.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_workflow_runs_response& value);
};
static_assert(!std::is_aggregate_v<list_workflow_runs_response>);

/// Input of client::list_workflow_runs.
class MWAA_SERVERLESS_API list_workflow_runs_request {
 public:
  using response_type = list_workflow_runs_response;
  using item_type = workflow_run_summary;

  explicit list_workflow_runs_request(std::string workflow_arn_value) : workflow_arn(std::move(workflow_arn_value)) {}

  std::optional<std::int32_t> max_results;      ///< Runs a page, from 1 to 100; absent: the service chooses.
  std::optional<std::string> next_token;        ///< `next_token` of the page before; absent for the first page.
  std::string workflow_arn;                     ///< ARN of the workflow; required.
  std::optional<std::string> workflow_version;  ///< Only runs of this version.

  list_workflow_runs_request with_max_results(std::int32_t value) && {
    max_results = value;
    return std::move(*this);
  }
  list_workflow_runs_request with_next_token(std::string value) && {
    next_token = std::move(value);
    return std::move(*this);
  }
  list_workflow_runs_request with_workflow_version(std::string value) && {
    workflow_version = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_workflow_runs_request& value);
};
static_assert(!std::is_aggregate_v<list_workflow_runs_request>);

/// The run that was started.
class MWAA_SERVERLESS_API start_workflow_run_response {
 public:
  start_workflow_run_response() = default;

  text run_id;
  workflow_run_status status;  ///< `STARTING` as a rule.
  std::optional<std::chrono::system_clock::time_point> started_at;
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const start_workflow_run_response& value);
};
static_assert(!std::is_aggregate_v<start_workflow_run_response>);

/// Input of client::start_workflow_run.
class MWAA_SERVERLESS_API start_workflow_run_request {
 public:
  using response_type = start_workflow_run_response;

  explicit start_workflow_run_request(std::string workflow_arn_value) : workflow_arn(std::move(workflow_arn_value)) {}

  std::string workflow_arn;  ///< ARN of the workflow; required.
  /// Makes the call repeatable: two calls with the same token start one run. Visible ASCII, 1 to 128 characters.
  /// Absent: the client makes one for the call, and keeps it over its attempts. One of your own (make_client_token()),
  /// kept somewhere safe, lets you ask again after a crash.
  std::optional<std::string> client_token;
  json_text override_parameters;  ///< A JSON object of parameters that take the place of the workflow's own; sensitive.
  std::optional<std::string> workflow_version;  ///< Absent: the latest.

  start_workflow_run_request with_client_token(std::string value) && {
    client_token = std::move(value);
    return std::move(*this);
  }
  start_workflow_run_request with_override_parameters(json_text value) && {
    override_parameters = std::move(value);
    return std::move(*this);
  }
  start_workflow_run_request with_workflow_version(std::string value) && {
    workflow_version = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const start_workflow_run_request& value);
};
static_assert(!std::is_aggregate_v<start_workflow_run_request>);

/// The run that is being stopped.
class MWAA_SERVERLESS_API stop_workflow_run_response {
 public:
  stop_workflow_run_response() = default;

  text workflow_arn;
  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  text run_id;
  workflow_run_status status;  ///< `STOPPING` or `STOPPED` as a rule.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const stop_workflow_run_response& value);
};
static_assert(!std::is_aggregate_v<stop_workflow_run_response>);

/// Input of client::stop_workflow_run.
class MWAA_SERVERLESS_API stop_workflow_run_request {
 public:
  using response_type = stop_workflow_run_response;

  stop_workflow_run_request(std::string workflow_arn_value, std::string run_id_value)
      : workflow_arn(std::move(workflow_arn_value)), run_id(std::move(run_id_value)) {}

  std::string workflow_arn;  ///< ARN of the workflow; required.
  std::string run_id;        ///< Identifier of the run; required.

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const stop_workflow_run_request& value);
};
static_assert(!std::is_aggregate_v<stop_workflow_run_request>);

}  // namespace mwaa_serverless
