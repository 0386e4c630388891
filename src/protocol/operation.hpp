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

// The operations that the library performs: EACH(Name, name), and for a listing behind them the member of the response
// that holds its items (its request has `max_results` and `next_token`, its response `next_token`).
#define MWAA_SERVERLESS_OPERATIONS(EACH) EACH(ListTaskInstances, list_task_instances, task_instances)

/// Of a request: `value`, the operation that it is for; of a listing `items`.
template <class Request>
struct operation_of;

template <auto... Items>
struct gives {};
template <auto Items>
struct gives<Items> {
  static constexpr auto items = Items;
};

#define MWAA_SERVERLESS_DESCRIBED(Name, snake, ...)                                          \
  template <>                                                                                \
  const structure described<snake##_request>::value;                                         \
  template <>                                                                                \
  const structure described<snake##_response>::value;                                        \
  template <>                                                                                \
  struct operation_of<snake##_request> : gives<__VA_OPT__(&snake##_response::__VA_ARGS__)> { \
    static constexpr const operation& value = *find_operation(#Name);                        \
  };
MWAA_SERVERLESS_OPERATIONS(MWAA_SERVERLESS_DESCRIBED)
#undef MWAA_SERVERLESS_DESCRIBED

template <class... Request>
class request_list {};
template <class, class... Request>
struct behind_first {
  using requests = request_list<Request...>;
};
#define MWAA_SERVERLESS_REQUEST(Name, snake, ...) , snake##_request
using requests = behind_first<void MWAA_SERVERLESS_OPERATIONS(MWAA_SERVERLESS_REQUEST)>::requests;
#undef MWAA_SERVERLESS_REQUEST

}  // namespace mwaa_serverless::protocol
