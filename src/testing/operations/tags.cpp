#include "protocol/model/rules.hpp"
#include "testing/operations/handlers.hpp"

namespace mwaa_serverless::testing {

list_tags_for_resource_response handle(const list_tags_for_resource_request& request,
                                       const operation_context& context) {
  const workflow& owner = wanted_workflow(request, request.resource_arn, context, "ResourceArn");
  list_tags_for_resource_response out;
  out.tags_present = true;
  for (const auto& [key, value] : owner.tags) out.tags.emplace(quotable(key), quotable(value));
  return out;
}

tag_resource_response handle(const tag_resource_request& request, const operation_context& context) {
  workflow& owner = wanted_workflow(request, request.resource_arn, context, "ResourceArn");
  auto all = request.tags;
  all.insert(owner.tags.begin(), owner.tags.end());
  if (all.size() > static_cast<std::size_t>(protocol::tags.max))
    throw refused_request{
        validation_error("other", "A workflow has at most " + std::to_string(protocol::tags.max) + " tags", "Tags")};
  owner.tags = std::move(all);
  return {};
}

untag_resource_response handle(const untag_resource_request& request, const operation_context& context) {
  workflow& owner = wanted_workflow(request, request.resource_arn, context, "ResourceArn");
  for (const std::string& each : request.tag_keys) owner.tags.erase(each);
  return {};
}

}  // namespace mwaa_serverless::testing
