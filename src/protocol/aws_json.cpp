#include "protocol/aws_json.hpp"

#include <array>

#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"

namespace mwaa_serverless::protocol {

namespace {

constexpr std::array task_instance_members{
    text_member<&task_instance::workflow_arn>("WorkflowArn"),
    text_member<&task_instance::workflow_version>("WorkflowVersion"),
    text_member<&task_instance::run_id>("RunId"),
    text_member<&task_instance::task_instance_id>("TaskInstanceId"),
    text_member<&task_instance::status>("Status"),
    integer_member<&task_instance::duration_in_seconds>("DurationInSeconds"),
    text_member<&task_instance::operator_name>("OperatorName"),
};
constexpr structure_schema task_instance_schema{task_instance_members};

constexpr value_schema items_member() {
  auto out = list_member<&list_task_instances_response::task_instances, task_instance_schema>("TaskInstances");
  out.enter = [](void* object, std::size_t count) -> void* {
    auto& page = *static_cast<list_task_instances_response*>(object);
    page.task_instances_present = true;
    return detail_schema::begin_list(page.task_instances, count);
  };
  return out;
}

constexpr std::array list_task_instances_response_members{
    items_member(),
    text_member<&list_task_instances_response::next_token>("NextToken"),
};
constexpr structure_schema list_task_instances_response_schema{list_task_instances_response_members};

// A value as messages show it.
std::string cut(std::string_view value) {
  constexpr std::size_t shown = 60;
  return value.size() <= shown ? std::string{value} : std::string{value.substr(0, shown)} + "...";
}

std::optional<error> too_short(std::string_view member, std::string_view value) {
  if (!value.empty()) return std::nullopt;
  return error(errc::invalid_argument, "Invalid length for parameter " + std::string{member} + ", value '" +
                                           cut(value) + "': length 0, valid min length: 1");
}

}  // namespace

std::optional<error> validate(const list_task_instances_request& request) {
  if (auto wrong = too_short("WorkflowArn", request.workflow_arn)) return wrong;
  if (auto wrong = too_short("RunId", request.run_id)) return wrong;
  if (request.max_results && *request.max_results < 1) {
    return error(errc::invalid_argument, "Invalid value for parameter MaxResults, value: " +
                                             std::to_string(*request.max_results) + ", valid min value: 1");
  }
  return std::nullopt;
}

std::string encode(const list_task_instances_request& request) {
  std::string body;
  body.reserve(128 + request.workflow_arn.size() + request.run_id.size() +
               (request.next_token ? request.next_token->size() : 0));
  json_object_writer object{body};
  object.member("WorkflowArn", request.workflow_arn);
  object.member("RunId", request.run_id);
  if (request.max_results) object.member("MaxResults", *request.max_results);
  if (request.next_token) object.member("NextToken", *request.next_token);
  object.end();
  return body;
}

result<list_task_instances_response> decode_list_task_instances_response(std::string_view body) {
  list_task_instances_response page;
  if (const auto wrong = read_json(body, list_task_instances_response_schema, &page))
    return unreadable_response(list_task_instances, *wrong);
  return page;
}

const structure_schema& list_task_instances_response_format = list_task_instances_response_schema;

error unreadable_response(const operation& of, const json_error& wrong) {
  return {errc::malformed_response, std::string{of.name} + " response: " + wrong.message()};
}

}  // namespace mwaa_serverless::protocol
