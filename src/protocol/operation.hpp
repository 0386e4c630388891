// The service's operations, and what each of them is given and gives.
#pragma once

#include <algorithm>
#include <array>
#include <mwaa_serverless/model/task_instance.hpp>
#include <string_view>

#include "protocol/describe.hpp"

namespace mwaa_serverless::protocol {

class operation {
 public:
  /// The service's traits `readonly` and `idempotent`.
  enum class repeats : std::uint8_t { reads, repeats_harmlessly, acts_again };

  /// `target_value`: of `X-Amz-Target`.
  consteval operation(std::string_view target_value, repeats what)
      : target(target_value), name(target_value.substr(target_value.find('.') + 1)), repeated(what) {}

  std::string_view target;
  std::string_view name;  ///< Such as `ListTaskInstances`.
  repeats repeated;

  /// May be sent again although the service may have acted on it before.
  [[nodiscard]] constexpr bool repeatable() const noexcept { return repeated != repeats::acts_again; }
};

/// All operations of API version 2024-07-26.
inline constexpr std::array operations{
    operation{"AmazonMWAAServerless.CreateAirflowUiUrl", operation::repeats::acts_again},
    operation{"AmazonMWAAServerless.CreateWorkflow", operation::repeats::repeats_harmlessly},
    operation{"AmazonMWAAServerless.DeleteWorkflow", operation::repeats::repeats_harmlessly},
    operation{"AmazonMWAAServerless.GetTaskInstance", operation::repeats::reads},
    operation{"AmazonMWAAServerless.GetWorkflow", operation::repeats::reads},
    operation{"AmazonMWAAServerless.GetWorkflowRun", operation::repeats::reads},
    operation{"AmazonMWAAServerless.ListTagsForResource", operation::repeats::reads},
    operation{"AmazonMWAAServerless.ListTaskInstances", operation::repeats::reads},
    operation{"AmazonMWAAServerless.ListWorkflowRuns", operation::repeats::reads},
    operation{"AmazonMWAAServerless.ListWorkflowVersions", operation::repeats::reads},
    operation{"AmazonMWAAServerless.ListWorkflows", operation::repeats::reads},
    operation{"AmazonMWAAServerless.StartWorkflowRun", operation::repeats::repeats_harmlessly},
    operation{"AmazonMWAAServerless.StopWorkflowRun", operation::repeats::repeats_harmlessly},
    operation{"AmazonMWAAServerless.TagResource", operation::repeats::acts_again},
    operation{"AmazonMWAAServerless.UntagResource", operation::repeats::repeats_harmlessly},
    operation{"AmazonMWAAServerless.UpdateWorkflow", operation::repeats::acts_again},
};

/// Null when there is no such operation.
[[nodiscard]] constexpr const operation* find_operation(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(operations.begin(), operations.end(), [=](const operation& each) { return each.name == name; });
  return found == operations.end() ? nullptr : found;
}

template <>
const structure described<task_instance>::value;
template <>
const structure described<list_task_instances_request>::value;
template <>
const structure described<list_task_instances_response>::value;

/// Of a request: `value`, the operation that it is for; `response`; and of a listing `items`, the member of the
/// response that holds them (its request has `max_results` and `next_token`, its response `next_token`).
template <class Request>
struct operation_of;

template <>
struct operation_of<list_task_instances_request> {
  using response = list_task_instances_response;
  static constexpr const operation& value = *find_operation("ListTaskInstances");
  static constexpr auto items = &response::task_instances;
};

template <class... Request>
class request_list {};
/// The requests of the operations that the library performs.
using requests = request_list<list_task_instances_request>;

}  // namespace mwaa_serverless::protocol
