// The service's operations, and what each of them is given and gives.
#pragma once

#include <algorithm>
#include <array>
#include <mwaa_serverless/model/airflow_ui.hpp>
#include <mwaa_serverless/model/tags.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/model/workflow_version.hpp>
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

// All operations of API version 2024-07-26: EACH(Name, name, repeats), and for a listing behind them the member of the
// response that holds its items (its request has `max_results` and `next_token`, its response `next_token`).
#define MWAA_SERVERLESS_OPERATIONS(EACH)                                       \
  EACH(CreateAirflowUiUrl, create_airflow_ui_url, acts_again)                  \
  EACH(CreateWorkflow, create_workflow, repeats_harmlessly)                    \
  EACH(DeleteWorkflow, delete_workflow, repeats_harmlessly)                    \
  EACH(GetTaskInstance, get_task_instance, reads)                              \
  EACH(GetWorkflow, get_workflow, reads)                                       \
  EACH(GetWorkflowRun, get_workflow_run, reads)                                \
  EACH(ListTagsForResource, list_tags_for_resource, reads)                     \
  EACH(ListTaskInstances, list_task_instances, reads, task_instances)          \
  EACH(ListWorkflowRuns, list_workflow_runs, reads, workflow_runs)             \
  EACH(ListWorkflowVersions, list_workflow_versions, reads, workflow_versions) \
  EACH(ListWorkflows, list_workflows, reads, workflows)                        \
  EACH(StartWorkflowRun, start_workflow_run, repeats_harmlessly)               \
  EACH(StopWorkflowRun, stop_workflow_run, repeats_harmlessly)                 \
  EACH(TagResource, tag_resource, acts_again)                                  \
  EACH(UntagResource, untag_resource, repeats_harmlessly)                      \
  EACH(UpdateWorkflow, update_workflow, acts_again)

#define MWAA_SERVERLESS_ROW(Name, snake, what, ...) operation{"AmazonMWAAServerless." #Name, operation::repeats::what},
inline constexpr std::array operations{MWAA_SERVERLESS_OPERATIONS(MWAA_SERVERLESS_ROW)};
#undef MWAA_SERVERLESS_ROW

/// Null when there is no such operation.
[[nodiscard]] constexpr const operation* find_operation(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(operations.begin(), operations.end(), [=](const operation& each) { return each.name == name; });
  return found == operations.end() ? nullptr : found;
}

/// Of a request: `value`, the operation that it is for; of a listing `items`.
template <class Request>
struct operation_of;

template <auto... Items>
struct gives {};
template <auto Items>
struct gives<Items> {
  static constexpr auto items = Items;
};

#define MWAA_SERVERLESS_DESCRIBED(Name, snake, what, ...)                                    \
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
#define MWAA_SERVERLESS_REQUEST(Name, snake, what, ...) , snake##_request
using requests = behind_first<void MWAA_SERVERLESS_OPERATIONS(MWAA_SERVERLESS_REQUEST)>::requests;
#undef MWAA_SERVERLESS_REQUEST

}  // namespace mwaa_serverless::protocol
