#include <array>
#include <mwaa_serverless/model/workflow_version.hpp>

#include "protocol/model/rules.hpp"
#include "protocol/model/structures.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

template <>
const structure described<workflow_version_summary>::value;

namespace {

constexpr std::array workflow_version_summary_members{
    member<&workflow_version_summary::workflow_version>("WorkflowVersion", workflow_version.must()),
    member<&workflow_version_summary::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&workflow_version_summary::is_latest_version>("IsLatestVersion"),
    member<&workflow_version_summary::created_at>("CreatedAt"),
    member<&workflow_version_summary::modified_at>("ModifiedAt"),
    member<&workflow_version_summary::definition_s3_location>("DefinitionS3Location"),
    member<&workflow_version_summary::schedule_configuration>("ScheduleConfiguration"),
    member<&workflow_version_summary::trigger_mode>("TriggerMode", generic_string),
};
constexpr std::array list_workflow_versions_response_members{
    named_list<&list_workflow_versions_response::workflow_versions,
               &list_workflow_versions_response::workflow_versions_present>("WorkflowVersions"),
    member<&list_workflow_versions_response::next_token>("NextToken"),
};
constexpr std::array list_workflow_versions_request_members{
    member<&list_workflow_versions_request::max_results>("MaxResults", page_size),
    member<&list_workflow_versions_request::next_token>("NextToken"),
    member<&list_workflow_versions_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
};

}  // namespace

MWAA_SERVERLESS_DESCRIBE(workflow_version_summary)
MWAA_SERVERLESS_DESCRIBE(list_workflow_versions_request)
MWAA_SERVERLESS_DESCRIBE(list_workflow_versions_response)

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

MWAA_SERVERLESS_PRINT(workflow_version_summary)
MWAA_SERVERLESS_PRINT(list_workflow_versions_request)
MWAA_SERVERLESS_PRINT(list_workflow_versions_response)

}  // namespace mwaa_serverless
