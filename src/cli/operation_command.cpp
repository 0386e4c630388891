#include "cli/operation_command.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "cli/failure.hpp"
#include "cli/operation_help.hpp"
#include "cli/parameter_check.hpp"
#include "cli/skeleton.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// `list-task-instances` for `ListTaskInstances`, as botocore's xform_name.
std::string dashed(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && is_upper(name[i]) && !is_upper(name[i - 1])) out += '-';
    out += strings::lower_case(name[i]);
  }
  return out;
}

std::string flag_of(const protocol::member_row& member) {
  return "--" + dashed(member.name);
}

void check(const protocol::structure& request, const arguments& given) {
  if (const std::string wrong = check_parameters(given.request, request); !wrong.empty())
    throw failure::parameter("Parameter validation failed:\n" + wrong);
}

}  // namespace

command describe_command(const protocol::operation& operation, const protocol::structure& request) {
  const operation_help& help = help_of(operation.name);
  command out;
  out.name = dashed(operation.name);
  out.operation = operation.name;
  out.help = help.text;
  out.parameters = parameters_of(request, operation.name);
  out.request = &request;
  return out;
}

std::vector<parameter> parameters_of(const protocol::structure& request, std::string_view operation) {
  const operation_help& help = help_of(operation);
  std::vector<parameter> out;
  for (const protocol::member_row& each : request.members)
    out.push_back({flag_of(each), each.name, each.type, each.check.required, holds_secrets(*each.type, each.check),
                   help.of(each.name)});
  return out;
}

void fill(const protocol::structure_place& request, const arguments& given) {
  check(request.members, given);
  if (const auto wrong = protocol::read_json(json::serialize(given.request), request.members, request.object))
    throw failure::parameter("Parameter validation failed:\n" + wrong->message());
}

bool prints_sample(call& context, const protocol::structure& request, const protocol::structure& response) {
  if (!context.given.wants_sample) return false;
  check(request, context.given);
  context.printer.document(make_skeleton(response, sample::response));
  return true;
}

json::object to_json(const protocol::structure_view& response) {
  protocol::writing_options options;
  options.zone = strings::utc_sign::offset;
  return json::parse(protocol::encode(response, options)).as_object();
}

listed_page::listed_page(const protocol::structure_view& page, const void* place, std::size_t count_value)
    : count(count_value) {
  for (const protocol::member_row& each : page.members.members)
    if (each.at(const_cast<void*>(page.object)) == place) items_name = each.name;  // NOLINT: only looked at
  json::object all = to_json(page);
  if (json::value* const found = all.if_contains(items_name)) items = std::move(found->get_array());
}

}  // namespace mwaa_serverless::cli
