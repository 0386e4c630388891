// `mwaa-serverless list-task-instances`
#pragma once

#include "cli/command.hpp"

namespace mwaa_serverless::cli {

inline constexpr parameter list_task_instances_parameters[] = {
    {"--workflow-arn", parameter_kind::text, true, "ARN of the workflow that contains the run."},
    {"--run-id", parameter_kind::text, true, "Identifier of the workflow run."},
    {"--max-results", parameter_kind::integer, false,
     "Task instances in the one page that is then fetched; see --page-size."},
    {"--next-token", parameter_kind::text, false, "The service's token of the one page that is then fetched."},
};

boost::asio::awaitable<void> run_list_task_instances(call& context);

inline constexpr command list_task_instances{"list-task-instances",
                                             "ListTaskInstances",
                                             "List the task instances of a workflow run.",
                                             list_task_instances_parameters,
                                             true,
                                             &run_list_task_instances};

/// The task instance with the members that the service sent, in the model's order.
[[nodiscard]] boost::json::value to_json(const task_instance& item);

}  // namespace mwaa_serverless::cli
