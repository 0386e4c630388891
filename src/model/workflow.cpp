#include <mwaa_serverless/model/workflow.hpp>

#include "model/enumerator_names.hpp"

namespace mwaa_serverless {

template <>
std::span<const std::string_view> open_enum<workflow_state_values>::names() noexcept {
  return enumerator_names<workflow_state_values, workflow_state_values::deleting>;
}

template <>
std::span<const std::string_view> open_enum<workflow_encryption_type_values>::names() noexcept {
  return enumerator_names<workflow_encryption_type_values, workflow_encryption_type_values::customer_managed_key>;
}

}  // namespace mwaa_serverless
