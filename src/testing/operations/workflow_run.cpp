#include "testing/operations/handlers.hpp"
#include "testing/operations/listing.hpp"

namespace mwaa_serverless::testing {

start_workflow_run_response handle(const start_workflow_run_request& request, const operation_context& context) {
  workflow& owner = wanted_workflow(request, context);
  const workflow_version& version = wanted_version(request, owner);
  if (owner.deleting() || version.gone_at)
    throw refused_request{conflict("Workflow " + owner.id + " is being deleted", owner.id, "Workflow")};
  const resource_quotas& quotas = context.in.quotas();
  const account::room room = context.in.room_for_run(owner.id, context.now);
  if (room != account::room::free && quotas.over_concurrent_runs == over_run_quota::refused) {
    const bool account_full = room == account::room::account_full;
    throw refused_request{over_quota(
        account_full ? "The account has " + std::to_string(quotas.concurrent_runs) + " runs that are not complete"
                     : "Workflow " + owner.id + " has " + std::to_string(quotas.concurrent_runs_per_workflow) +
                           " runs that are not complete",
        owner.id, "WorkflowRun", account_full ? "L-EMULATOR4" : "L-EMULATOR5")};
  }
  const run& started = context.in.start_run(owner, version.id, request.override_parameters, context.now);
  start_workflow_run_response out;
  out.run_id = text{started.id};
  out.status = started.status(context.now);
  out.started_at = context.in.dates(started.created());
  return out;
}

stop_workflow_run_response handle(const stop_workflow_run_request& request, const operation_context& context) {
  const auto which = wanted_run(request, context);
  context.in.stop_run(*which, context.now);
  stop_workflow_run_response out;
  out.workflow_arn = text{request.workflow_arn};
  out.workflow_version = text{quotable(which->version)};
  out.run_id = text{which->id};
  out.status = which->status(context.now);
  return out;
}

get_workflow_run_response handle(const get_workflow_run_request& request, const operation_context& context) {
  const auto which = wanted_run(request, context);
  get_workflow_run_response out;
  out.run_detail = which->detail(context.now, context.in.dates);
  out.workflow_arn = out.run_detail->workflow_arn;
  out.workflow_version = out.run_detail->workflow_version;
  out.run_id = out.run_detail->run_id;
  out.run_type = out.run_detail->run_type;
  out.override_parameters = which->override_parameters;
  return out;
}

list_workflow_runs_response handle(const list_workflow_runs_request& request, const operation_context& context) {
  const workflow& owner = wanted_workflow(request, context);
  auto runs = pointers_to<run>(owner.runs);
  if (request.workflow_version)
    std::erase_if(runs, [&](const run* each) { return each->version != *request.workflow_version; });
  const std::string listed = owner.id + "\n" + request.workflow_version.value_or("");
  list_workflow_runs_response out;
  out.workflow_runs_present = true;
  for (const run* each : page_of(std::move(runs), request, listed, context, out))
    out.workflow_runs.push_back(each->summary(context.now, context.in.dates));
  return out;
}

}  // namespace mwaa_serverless::testing
