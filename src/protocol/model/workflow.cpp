#include <array>
#include <mwaa_serverless/model/workflow.hpp>

#include "protocol/model/rules.hpp"
#include "protocol/model/structures.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

template <>
const structure described<workflow_definition_location>::value;
template <>
const structure described<workflow_code_location>::value;
template <>
const structure described<workflow_code>::value;
template <>
const structure described<workflow_encryption>::value;
template <>
const structure described<workflow_logging>::value;
template <>
const structure described<workflow_network>::value;
template <>
const structure described<workflow_schedule>::value;
template <>
const structure described<workflow_environment>::value;
template <>
const structure described<workflow_summary>::value;

namespace {

constexpr std::array workflow_definition_location_members{
    member<&workflow_definition_location::bucket>("Bucket", required),
    member<&workflow_definition_location::object_key>("ObjectKey", required),
    member<&workflow_definition_location::version_id>("VersionId"),
};
constexpr std::array workflow_code_location_members{
    member<&workflow_code_location::bucket>("Bucket", s3_bucket.must()),
    member<&workflow_code_location::object_key>("ObjectKey", s3_object_key.must()),
    member<&workflow_code_location::version_id>("VersionId", s3_version_id),
};
constexpr std::array workflow_code_members{
    member<&workflow_code::s3_location>("S3Location"),
};
constexpr std::array workflow_encryption_members{
    member<&workflow_encryption::type>("Type", required),
    member<&workflow_encryption::kms_key_id>("KmsKeyId"),
};
constexpr std::array workflow_logging_members{
    member<&workflow_logging::log_group_name>("LogGroupName", required),
};
constexpr std::array workflow_network_members{
    member<&workflow_network::security_group_ids>("SecurityGroupIds", security_group_ids),
    member<&workflow_network::subnet_ids>("SubnetIds", subnet_ids),
};
constexpr std::array workflow_schedule_members{
    member<&workflow_schedule::cron_expression>("CronExpression"),
};
constexpr std::array workflow_environment_members{
    member<&workflow_environment::variables>("Variables", environment_variables),
};
constexpr std::array workflow_summary_members{
    member<&workflow_summary::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&workflow_summary::workflow_version>("WorkflowVersion", workflow_version),
    member<&workflow_summary::name>("Name", name_string),
    member<&workflow_summary::description>("Description", description_string),
    member<&workflow_summary::created_at>("CreatedAt"),
    member<&workflow_summary::modified_at>("ModifiedAt"),
    member<&workflow_summary::workflow_status>("WorkflowStatus"),
    member<&workflow_summary::trigger_mode>("TriggerMode", generic_string),
};
constexpr std::array create_workflow_response_members{
    member<&create_workflow_response::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&create_workflow_response::created_at>("CreatedAt"),
    member<&create_workflow_response::revision_id>("RevisionId"),
    member<&create_workflow_response::workflow_status>("WorkflowStatus"),
    member<&create_workflow_response::workflow_version>("WorkflowVersion", workflow_version),
    member<&create_workflow_response::is_latest_version>("IsLatestVersion"),
    member<&create_workflow_response::warnings>("Warnings"),
};
constexpr std::array create_workflow_request_members{
    member<&create_workflow_request::name>("Name", name_string.must()),
    member<&create_workflow_request::client_token>("ClientToken", idempotency_token),
    member<&create_workflow_request::definition_s3_location>("DefinitionS3Location", required),
    member<&create_workflow_request::code>("Code"),
    member<&create_workflow_request::role_arn>("RoleArn", role_arn.must()),
    member<&create_workflow_request::description>("Description", description_string),
    member<&create_workflow_request::encryption_configuration>("EncryptionConfiguration"),
    member<&create_workflow_request::logging_configuration>("LoggingConfiguration"),
    member<&create_workflow_request::engine_version>("EngineVersion"),
    member<&create_workflow_request::network_configuration>("NetworkConfiguration"),
    member<&create_workflow_request::environment>("Environment"),
    member<&create_workflow_request::tags>("Tags", tags),
    member<&create_workflow_request::trigger_mode>("TriggerMode", generic_string),
};
constexpr std::array delete_workflow_response_members{
    member<&delete_workflow_response::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&delete_workflow_response::workflow_version>("WorkflowVersion", workflow_version),
};
constexpr std::array delete_workflow_request_members{
    member<&delete_workflow_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&delete_workflow_request::workflow_version>("WorkflowVersion", workflow_version),
};
constexpr std::array get_workflow_response_members{
    member<&get_workflow_response::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&get_workflow_response::workflow_version>("WorkflowVersion", workflow_version),
    member<&get_workflow_response::name>("Name", name_string),
    member<&get_workflow_response::description>("Description", description_string),
    member<&get_workflow_response::created_at>("CreatedAt"),
    member<&get_workflow_response::modified_at>("ModifiedAt"),
    member<&get_workflow_response::encryption_configuration>("EncryptionConfiguration"),
    member<&get_workflow_response::logging_configuration>("LoggingConfiguration"),
    member<&get_workflow_response::engine_version>("EngineVersion"),
    member<&get_workflow_response::workflow_status>("WorkflowStatus"),
    member<&get_workflow_response::definition_s3_location>("DefinitionS3Location"),
    member<&get_workflow_response::code>("Code"),
    member<&get_workflow_response::code_snapshotted_at>("CodeSnapshottedAt"),
    member<&get_workflow_response::schedule_configuration>("ScheduleConfiguration"),
    member<&get_workflow_response::role_arn>("RoleArn", role_arn),
    member<&get_workflow_response::network_configuration>("NetworkConfiguration"),
    member<&get_workflow_response::environment>("Environment"),
    member<&get_workflow_response::trigger_mode>("TriggerMode", generic_string),
    member<&get_workflow_response::workflow_definition>("WorkflowDefinition", generic_string),
};
constexpr std::array get_workflow_request_members{
    member<&get_workflow_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&get_workflow_request::workflow_version>("WorkflowVersion", workflow_version),
};
constexpr std::array list_workflows_response_members{
    named_list<&list_workflows_response::workflows, &list_workflows_response::workflows_present>("Workflows", required),
    member<&list_workflows_response::next_token>("NextToken"),
};
constexpr std::array list_workflows_request_members{
    member<&list_workflows_request::max_results>("MaxResults", page_size),
    member<&list_workflows_request::next_token>("NextToken"),
};
constexpr std::array update_workflow_response_members{
    member<&update_workflow_response::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&update_workflow_response::modified_at>("ModifiedAt"),
    member<&update_workflow_response::workflow_version>("WorkflowVersion", workflow_version),
    member<&update_workflow_response::warnings>("Warnings"),
};
constexpr std::array update_workflow_request_members{
    member<&update_workflow_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&update_workflow_request::definition_s3_location>("DefinitionS3Location", required),
    member<&update_workflow_request::code>("Code"),
    member<&update_workflow_request::role_arn>("RoleArn", role_arn.must()),
    member<&update_workflow_request::description>("Description", description_string),
    member<&update_workflow_request::logging_configuration>("LoggingConfiguration"),
    member<&update_workflow_request::engine_version>("EngineVersion"),
    member<&update_workflow_request::network_configuration>("NetworkConfiguration"),
    member<&update_workflow_request::environment>("Environment"),
    member<&update_workflow_request::trigger_mode>("TriggerMode", generic_string),
};

}  // namespace

MWAA_SERVERLESS_DESCRIBE(workflow_definition_location)
MWAA_SERVERLESS_DESCRIBE(workflow_code_location)
MWAA_SERVERLESS_DESCRIBE(workflow_code, true)
MWAA_SERVERLESS_DESCRIBE(workflow_encryption)
MWAA_SERVERLESS_DESCRIBE(workflow_logging)
MWAA_SERVERLESS_DESCRIBE(workflow_network)
MWAA_SERVERLESS_DESCRIBE(workflow_schedule)
MWAA_SERVERLESS_DESCRIBE(workflow_environment)
MWAA_SERVERLESS_DESCRIBE(workflow_summary)
MWAA_SERVERLESS_DESCRIBE(create_workflow_request)
MWAA_SERVERLESS_DESCRIBE(create_workflow_response)
MWAA_SERVERLESS_DESCRIBE(delete_workflow_request)
MWAA_SERVERLESS_DESCRIBE(delete_workflow_response)
MWAA_SERVERLESS_DESCRIBE(get_workflow_request)
MWAA_SERVERLESS_DESCRIBE(get_workflow_response)
MWAA_SERVERLESS_DESCRIBE(list_workflows_request)
MWAA_SERVERLESS_DESCRIBE(list_workflows_response)
MWAA_SERVERLESS_DESCRIBE(update_workflow_request)
MWAA_SERVERLESS_DESCRIBE(update_workflow_response)

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

MWAA_SERVERLESS_ENUM(workflow_state, deleting)
MWAA_SERVERLESS_ENUM(workflow_encryption_type, customer_managed_key)

MWAA_SERVERLESS_PRINT(workflow_summary)
MWAA_SERVERLESS_PRINT(create_workflow_request)
MWAA_SERVERLESS_PRINT(create_workflow_response)
MWAA_SERVERLESS_PRINT(delete_workflow_request)
MWAA_SERVERLESS_PRINT(delete_workflow_response)
MWAA_SERVERLESS_PRINT(get_workflow_request)
MWAA_SERVERLESS_PRINT(get_workflow_response)
MWAA_SERVERLESS_PRINT(list_workflows_request)
MWAA_SERVERLESS_PRINT(list_workflows_response)
MWAA_SERVERLESS_PRINT(update_workflow_request)
MWAA_SERVERLESS_PRINT(update_workflow_response)

}  // namespace mwaa_serverless
