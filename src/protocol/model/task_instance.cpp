#include <array>
#include <mwaa_serverless/model/task_instance.hpp>
#include <ostream>

#include "protocol/json_writer.hpp"
#include "protocol/model/rules.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

namespace {

constexpr std::array summary{
    member<&task_instance::workflow_arn>("WorkflowArn", workflow_arn),
    member<&task_instance::workflow_version>("WorkflowVersion"),
    member<&task_instance::run_id>("RunId", id_string),
    member<&task_instance::task_instance_id>("TaskInstanceId", id_string),
    member<&task_instance::status>("Status"),
    member<&task_instance::duration_in_seconds>("DurationInSeconds"),
    member<&task_instance::operator_name>("OperatorName"),
};

constexpr std::array list_request{
    member<&list_task_instances_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&list_task_instances_request::run_id>("RunId", id_string.must()),
    member<&list_task_instances_request::max_results>("MaxResults", page_size),
    member<&list_task_instances_request::next_token>("NextToken"),
};

constexpr std::array list_response{
    named_list<&list_task_instances_response::task_instances, &list_task_instances_response::task_instances_present>(
        "TaskInstances"),
    member<&list_task_instances_response::next_token>("NextToken"),
};

}  // namespace

template <>
constinit const structure described<task_instance>::value{summary};
template <>
constinit const structure described<list_task_instances_request>::value{list_request};
template <>
constinit const structure described<list_task_instances_response>::value{list_response};

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

std::ostream& operator<<(std::ostream& out, const task_instance& value) {
  return out << protocol::for_logs(protocol::structure_view{value});
}

}  // namespace mwaa_serverless
