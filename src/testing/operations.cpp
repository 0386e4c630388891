#include "testing/operations.hpp"

#include <algorithm>
#include <limits>

#include "testing/input.hpp"
#include "testing/name_rules.hpp"
#include "testing/world.hpp"

namespace mwaa_serverless::testing {

reply list_task_instances(const world& in, input& members, const page_tokens& tokens, page_limits limits,
                          clock::time_point now) {
  const std::string arn = members.required_string("WorkflowArn", max_arn_length, is_workflow_arn, workflow_arn_pattern);
  const std::string run_id = members.required_string("RunId", max_id_length, is_id, id_pattern);
  const auto max_results = members.optional_integer("MaxResults", 1, limits.max_size);
  const auto token = members.optional_string("NextToken");
  if (auto refused = members.refusal()) return *std::move(refused);

  // The model gives this operation no ResourceNotFoundException.
  if (!in.has_workflow(arn)) return validation_error("other", "Workflow " + arn + " does not exist", "WorkflowArn");
  const auto run = in.find_run(arn, run_id);
  if (run == nullptr)
    return validation_error("other", "Workflow run " + run_id + " of workflow " + arn + " does not exist", "RunId");

  const std::string listing = "ListTaskInstances\n" + arn + "\n" + run_id;
  std::size_t first = 0;
  if (token) {
    const auto offset = tokens.read(listing, *token);
    if (!offset) return validation_error("fieldValidationFailed", "The pagination token is not valid", "NextToken");
    first = *offset;
  }
  // A run may have been replaced by a shorter one since the token was made.
  first = std::min(first, run->size());
  const auto size = static_cast<std::size_t>(max_results.value_or(limits.default_size));
  const std::size_t last = std::min(run->size(), first + size);

  reply out;
  constexpr std::size_t usual_summary = 384;
  out.body.reserve((last - first) * usual_summary + 128);
  out.body = R"({"TaskInstances":[)";
  for (std::size_t i = first; i < last; ++i) {
    if (i != first) out.body.push_back(',');
    run->append_summary(out.body, i, now);
  }
  out.body.push_back(']');
  if (last < run->size())
    out.body.append(R"(,"NextToken":")").append(tokens.make(listing, static_cast<std::uint32_t>(last))).append("\"");
  out.body.push_back('}');
  return out;
}

}  // namespace mwaa_serverless::testing
