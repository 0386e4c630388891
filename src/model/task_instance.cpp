#include <mwaa_serverless/model/task_instance.hpp>

namespace mwaa_serverless {

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
