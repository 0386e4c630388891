// What the program makes of parameters and documents, for parameter_test.py. A line of standard input is a JSON array,
// and its answer one line: ["parameter", OPERATION, FLAG, WORDS]: the value that they mean; ["check", OPERATION,
// MEMBERS]: what is wrong with a request; ["skeleton", OPERATION, "request" or "response"]; ["yaml", DOCUMENT];
// ["flags", OPERATION].
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "cli/format.hpp"
#include "cli/parameter_check.hpp"
#include "cli/parameter_value.hpp"
#include "cli/skeleton.hpp"
#include "protocol/operation.hpp"

namespace json = boost::json;
namespace cli = mwaa_serverless::cli;

namespace {

std::string text_of(const json::value& value) {
  return std::string{value.as_string()};
}

const cli::command& command_of(const json::value& operation) {
  return *std::ranges::find(cli::commands(), text_of(operation), &cli::command::operation);
}

template <class... Request>
const mwaa_serverless::protocol::structure& response_of(std::string_view operation,
                                                        mwaa_serverless::protocol::request_list<Request...>) {
  namespace protocol = mwaa_serverless::protocol;
  const protocol::structure* found = nullptr;
  ((protocol::operation_of<Request>::value.name == operation
        ? found = &protocol::described<typename Request::response_type>::value
        : nullptr),
   ...);
  return *found;
}

json::value answer(const json::array& asked) {
  const std::string what = text_of(asked[0]);
  if (what == "yaml") return json::value(cli::format_yaml(asked[1]));
  const cli::command& command = command_of(asked[1]);
  if (what == "check") return json::value(cli::check_parameters(asked[2].as_object(), *command.request));
  if (what == "skeleton") {
    if (text_of(asked[2]) == "request") return cli::make_skeleton(*command.request, cli::sample::request);
    return cli::make_skeleton(response_of(text_of(asked[1]), mwaa_serverless::protocol::requests{}),
                              cli::sample::response);
  }
  json::object out;
  if (what == "flags") {
    for (const cli::parameter& each : command.parameters) out[each.flag] = each.required;
    return out;
  }
  const auto parameter = std::ranges::find(command.parameters, text_of(asked[2]), &cli::parameter::flag);
  try {
    out["value"] = cli::read_parameter(*parameter, json::value_to<std::vector<std::string>>(asked[3]));
  } catch (const cli::failure& problem) {
    out["error"] = problem.what();
  }
  return out;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << json::serialize(answer(json::parse(line).as_array())) << std::endl;
}
