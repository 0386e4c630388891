#include "testing/operations.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <mwaa_serverless/model/task_instance.hpp>
#include <string>

#include "protocol/blank.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/operation.hpp"
#include "testing/world.hpp"

namespace mwaa_serverless::testing {

namespace {

template <class Request>
using response_of = typename Request::response_type;

// What an operation refuses for itself: an error instead of a response.
template <class Response>
using answer = boost::system::result<Response, reply>;

answer<list_task_instances_response> handle(const list_task_instances_request& request, const surroundings& around) {
  // The model gives this operation no ResourceNotFoundException.
  if (!around.in.has_workflow(request.workflow_arn))
    return validation_error("other", "Workflow " + request.workflow_arn + " does not exist", "WorkflowArn");
  const auto run = around.in.find_run(request.workflow_arn, request.run_id);
  if (run == nullptr) {
    return validation_error(
        "other", "Workflow run " + request.run_id + " of workflow " + request.workflow_arn + " does not exist",
        "RunId");
  }

  const std::string listing = "ListTaskInstances\n" + request.workflow_arn + "\n" + request.run_id;
  std::size_t first = 0;
  if (request.next_token) {
    const auto offset = around.tokens.read(listing, *request.next_token);
    if (!offset) return validation_error("fieldValidationFailed", "The pagination token is not valid", "NextToken");
    first = *offset;
  }
  // A run may have been replaced by a shorter one since the token was made.
  first = std::min(first, run->size());
  const auto size = static_cast<std::size_t>(request.max_results.value_or(around.limits.default_size));
  const std::size_t last = std::min(run->size(), first + size);

  list_task_instances_response out;
  out.task_instances_present = true;
  out.task_instances.reserve(last - first);
  for (std::size_t i = first; i < last; ++i) out.task_instances.push_back(run->summary(i, around.now));
  if (last < run->size()) out.next_token = text{around.tokens.make(listing, static_cast<std::uint32_t>(last))};
  return out;
}

template <class Request>
reply answered(const input& members, std::string_view body, const surroundings& around) {
  if (auto refused = members.refusal(protocol::described<Request>::value, around.limits.max_size))
    return *std::move(refused);
  auto request = protocol::blank<Request>();
  if (const auto wrong = protocol::read_json(body, protocol::described<Request>::value, &request))
    return validation_error("cannotParse", "The request body is not valid JSON: " + wrong->message());
  const answer<response_of<Request>> response = handle(request, around);
  if (response.has_error()) return response.error();
  reply out;
  constexpr std::size_t usual_item = 384;
  if constexpr (requires { protocol::operation_of<Request>::items; })
    out.body.reserve(((*response).*protocol::operation_of<Request>::items).size() * usual_item + 128);
  protocol::append_json(out.body, protocol::structure_view{*response});
  return out;
}

class row {
 public:
  template <class Request>
  static constexpr row of() {
    row out;
    out.name = protocol::operation_of<Request>::value.name;
    if constexpr (requires(const Request& each, const surroundings& around) { handle(each, around); })
      out.perform = &answered<Request>;
    return out;
  }

  std::string_view name;
  reply (*perform)(const input& members, std::string_view body, const surroundings& around) = nullptr;
};

template <class... Request>
constexpr std::array<row, sizeof...(Request)> rows_of(protocol::request_list<Request...>) {
  return {row::of<Request>()...};
}
constexpr auto all = rows_of(protocol::requests{});

}  // namespace

std::optional<reply> perform(std::string_view operation, const input& members, std::string_view body,
                             const surroundings& around) {
  for (const row& each : all)
    if (each.name == operation && each.perform != nullptr) return each.perform(members, body, around);
  return std::nullopt;
}

}  // namespace mwaa_serverless::testing
