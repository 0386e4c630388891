#include "cli/operation_command.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <string>

#include "cli/failure.hpp"
#include "cli/operation_help.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;
using form = protocol::value_type::form;

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

parameter_kind kind_of(const protocol::value_type& type) {
  switch (type.is) {
    case form::text:
    case form::timestamp:
      return parameter_kind::text;
    case form::integer:
      return parameter_kind::integer;
    case form::boolean:
    case form::document:
    case form::structure:
    case form::list:
    case form::map:
      return parameter_kind::json;
  }
  return parameter_kind::json;
}

}  // namespace

command describe_command(const protocol::operation& operation, const protocol::structure& request) {
  const operation_help& help = help_of(operation.name);
  command out;
  out.name = dashed(operation.name);
  out.operation = operation.name;
  out.help = help.text;
  for (const protocol::member_row& each : request.members)
    out.parameters.push_back({flag_of(each), kind_of(*each.type), each.check.required, help.of(each.name)});
  return out;
}

void fill(const protocol::structure_place& request, const arguments& given) {
  for (const protocol::member_row& each : request.members.members) {
    const std::string flag = flag_of(each);
    const auto value = given.text(flag);
    if (!value) continue;
    if (each.type->is == form::text) {
      protocol::assign(*each.type, protocol::make(*each.type, each.at(request.object)), *value);
      continue;
    }
    std::string text = "{\"" + std::string{each.name} + "\":";
    if (each.type->is == form::timestamp)
      protocol::append_json_string(text, *value);
    else if (each.type->is == form::integer)
      text += std::to_string(*given.integer(flag));
    else
      text += *value;
    text += '}';
    if (const auto wrong = protocol::read_json(text, request.members, request.object))
      throw failure::parameter("Error parsing parameter '" + flag + "': " + wrong->message());
  }
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
