// Workflows: the resource, and the operations that make, show, list, change and delete it.
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

class workflow_state_values {
 public:
  enum value_type : std::uint8_t {
    unknown,  ///< Not sent, or a value newer than this library: see name().
    ready,
    deleting,
  };
};
template <>
MWAA_SERVERLESS_API std::span<const std::string_view> open_enum<workflow_state_values>::names() noexcept;

/// The service's `WorkflowStatus`: `DELETING` while a deletion is under way.
class MWAA_SERVERLESS_API workflow_state : public open_enum<workflow_state_values> {
 public:
  using values = workflow_state_values;
  using open_enum::open_enum;
};
static_assert(!std::is_aggregate_v<workflow_state>);

class workflow_encryption_type_values {
 public:
  enum value_type : std::uint8_t {
    unknown,  ///< Not sent, or a value newer than this library: see name().
    aws_managed_key,
    customer_managed_key,
  };
};
template <>
MWAA_SERVERLESS_API std::span<const std::string_view> open_enum<workflow_encryption_type_values>::names() noexcept;

/// Who manages the key (the service's `EncryptionType`).
class MWAA_SERVERLESS_API workflow_encryption_type : public open_enum<workflow_encryption_type_values> {
 public:
  using values = workflow_encryption_type_values;
  using open_enum::open_enum;
};
static_assert(!std::is_aggregate_v<workflow_encryption_type>);

/// Where the YAML of a workflow is (the service's `DefinitionS3Location`). The service keeps a copy of its own.
class MWAA_SERVERLESS_API workflow_definition_location {
 public:
  workflow_definition_location() = default;
  workflow_definition_location(std::string bucket_value, std::string object_key_value)
      : bucket(std::move(bucket_value)), object_key(std::move(object_key_value)) {}

  std::string bucket;
  std::string object_key;
  std::optional<std::string> version_id;  ///< Absent: the latest.

  workflow_definition_location with_version_id(std::string value) && {
    version_id = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_definition_location&, const workflow_definition_location&) = default;
};
static_assert(!std::is_aggregate_v<workflow_definition_location>);

/// Where code that tasks use is (the service's `S3Location`). The service keeps a copy of its own.
class MWAA_SERVERLESS_API workflow_code_location {
 public:
  workflow_code_location() = default;
  workflow_code_location(std::string bucket_value, std::string object_key_value)
      : bucket(std::move(bucket_value)), object_key(std::move(object_key_value)) {}

  std::string bucket;  ///< 3 to 63 characters.
  std::string object_key;
  std::optional<std::string> version_id;  ///< Absent: the latest.

  workflow_code_location with_version_id(std::string value) && {
    version_id = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_code_location&, const workflow_code_location&) = default;
};
static_assert(!std::is_aggregate_v<workflow_code_location>);

/// Code that tasks use (the service's union `Code`): exactly one member is set.
class MWAA_SERVERLESS_API workflow_code {
 public:
  workflow_code() = default;

  std::optional<workflow_code_location> s3_location;

  workflow_code with_s3_location(workflow_code_location value) && {
    s3_location = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_code&, const workflow_code&) = default;
};
static_assert(!std::is_aggregate_v<workflow_code>);

/// How a workflow's data is encrypted (the service's `EncryptionConfiguration`).
class MWAA_SERVERLESS_API workflow_encryption {
 public:
  workflow_encryption() = default;
  explicit workflow_encryption(workflow_encryption_type type_value) : type(std::move(type_value)) {}

  workflow_encryption_type type;
  std::optional<std::string> kms_key_id;  ///< Identifier or ARN of the key in AWS KMS, for `CUSTOMER_MANAGED_KEY`.

  workflow_encryption with_kms_key_id(std::string value) && {
    kms_key_id = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_encryption&, const workflow_encryption&) = default;
};
static_assert(!std::is_aggregate_v<workflow_encryption>);

/// Where the logs of tasks go (the service's `LoggingConfiguration`).
class MWAA_SERVERLESS_API workflow_logging {
 public:
  workflow_logging() = default;
  explicit workflow_logging(std::string log_group_name_value) : log_group_name(std::move(log_group_name_value)) {}

  std::string log_group_name;  ///< A log group of CloudWatch.

  friend bool operator==(const workflow_logging&, const workflow_logging&) = default;
};
static_assert(!std::is_aggregate_v<workflow_logging>);

/// Where tasks run in a VPC (the service's `NetworkConfiguration`).
class MWAA_SERVERLESS_API workflow_network {
 public:
  workflow_network() = default;

  std::optional<std::vector<std::string>> security_group_ids;  ///< Such as `sg-0123`.
  std::optional<std::vector<std::string>> subnet_ids;          ///< Such as `subnet-0123`.

  workflow_network with_security_group_ids(std::vector<std::string> value) && {
    security_group_ids = std::move(value);
    return std::move(*this);
  }
  workflow_network with_subnet_ids(std::vector<std::string> value) && {
    subnet_ids = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_network&, const workflow_network&) = default;
};
static_assert(!std::is_aggregate_v<workflow_network>);

/// When runs start by themselves (the service's `ScheduleConfiguration`).
class MWAA_SERVERLESS_API workflow_schedule {
 public:
  workflow_schedule() = default;

  /// As the definition's `schedule`: Airflow's cron expression or preset, or `rate(...)` or `cron(...)` of EventBridge
  /// Scheduler.
  std::optional<std::string> cron_expression;

  workflow_schedule with_cron_expression(std::string value) && {
    cron_expression = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_schedule&, const workflow_schedule&) = default;
};
static_assert(!std::is_aggregate_v<workflow_schedule>);

/// Environment of the tasks (the service's `Environment`).
class MWAA_SERVERLESS_API workflow_environment {
 public:
  workflow_environment() = default;

  /// At most 50; names begin with a letter. The values are sensitive.
  std::optional<std::map<std::string, std::string, std::less<>>> variables;

  workflow_environment with_variables(std::map<std::string, std::string, std::less<>> value) && {
    variables = std::move(value);
    return std::move(*this);
  }

  friend bool operator==(const workflow_environment&, const workflow_environment&) = default;
};
static_assert(!std::is_aggregate_v<workflow_environment>);

/// A workflow, as listed (the service's `WorkflowSummary`): its latest version.
class MWAA_SERVERLESS_API workflow_summary {
 public:
  workflow_summary() = default;

  text workflow_arn;
  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  text name;
  text description;
  std::optional<std::chrono::system_clock::time_point> created_at;   ///< When it was made.
  std::optional<std::chrono::system_clock::time_point> modified_at;  ///< When it was last changed.
  workflow_state workflow_status;
  text trigger_mode;  ///< What starts runs, in the service's words.

  friend bool operator==(const workflow_summary&, const workflow_summary&) = default;
  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const workflow_summary& value);
};
static_assert(!std::is_aggregate_v<workflow_summary>);

/// The workflow that was made.
class MWAA_SERVERLESS_API create_workflow_response {
 public:
  create_workflow_response() = default;

  text workflow_arn;
  std::optional<std::chrono::system_clock::time_point> created_at;
  text revision_id;  ///< Changes with every update.
  workflow_state workflow_status;
  text workflow_version;  ///< Of its first version.
  std::optional<bool> is_latest_version;
  std::optional<std::vector<text>> warnings;  ///< What the service found odd in the definition.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const create_workflow_response& value);
};
static_assert(!std::is_aggregate_v<create_workflow_response>);

/// Input of client::create_workflow.
class MWAA_SERVERLESS_API create_workflow_request {
 public:
  using response_type = create_workflow_response;

  create_workflow_request(std::string name_value, workflow_definition_location definition_s3_location_value,
                          std::string role_arn_value)
      : name(std::move(name_value)),
        definition_s3_location(std::move(definition_s3_location_value)),
        role_arn(std::move(role_arn_value)) {}

  std::string name;  ///< Unique in the account; required.
  /// Makes the call repeatable: two calls with the same token make one workflow. Visible ASCII, 1 to 128 characters.
  /// Absent: the client makes one for the call, and keeps it over its attempts. One of your own (make_client_token()),
  /// kept somewhere safe, lets you ask again after a crash.
  std::optional<std::string> client_token;
  workflow_definition_location definition_s3_location;          ///< The workflow's YAML; required.
  std::optional<workflow_code> code;                            ///< Where code that tasks use is.
  std::string role_arn;                                         ///< The IAM role that tasks run with; required.
  std::optional<std::string> description;                       ///< 1 to 1024 characters.
  std::optional<workflow_encryption> encryption_configuration;  ///< Absent: a key that AWS manages.
  std::optional<workflow_logging> logging_configuration;
  std::optional<std::int32_t> engine_version;             ///< Version of the engine; the service knows 1.
  std::optional<workflow_network> network_configuration;  ///< Absent: no VPC of yours.
  std::optional<workflow_environment> environment;
  std::optional<std::map<std::string, std::string, std::less<>>> tags;  ///< At most 50.
  std::optional<std::string> trigger_mode;                              ///< What starts runs, in the service's words.

  create_workflow_request with_client_token(std::string value) && {
    client_token = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_code(workflow_code value) && {
    code = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_description(std::string value) && {
    description = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_encryption_configuration(workflow_encryption value) && {
    encryption_configuration = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_logging_configuration(workflow_logging value) && {
    logging_configuration = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_engine_version(std::int32_t value) && {
    engine_version = value;
    return std::move(*this);
  }
  create_workflow_request with_network_configuration(workflow_network value) && {
    network_configuration = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_environment(workflow_environment value) && {
    environment = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_tags(std::map<std::string, std::string, std::less<>> value) && {
    tags = std::move(value);
    return std::move(*this);
  }
  create_workflow_request with_trigger_mode(std::string value) && {
    trigger_mode = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const create_workflow_request& value);
};
static_assert(!std::is_aggregate_v<create_workflow_request>);

/// What is being deleted.
class MWAA_SERVERLESS_API delete_workflow_response {
 public:
  delete_workflow_response() = default;

  text workflow_arn;
  text workflow_version;  ///< Present when one version was named.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const delete_workflow_response& value);
};
static_assert(!std::is_aggregate_v<delete_workflow_response>);

/// Input of client::delete_workflow.
class MWAA_SERVERLESS_API delete_workflow_request {
 public:
  using response_type = delete_workflow_response;

  explicit delete_workflow_request(std::string workflow_arn_value) : workflow_arn(std::move(workflow_arn_value)) {}

  std::string workflow_arn;                     ///< ARN of the workflow; required.
  std::optional<std::string> workflow_version;  ///< Only this version. Absent: all, and what runs of it.

  delete_workflow_request with_workflow_version(std::string value) && {
    workflow_version = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const delete_workflow_request& value);
};
static_assert(!std::is_aggregate_v<delete_workflow_request>);

/// One version of a workflow, in full.
class MWAA_SERVERLESS_API get_workflow_response {
 public:
  get_workflow_response() = default;

  text workflow_arn;
  text workflow_version;  ///< Version of the workflow, 32 letters and digits.
  text name;
  text description;
  std::optional<std::chrono::system_clock::time_point> created_at;   ///< When it was made.
  std::optional<std::chrono::system_clock::time_point> modified_at;  ///< When it was last changed.
  std::optional<workflow_encryption> encryption_configuration;
  std::optional<workflow_logging> logging_configuration;
  std::optional<std::int32_t> engine_version;
  workflow_state workflow_status;
  std::optional<workflow_definition_location> definition_s3_location;  ///< Where the definition was taken from.
  std::optional<workflow_code> code;                                   ///< Where code that tasks use was taken from.
  std::optional<std::chrono::system_clock::time_point> code_snapshotted_at;  ///< When that code was copied.
  std::optional<workflow_schedule> schedule_configuration;
  text role_arn;
  std::optional<workflow_network> network_configuration;
  std::optional<workflow_environment> environment;
  text trigger_mode;         ///< What starts runs, in the service's words.
  text workflow_definition;  ///< The YAML itself.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const get_workflow_response& value);
};
static_assert(!std::is_aggregate_v<get_workflow_response>);

/// Input of client::get_workflow.
class MWAA_SERVERLESS_API get_workflow_request {
 public:
  using response_type = get_workflow_response;

  explicit get_workflow_request(std::string workflow_arn_value) : workflow_arn(std::move(workflow_arn_value)) {}

  std::string workflow_arn;                     ///< ARN of the workflow; required.
  std::optional<std::string> workflow_version;  ///< Absent: the latest.

  get_workflow_request with_workflow_version(std::string value) && {
    workflow_version = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const get_workflow_request& value);
};
static_assert(!std::is_aggregate_v<get_workflow_request>);

/// One page of workflows.
class MWAA_SERVERLESS_API list_workflows_response {
 public:
  list_workflows_response() = default;

  std::vector<workflow_summary> workflows;  ///< May be empty although more pages follow.
  /// False when the response named none at all, not even an empty one.
  bool workflows_present = false;
  text next_token;  ///< Passed to the next request; not present() (or empty) on the last page.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_workflows_response& value);
};
static_assert(!std::is_aggregate_v<list_workflows_response>);

/// Input of client::list_workflows.
class MWAA_SERVERLESS_API list_workflows_request {
 public:
  using response_type = list_workflows_response;
  using item_type = workflow_summary;

  list_workflows_request() = default;

  std::optional<std::int32_t> max_results;  ///< Workflows a page, from 1 to 100; absent: the service chooses.
  std::optional<std::string> next_token;    ///< `next_token` of the page before; absent for the first page.

  list_workflows_request with_max_results(std::int32_t value) && {
    max_results = value;
    return std::move(*this);
  }
  list_workflows_request with_next_token(std::string value) && {
    next_token = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const list_workflows_request& value);
};
static_assert(!std::is_aggregate_v<list_workflows_request>);

/// The version that was made.
class MWAA_SERVERLESS_API update_workflow_response {
 public:
  update_workflow_response() = default;

  text workflow_arn;
  std::optional<std::chrono::system_clock::time_point> modified_at;
  text workflow_version;                      ///< Of the new version.
  std::optional<std::vector<text>> warnings;  ///< What the service found odd in the definition.
  /// `x-amzn-requestid` of the response, for support cases.
  std::string request_id;

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const update_workflow_response& value);
};
static_assert(!std::is_aggregate_v<update_workflow_response>);

/// Input of client::update_workflow. The new version has what the request says and nothing of the old one.
class MWAA_SERVERLESS_API update_workflow_request {
 public:
  using response_type = update_workflow_response;

  update_workflow_request(std::string workflow_arn_value, workflow_definition_location definition_s3_location_value,
                          std::string role_arn_value)
      : workflow_arn(std::move(workflow_arn_value)),
        definition_s3_location(std::move(definition_s3_location_value)),
        role_arn(std::move(role_arn_value)) {}

  std::string workflow_arn;                             ///< ARN of the workflow; required.
  workflow_definition_location definition_s3_location;  ///< The workflow's YAML; required.
  std::optional<workflow_code> code;                    ///< Where code that tasks use is.
  std::string role_arn;                                 ///< The IAM role that tasks run with; required.
  std::optional<std::string> description;               ///< 1 to 1024 characters.
  std::optional<workflow_logging> logging_configuration;
  std::optional<std::int32_t> engine_version;  ///< Version of the engine; the service knows 1.
  std::optional<workflow_network> network_configuration;
  std::optional<workflow_environment> environment;  ///< Takes the place of all variables; absent: none.
  std::optional<std::string> trigger_mode;          ///< What starts runs, in the service's words.

  update_workflow_request with_code(workflow_code value) && {
    code = std::move(value);
    return std::move(*this);
  }
  update_workflow_request with_description(std::string value) && {
    description = std::move(value);
    return std::move(*this);
  }
  update_workflow_request with_logging_configuration(workflow_logging value) && {
    logging_configuration = std::move(value);
    return std::move(*this);
  }
  update_workflow_request with_engine_version(std::int32_t value) && {
    engine_version = value;
    return std::move(*this);
  }
  update_workflow_request with_network_configuration(workflow_network value) && {
    network_configuration = std::move(value);
    return std::move(*this);
  }
  update_workflow_request with_environment(workflow_environment value) && {
    environment = std::move(value);
    return std::move(*this);
  }
  update_workflow_request with_trigger_mode(std::string value) && {
    trigger_mode = std::move(value);
    return std::move(*this);
  }

  /// As JSON text, for logs: what is sensitive as `***`.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const update_workflow_request& value);
};
static_assert(!std::is_aggregate_v<update_workflow_request>);

}  // namespace mwaa_serverless
