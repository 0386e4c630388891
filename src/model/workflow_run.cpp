#include <mwaa_serverless/model/workflow_run.hpp>

namespace mwaa_serverless {

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
