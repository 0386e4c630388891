#include <array>
#include <mwaa_serverless/model/workflow_run.hpp>

#include "protocol/model/rules.hpp"
#include "protocol/model/structures.hpp"
#include "protocol/operation.hpp"

namespace mwaa_serverless::protocol {

template <>
const structure described<workflow_run_detail_summary>::value;
template <>
const structure described<workflow_run_summary>::value;
template <>
const structure described<workflow_run_detail>::value;

namespace {

constexpr std::array workflow_run_detail_summary_members{
    member<&workflow_run_detail_summary::status>("Status"),
    member<&workflow_run_detail_summary::created_on>("CreatedOn"),
    member<&workflow_run_detail_summary::started_at>("StartedAt"),
    member<&workflow_run_detail_summary::ended_at>("EndedAt"),
};
constexpr std::array workflow_run_summary_members{
    member<&workflow_run_summary::run_id>("RunId", id_string),
    member<&workflow_run_summary::workflow_arn>("WorkflowArn", workflow_arn),
    member<&workflow_run_summary::workflow_version>("WorkflowVersion", version_id),
    member<&workflow_run_summary::run_type>("RunType"),
    member<&workflow_run_summary::run_detail_summary>("RunDetailSummary"),
};
constexpr std::array workflow_run_detail_members{
    member<&workflow_run_detail::workflow_arn>("WorkflowArn", workflow_arn),
    member<&workflow_run_detail::workflow_version>("WorkflowVersion", version_id),
    member<&workflow_run_detail::run_id>("RunId", id_string),
    member<&workflow_run_detail::run_type>("RunType"),
    member<&workflow_run_detail::started_on>("StartedOn"),
    member<&workflow_run_detail::created_at>("CreatedAt"),
    member<&workflow_run_detail::completed_on>("CompletedOn"),
    member<&workflow_run_detail::modified_at>("ModifiedAt"),
    member<&workflow_run_detail::duration>("Duration"),
    member<&workflow_run_detail::error_message>("ErrorMessage", generic_string),
    member<&workflow_run_detail::task_instances>("TaskInstances", task_instance_ids),
    member<&workflow_run_detail::run_state>("RunState"),
};
constexpr std::array get_workflow_run_response_members{
    member<&get_workflow_run_response::workflow_arn>("WorkflowArn", workflow_arn),
    member<&get_workflow_run_response::workflow_version>("WorkflowVersion", version_id),
    member<&get_workflow_run_response::run_id>("RunId", id_string),
    member<&get_workflow_run_response::run_type>("RunType"),
    member<&get_workflow_run_response::override_parameters>("OverrideParameters", object_map),
    member<&get_workflow_run_response::run_detail>("RunDetail"),
};
constexpr std::array get_workflow_run_request_members{
    member<&get_workflow_run_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&get_workflow_run_request::run_id>("RunId", id_string.must()),
};
constexpr std::array list_workflow_runs_response_members{
    named_list<&list_workflow_runs_response::workflow_runs, &list_workflow_runs_response::workflow_runs_present>(
        "WorkflowRuns"),
    member<&list_workflow_runs_response::next_token>("NextToken"),
};
constexpr std::array list_workflow_runs_request_members{
    member<&list_workflow_runs_request::max_results>("MaxResults", page_size),
    member<&list_workflow_runs_request::next_token>("NextToken"),
    member<&list_workflow_runs_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&list_workflow_runs_request::workflow_version>("WorkflowVersion", version_id),
};
constexpr std::array start_workflow_run_response_members{
    member<&start_workflow_run_response::run_id>("RunId", id_string),
    member<&start_workflow_run_response::status>("Status"),
    member<&start_workflow_run_response::started_at>("StartedAt"),
};
constexpr std::array start_workflow_run_request_members{
    member<&start_workflow_run_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&start_workflow_run_request::client_token>("ClientToken", idempotency_token),
    member<&start_workflow_run_request::override_parameters>("OverrideParameters", object_map),
    member<&start_workflow_run_request::workflow_version>("WorkflowVersion", version_id),
};
constexpr std::array stop_workflow_run_response_members{
    member<&stop_workflow_run_response::workflow_arn>("WorkflowArn", workflow_arn),
    member<&stop_workflow_run_response::workflow_version>("WorkflowVersion", version_id),
    member<&stop_workflow_run_response::run_id>("RunId", id_string),
    member<&stop_workflow_run_response::status>("Status"),
};
constexpr std::array stop_workflow_run_request_members{
    member<&stop_workflow_run_request::workflow_arn>("WorkflowArn", workflow_arn.must()),
    member<&stop_workflow_run_request::run_id>("RunId", id_string.must()),
};

}  // namespace

MWAA_SERVERLESS_DESCRIBE(workflow_run_detail_summary)
MWAA_SERVERLESS_DESCRIBE(workflow_run_summary)
MWAA_SERVERLESS_DESCRIBE(workflow_run_detail)
MWAA_SERVERLESS_DESCRIBE(get_workflow_run_request)
MWAA_SERVERLESS_DESCRIBE(get_workflow_run_response)
MWAA_SERVERLESS_DESCRIBE(list_workflow_runs_request)
MWAA_SERVERLESS_DESCRIBE(list_workflow_runs_response)
MWAA_SERVERLESS_DESCRIBE(start_workflow_run_request)
MWAA_SERVERLESS_DESCRIBE(start_workflow_run_response)
MWAA_SERVERLESS_DESCRIBE(stop_workflow_run_request)
MWAA_SERVERLESS_DESCRIBE(stop_workflow_run_response)

}  // namespace mwaa_serverless::protocol

namespace mwaa_serverless {

MWAA_SERVERLESS_ENUM(workflow_run_status, stopped)
MWAA_SERVERLESS_ENUM(workflow_run_type, scheduled)

MWAA_SERVERLESS_PRINT(workflow_run_summary)
MWAA_SERVERLESS_PRINT(workflow_run_detail)
MWAA_SERVERLESS_PRINT(get_workflow_run_request)
MWAA_SERVERLESS_PRINT(get_workflow_run_response)
MWAA_SERVERLESS_PRINT(list_workflow_runs_request)
MWAA_SERVERLESS_PRINT(list_workflow_runs_response)
MWAA_SERVERLESS_PRINT(start_workflow_run_request)
MWAA_SERVERLESS_PRINT(start_workflow_run_response)
MWAA_SERVERLESS_PRINT(stop_workflow_run_request)
MWAA_SERVERLESS_PRINT(stop_workflow_run_response)

}  // namespace mwaa_serverless
