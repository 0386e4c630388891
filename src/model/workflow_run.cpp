#include <mwaa_serverless/model/workflow_run.hpp>

#include "model/enumerator_names.hpp"

namespace mwaa_serverless {

template <>
std::span<const std::string_view> open_enum<workflow_run_status_values>::names() noexcept {
  return enumerator_names<workflow_run_status_values, workflow_run_status_values::stopped>;
}

template <>
std::span<const std::string_view> open_enum<workflow_run_type_values>::names() noexcept {
  return enumerator_names<workflow_run_type_values, workflow_run_type_values::scheduled>;
}

bool workflow_run_status::is_terminal() const noexcept {
  switch (*this) {
    case success:
    case failed:
    case timeout:
    case stopped:
      return true;
    case unknown:
    case starting:
    case queued:
    case running:
    case stopping:
      return false;
  }
  return false;
}

}  // namespace mwaa_serverless
