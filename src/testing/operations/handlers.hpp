// One function an operation, beside those of its resource, and what several of them need.
#pragma once

#include <string>
#include <string_view>

#include "protocol/operation.hpp"
#include "testing/operations.hpp"

namespace mwaa_serverless::testing {

// The response to a request that follows the rules of the model. Throw refused_request.
create_airflow_ui_url_response handle(const create_airflow_ui_url_request& request, const operation_context& context);
create_workflow_response handle(const create_workflow_request& request, const operation_context& context);
delete_workflow_response handle(const delete_workflow_request& request, const operation_context& context);
get_task_instance_response handle(const get_task_instance_request& request, const operation_context& context);
get_workflow_response handle(const get_workflow_request& request, const operation_context& context);
get_workflow_run_response handle(const get_workflow_run_request& request, const operation_context& context);
list_tags_for_resource_response handle(const list_tags_for_resource_request& request, const operation_context& context);
list_task_instances_response handle(const list_task_instances_request& request, const operation_context& context);
list_workflow_runs_response handle(const list_workflow_runs_request& request, const operation_context& context);
list_workflow_versions_response handle(const list_workflow_versions_request& request, const operation_context& context);
list_workflows_response handle(const list_workflows_request& request, const operation_context& context);
start_workflow_run_response handle(const start_workflow_run_request& request, const operation_context& context);
stop_workflow_run_response handle(const stop_workflow_run_request& request, const operation_context& context);
tag_resource_response handle(const tag_resource_request& request, const operation_context& context);
untag_resource_response handle(const untag_resource_request& request, const operation_context& context);
update_workflow_response handle(const update_workflow_request& request, const operation_context& context);

// The errors of resources. `type`: `Workflow`, `WorkflowRun` and so on.
[[nodiscard]] reply conflict(std::string_view message, std::string_view id, std::string_view type);
[[nodiscard]] reply over_quota(std::string_view message, std::string_view id, std::string_view type,
                               std::string_view quota_code);
[[nodiscard]] reply not_found(std::string_view message, std::string_view id, std::string_view type);

/// Throws the error of a resource that is not there. The model gives the listings no ResourceNotFoundException: they
/// find `member` of the request invalid.
template <class Request>
[[noreturn]] void refuse_missing(std::string_view what, std::string_view id, std::string_view type,
                                 std::string_view member) {
  const std::string message = std::string{what} + " does not exist";
  if constexpr (requires { protocol::operation_of<Request>::items; })
    throw refused_request{validation_error("other", message, member)};
  else
    throw refused_request{not_found(message, id, type)};
}

/// What the request's members name. Throw refused_request when it is not there.
template <class Request>
[[nodiscard]] workflow& wanted_workflow(const Request&, const std::string& arn, const operation_context& context,
                                        std::string_view member = "WorkflowArn") {
  workflow* const found = context.in.find_workflow(arn);
  if (found == nullptr) refuse_missing<Request>("Workflow " + arn, arn, "Workflow", member);
  return *found;
}
template <class Request>
[[nodiscard]] workflow& wanted_workflow(const Request& request, const operation_context& context) {
  return wanted_workflow(request, request.workflow_arn, context);
}
/// The latest when the request names none.
template <class Request>
[[nodiscard]] workflow_version& wanted_version(const Request& request, const workflow& of) {
  if (!request.workflow_version) return of.latest();
  workflow_version* const found = of.find_version(*request.workflow_version);
  if (found == nullptr)
    refuse_missing<Request>("Version " + *request.workflow_version + " of workflow " + of.id, *request.workflow_version,
                            "WorkflowVersion", "WorkflowVersion");
  return *found;
}
template <class Request>
[[nodiscard]] std::shared_ptr<run> wanted_run(const Request& request, const operation_context& context) {
  auto found = wanted_workflow(request, context).find_run(request.run_id);
  if (found == nullptr)
    refuse_missing<Request>("Workflow run " + request.run_id + " of workflow " + request.workflow_arn, request.run_id,
                            "WorkflowRun", "RunId");
  return found;
}

}  // namespace mwaa_serverless::testing
