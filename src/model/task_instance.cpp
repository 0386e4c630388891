#include <mwaa_serverless/model/task_instance.hpp>

#include "model/enumerator_names.hpp"

namespace mwaa_serverless {

template <>
std::span<const std::string_view> open_enum<task_instance_status_values>::names() noexcept {
  return enumerator_names<task_instance_status_values, task_instance_status_values::timeout>;
}

bool task_instance_status::is_terminal() const noexcept {
  switch (*this) {
    case success:
    case failed:
    case upstream_failed:
    case removed:
    case cancelled:
    case timeout:
      return true;
    case unknown:
    case queued:
    case scheduled:
    case running:
    case up_for_reschedule:
    case up_for_retry:
    case restarting:
    case deferred:
    case none:
      return false;
  }
  return false;
}

}  // namespace mwaa_serverless
