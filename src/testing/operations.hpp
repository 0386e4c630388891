// The operations of the service, as far as they are emulated.
#pragma once

#include <array>
#include <mwaa_serverless/clock.hpp>
#include <string_view>

#include "testing/messages.hpp"
#include "testing/page_tokens.hpp"

namespace mwaa_serverless::testing {

class input;
class world;

inline constexpr std::string_view target_prefix = "AmazonMWAAServerless.";
inline constexpr std::string_view signing_name = "airflow-serverless";

/// All 15 operations of API version 2024-07-26.
inline constexpr std::array<std::string_view, 15> operation_names{
    "CreateWorkflow",      "DeleteWorkflow",    "GetTaskInstance",  "GetWorkflow",          "GetWorkflowRun",
    "ListTagsForResource", "ListTaskInstances", "ListWorkflowRuns", "ListWorkflowVersions", "ListWorkflows",
    "StartWorkflowRun",    "StopWorkflowRun",   "TagResource",      "UntagResource",        "UpdateWorkflow"};

struct page_limits {
  int default_size = 20;
  int max_size = 100;
};

[[nodiscard]] reply list_task_instances(const world& in, input& members, const page_tokens& tokens, page_limits limits,
                                        clock::time_point now);

}  // namespace mwaa_serverless::testing
