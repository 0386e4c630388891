#include "cli/operation_help.hpp"

#include <algorithm>
#include <iterator>

namespace mwaa_serverless::cli {

namespace {

constexpr member_help usual[]{
    {"MaxResults", "Items in the one page that is then fetched; see --page-size."},
    {"NextToken", "The service's token of the one page that is then fetched."},
    {"RunId", "Identifier of the workflow run."},
    {"WorkflowArn", "ARN of the workflow."},
};

constexpr member_help list_task_instances[]{
    {"WorkflowArn", "ARN of the workflow that contains the run."},
};

constexpr operation_help all[]{
    {"ListTaskInstances", "List the task instances of a workflow run.", list_task_instances},
};
constexpr operation_help unwritten{{}, "See the service's API reference.", {}};

std::string_view find(std::span<const member_help> in, std::string_view member) {
  const auto found = std::find_if(in.begin(), in.end(), [=](const member_help& each) { return each.first == member; });
  return found == in.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string_view operation_help::of(std::string_view member) const {
  const std::string_view own = find(members, member);
  return own.empty() ? find(usual, member) : own;
}

const operation_help& help_of(std::string_view operation) {
  const auto* const found = std::find_if(std::begin(all), std::end(all),
                                         [=](const operation_help& each) { return each.operation == operation; });
  return found == std::end(all) ? unwritten : *found;
}

}  // namespace mwaa_serverless::cli
