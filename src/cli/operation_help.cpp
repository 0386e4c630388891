#include "cli/operation_help.hpp"

#include <algorithm>
#include <iterator>

namespace mwaa_serverless::cli {

namespace {

constexpr member_help usual[]{
    {"ClientToken", "Makes the call repeatable: with the same token the service acts once. Default: a new one."},
    {"Code", "Where code that tasks use is: S3Location={Bucket=...,ObjectKey=...,VersionId=...}."},
    {"DefinitionS3Location", "The workflow's YAML: Bucket=...,ObjectKey=...,VersionId=..."},
    {"Description", "What the workflow is for."},
    {"EngineVersion", "Version of the engine that runs the workflow."},
    {"Environment", "Environment of the tasks: Variables={NAME=value,...}."},
    {"LoggingConfiguration", "The log group of CloudWatch that logs go to: LogGroupName=..."},
    {"MaxResults", "Items in the one page that is then fetched; see --page-size."},
    {"NetworkConfiguration", "The VPC that tasks run in: SecurityGroupIds=sg-...,...,SubnetIds=subnet-...,..."},
    {"NextToken", "The service's token of the one page that is then fetched."},
    {"ResourceArn", "ARN of the workflow."},
    {"RoleArn", "ARN of the IAM role that tasks run with."},
    {"RunId", "Identifier of the workflow run."},
    {"TriggerMode", "What starts runs of the workflow."},
    {"WorkflowArn", "ARN of the workflow."},
};

constexpr member_help create_airflow_ui_url[]{
    {"ExpiresInSeconds", "How long the address may be opened, from 5 to 300 seconds."},
    {"SessionDurationInSeconds", "How long the session at the UI then lasts, up to 43200 seconds."},
};
constexpr member_help create_workflow[]{
    {"EncryptionConfiguration",
     "The key of the workflow's data: Type=AWS_MANAGED_KEY, or Type=CUSTOMER_MANAGED_KEY,KmsKeyId=..."},
    {"Name", "Name of the workflow, unique in the account and region."},
    {"Tags", "Tags of the workflow: Key=value,..."},
};
constexpr member_help update_workflow[]{
    {"Environment", "Environment of the tasks, in place of all variables before: Variables={NAME=value,...}."},
};
constexpr member_help delete_workflow[]{
    {"WorkflowVersion", "Delete this version only. Default: the workflow with all its versions."},
};
constexpr member_help get_task_instance[]{
    {"TaskInstanceId", "Identifier of the task instance."},
    {"WorkflowArn", "ARN of the workflow that contains the run."},
};
constexpr member_help get_workflow[]{
    {"WorkflowVersion", "The version to show. Default: the latest."},
};
constexpr member_help list_workflow_runs[]{
    {"WorkflowVersion", "Only runs of this version. Default: of all."},
};
constexpr member_help of_a_run[]{
    {"WorkflowArn", "ARN of the workflow that contains the run."},
};
constexpr member_help start_workflow_run[]{
    {"OverrideParameters",
     "Parameters in place of the workflow's own: a JSON object such as {\"day\": \"2026-11-30\"}."},
    {"WorkflowVersion", "The version to run. Default: the latest."},
};
constexpr member_help tag_resource[]{
    {"Tags", "Tags to add, or to give other values: Key=value,..."},
};
constexpr member_help untag_resource[]{
    {"TagKeys", "Keys of the tags to take away."},
};

constexpr operation_help all[]{
    {"CreateAirflowUiUrl", "Make an address at which the Airflow UI can be opened for a short time.",
     create_airflow_ui_url},
    {"CreateWorkflow", "Make a workflow from a definition in S3.", create_workflow},
    {"DeleteWorkflow", "Delete a workflow, or one version of it.", delete_workflow},
    {"GetTaskInstance", "Show a task instance of a workflow run.", get_task_instance},
    {"GetWorkflow", "Show a workflow with its definition and settings.", get_workflow},
    {"GetWorkflowRun", "Show a workflow run: its state, times and task instances.", of_a_run},
    {"ListTagsForResource", "List the tags of a workflow.", {}},
    {"ListTaskInstances", "List the task instances of a workflow run.", of_a_run},
    {"ListWorkflowRuns", "List the runs of a workflow.", list_workflow_runs},
    {"ListWorkflowVersions", "List the versions of a workflow.", {}},
    {"ListWorkflows", "List the workflows of the account in the region.", {}},
    {"StartWorkflowRun", "Start a run of a workflow.", start_workflow_run},
    {"StopWorkflowRun", "Stop a workflow run that has not ended.", of_a_run},
    {"TagResource", "Add tags to a workflow.", tag_resource},
    {"UntagResource", "Take tags away from a workflow.", untag_resource},
    {"UpdateWorkflow", "Give a workflow a new version, which has what is given here and nothing of the old one.",
     update_workflow},
};
constexpr operation_help unwritten{{}, "See the service's API reference.", {}};

std::string_view find(std::span<const member_help> in, std::string_view member) {
  const auto found = std::find_if(in.begin(), in.end(), [=](const member_help& each) { return each.first == member; });
  return found == in.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string_view operation_help::of(std::string_view member) const {
  const std::string_view own = find(members, member);
  return own.empty() ? find(usual, member) : own;
}

const operation_help& help_of(std::string_view operation) {
  const auto* const found = std::find_if(std::begin(all), std::end(all),
                                         [=](const operation_help& each) { return each.operation == operation; });
  return found == std::end(all) ? unwritten : *found;
}

}  // namespace mwaa_serverless::cli
