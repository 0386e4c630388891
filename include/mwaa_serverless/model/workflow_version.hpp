// Versions of a workflow: the resource and the operation that lists it.
//
// All are values: distinct objects may be used from any threads at once, and what a response holds shares its block of
// text (see text). Source: the service's model, API version 2024-07-26.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/text.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// A version of a workflow, as listed (the service's `WorkflowVersionSummary`).
class MWAA_SERVERLESS_API workflow_version_summary {
 public:
  workflow_version_summary() = default;

  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  text workflow_arn;
  std::optional<bool> is_latest_version;
  std::optional<std::chrono::system_clock::time_point> created_at;     ///< When it was made.
  std::optional<std::chrono::system_clock::time_point> modified_at;    ///< When it was last changed.
  std::optional<workflow_definition_location> definition_s3_location;  ///< Where the definition was taken from.
  std::optional<workflow_schedule> schedule_configuration;  ///< At most one version has one that is in force.
  text trigger_mode;                                        ///< What starts runs, in the service's words.

  friend bool operator==(const workflow_version_summary&, const workflow_version_summary&) = default;
  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const workflow_version_summary& value);
};
static_assert(!std::is_aggregate_v<workflow_version_summary>);

/// One page of versions.
class MWAA_SERVERLESS_API list_workflow_versions_response {
 public:
  list_workflow_versions_response() = default;

  std::vector<workflow_version_summary> workflow_versions;  ///< May be empty although more pages follow.
  /// False when the response named none at all, not even an empty one.
  bool workflow_versions_present = false;
  text next_token;  ///< Passed to the next request; not present() (or empty) on the last page.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_workflow_versions_response& value);
};
static_assert(!std::is_aggregate_v<list_workflow_versions_response>);

/// Input of client::list_workflow_versions.
class MWAA_SERVERLESS_API list_workflow_versions_request {
 public:
  using response_type = list_workflow_versions_response;
  using item_type = workflow_version_summary;

  explicit list_workflow_versions_request(std::string workflow_arn_value)
      : workflow_arn(std::move(workflow_arn_value)) {}

  std::optional<std::int32_t> max_results;  ///< Versions a page, from 1 to 100; absent: the service chooses.
  std::optional<std::string> next_token;    ///< `next_token` of the page before; absent for the first page.
  std::string workflow_arn;                 ///< ARN of the workflow; required.

  list_workflow_versions_request with_max_results(std::int32_t value) && {
    max_results = value;
    return std::move(*this);
  }
  list_workflow_versions_request with_next_token(std::string value) && {
    next_token = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_workflow_versions_request& value);
};
static_assert(!std::is_aggregate_v<list_workflow_versions_request>);

}  // namespace mwaa_serverless
