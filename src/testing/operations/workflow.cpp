#include "protocol/model/rules.hpp"
#include "testing/operations/handlers.hpp"
#include "testing/operations/listing.hpp"

namespace mwaa_serverless::testing {

namespace {

workflow_state state_of(const workflow& of, const workflow_version& which) {
  return of.deleting() || which.gone_at ? workflow_state::deleting : workflow_state::ready;
}

[[noreturn]] void refuse_member(std::string_view member, const std::string& message) {
  throw refused_request{validation_error("fieldValidationFailed", message, member)};
}

/// The names that the service keeps for itself, but for the settings of a secrets backend.
void check_environment(const std::optional<workflow_environment>& given) {
  if (!given || !given->variables) return;
  constexpr std::string_view backend = "AIRFLOW__WORKERS__SECRETS_BACKEND";
  for (const auto& [name, value] : *given->variables) {
    if (name == backend || name == std::string{backend} + "_KWARGS" ||
        name.starts_with(std::string{backend} + "_KWARG__"))
      continue;
    if (name.starts_with("AWS_") || name.starts_with("AIRFLOW__"))
      refuse_member("Environment.Variables." + name, "The environment variable " + name + " is reserved");
  }
}

text told(const std::optional<std::string>& given) {
  return given ? text{*given} : text{};
}

/// What both requests say of the version to be made.
template <class Request>
get_workflow_response content_of(const Request& request) {
  constexpr std::int32_t newest_engine = 1;
  if (request.engine_version && *request.engine_version != newest_engine)
    refuse_member("EngineVersion", "Engine version " + std::to_string(*request.engine_version) + " is not supported");
  check_environment(request.environment);
  get_workflow_response out;
  out.description = told(request.description);
  out.logging_configuration = request.logging_configuration;
  out.engine_version = request.engine_version.value_or(newest_engine);
  out.definition_s3_location = request.definition_s3_location;
  out.code = request.code;
  out.role_arn = text{request.role_arn};
  out.network_configuration = request.network_configuration;
  out.environment = request.environment;
  out.trigger_mode = told(request.trigger_mode);
  return out;
}

}  // namespace

create_workflow_response handle(const create_workflow_request& request, const operation_context& context) {
  get_workflow_response content = content_of(request);
  content.encryption_configuration = request.encryption_configuration.value_or(
      workflow_encryption{workflow_encryption_type{workflow_encryption_type::aws_managed_key}});
  if (content.encryption_configuration->type == workflow_encryption_type::customer_managed_key &&
      !content.encryption_configuration->kms_key_id)
    refuse_member("EncryptionConfiguration.KmsKeyId", "A customer managed key needs a KmsKeyId");
  account& in = context.in;
  if (in.has_workflow_named(request.name))
    throw refused_request{conflict("A workflow named " + request.name + " exists", request.name, "Workflow")};
  if (in.workflows().size() >= in.quotas().workflows)
    throw refused_request{over_quota("The account has " + std::to_string(in.quotas().workflows) + " workflows",
                                     request.name, "Workflow", "L-EMULATOR2")};
  workflow& made = in.add_workflow(request.name, {}, context.now);
  if (request.tags) made.tags = *request.tags;
  const workflow_version& first = in.add_version(made, {}, std::move(content), context.now);

  create_workflow_response out;
  out.workflow_arn = first.content.workflow_arn;
  out.created_at = first.content.created_at;
  out.revision_id = text{in.random_id(16)};
  out.workflow_status = workflow_state::ready;
  out.workflow_version = first.content.workflow_version;
  out.is_latest_version = true;
  return out;
}

update_workflow_response handle(const update_workflow_request& request, const operation_context& context) {
  get_workflow_response content = content_of(request);
  workflow& owner = wanted_workflow(request, context);
  if (owner.deleting())
    throw refused_request{conflict("Workflow " + owner.id + " is being deleted", owner.id, "Workflow")};
  const std::size_t most = context.in.quotas().versions_per_workflow;
  if (owner.versions.size() >= most)
    throw refused_request{over_quota("Workflow " + owner.id + " has " + std::to_string(most) + " versions", owner.id,
                                     "WorkflowVersion", "L-EMULATOR3")};
  content.encryption_configuration = owner.latest().content.encryption_configuration;
  const workflow_version& made = context.in.add_version(owner, {}, std::move(content), context.now);

  update_workflow_response out;
  out.workflow_arn = made.content.workflow_arn;
  out.modified_at = made.content.modified_at;
  out.workflow_version = made.content.workflow_version;
  return out;
}

get_workflow_response handle(const get_workflow_request& request, const operation_context& context) {
  const workflow& owner = wanted_workflow(request, context);
  const workflow_version& which = wanted_version(request, owner);
  get_workflow_response out = which.content;
  out.workflow_status = state_of(owner, which);
  if (owner.schedule && &which == &owner.latest())
    out.schedule_configuration = workflow_schedule{}.with_cron_expression(*owner.schedule);
  return out;
}

delete_workflow_response handle(const delete_workflow_request& request, const operation_context& context) {
  workflow& owner = wanted_workflow(request, context);
  delete_workflow_response out;
  out.workflow_arn = text{owner.id};
  if (request.workflow_version) {
    workflow_version& which = wanted_version(request, owner);
    out.workflow_version = text{which.id};
    context.in.delete_version(owner, which, context.now);
  } else {
    context.in.delete_workflow(owner, context.now);
  }
  return out;
}

list_workflows_response handle(const list_workflows_request& request, const operation_context& context) {
  list_workflows_response out;
  out.workflows_present = true;
  for (const workflow* each : page_of(context.in.workflows(), request, {}, context, out)) {
    const workflow_version& latest = each->latest();
    workflow_summary& shown = out.workflows.emplace_back();
    shown.workflow_arn = latest.content.workflow_arn;
    shown.workflow_version = latest.content.workflow_version;
    shown.name = latest.content.name;
    shown.description = latest.content.description;
    shown.created_at = latest.content.created_at;
    shown.modified_at = latest.content.modified_at;
    shown.workflow_status = state_of(*each, latest);
    shown.trigger_mode = latest.content.trigger_mode;
  }
  return out;
}

list_workflow_versions_response handle(const list_workflow_versions_request& request,
                                       const operation_context& context) {
  const workflow& owner = wanted_workflow(request, context);
  const workflow_version& latest = owner.latest();
  list_workflow_versions_response out;
  out.workflow_versions_present = true;
  for (const workflow_version* each :
       page_of(pointers_to<workflow_version>(owner.versions), request, owner.id, context, out)) {
    workflow_version_summary& shown = out.workflow_versions.emplace_back();
    shown.workflow_version = each->content.workflow_version;
    shown.workflow_arn = each->content.workflow_arn;
    shown.is_latest_version = each == &latest;
    shown.created_at = context.in.dates(each->created);
    shown.modified_at = context.in.dates(each->created);
    shown.definition_s3_location = each->content.definition_s3_location;
    if (owner.schedule && each == &latest)
      shown.schedule_configuration = workflow_schedule{}.with_cron_expression(*owner.schedule);
    shown.trigger_mode = each->content.trigger_mode;
  }
  return out;
}

}  // namespace mwaa_serverless::testing
