#include <array>
#include <mwaa_serverless/model/task_instance.hpp>

#include "protocol/model/rules.hpp"
#include "protocol/model/structures.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

template <>
const structure described<task_instance>::value;

namespace {

constexpr std::array task_instance_members{
    member<&task_instance::workflow_arn>("WorkflowArn", workflow_arn),
    member<&task_instance::workflow_version>("WorkflowVersion", version_id),
    member<&task_instance::run_id>("RunId", id_string),
    member<&task_instance::task_instance_id>("TaskInstanceId", id_string),
    member<&task_instance::status>("Status"),
    member<&task_instance::duration_in_seconds>("DurationInSeconds"),
    member<&task_instance::operator_name>("OperatorName", generic_string),
};

constexpr std::array list_task_instances_request_members{
    member<&list_task_instances_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&list_task_instances_request::run_id>("RunId", id_string.must()),
    member<&list_task_instances_request::max_results>("MaxResults", page_size),
    member<&list_task_instances_request::next_token>("NextToken"),
};

constexpr std::array list_task_instances_response_members{
    named_list<&list_task_instances_response::task_instances, &list_task_instances_response::task_instances_present>(
        "TaskInstances"),
    member<&list_task_instances_response::next_token>("NextToken"),
};

constexpr std::array get_task_instance_response_members{
    member<&get_task_instance_response::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&get_task_instance_response::run_id>("RunId", id_string.must()),
    member<&get_task_instance_response::task_instance_id>("TaskInstanceId", id_string.must()),
    member<&get_task_instance_response::workflow_version>("WorkflowVersion", version_id),
    member<&get_task_instance_response::status>("Status"),
    member<&get_task_instance_response::duration_in_seconds>("DurationInSeconds"),
    member<&get_task_instance_response::operator_name>("OperatorName", generic_string),
    member<&get_task_instance_response::modified_at>("ModifiedAt"),
    member<&get_task_instance_response::ended_at>("EndedAt"),
    member<&get_task_instance_response::started_at>("StartedAt"),
    member<&get_task_instance_response::attempt_number>("AttemptNumber"),
    member<&get_task_instance_response::error_message>("ErrorMessage", generic_string),
    member<&get_task_instance_response::task_id>("TaskId", id_string),
    member<&get_task_instance_response::log_stream>("LogStream", id_string),
    member<&get_task_instance_response::xcom>("Xcom", generic_map),
};
constexpr std::array get_task_instance_request_members{
    member<&get_task_instance_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&get_task_instance_request::task_instance_id>("TaskInstanceId", id_string.must()),
    member<&get_task_instance_request::run_id>("RunId", id_string.must()),
};

}  // namespace

MWAA_SERVERLESS_DESCRIBE(task_instance)
MWAA_SERVERLESS_DESCRIBE(list_task_instances_request)
MWAA_SERVERLESS_DESCRIBE(list_task_instances_response)
MWAA_SERVERLESS_DESCRIBE(get_task_instance_request)
MWAA_SERVERLESS_DESCRIBE(get_task_instance_response)

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

MWAA_SERVERLESS_ENUM(task_instance_status, timeout)

MWAA_SERVERLESS_PRINT(task_instance)
MWAA_SERVERLESS_PRINT(list_task_instances_request)
MWAA_SERVERLESS_PRINT(list_task_instances_response)
MWAA_SERVERLESS_PRINT(get_task_instance_request)
MWAA_SERVERLESS_PRINT(get_task_instance_response)

}  // namespace mwaa_serverless
