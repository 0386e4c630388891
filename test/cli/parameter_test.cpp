// Parameters of commands, from words to members of a request; test/interop/parameter_test.py compares many more with
// the AWS CLI's own code.
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "cli/operation_command.hpp"
#include "cli/operation_help.hpp"
#include "cli/parameter_check.hpp"
#include "cli/parameter_value.hpp"
#include "cli/skeleton.hpp"
#include "doctest/doctest.h"

namespace cli = mwaa_serverless::cli;
namespace json = boost::json;
namespace protocol = mwaa_serverless::protocol;

namespace {

// Of kinds that the service has none of at the top of a request.
class everything {
 public:
  everything() {}

  std::optional<bool> paused;
  std::optional<protocol::time_point> since;
  std::vector<std::optional<std::int32_t>> numbers;
  std::optional<mwaa_serverless::json_text> anything;
};
class holder {
 public:
  holder() {}

  std::optional<everything> inside;
};

}  // namespace

namespace mwaa_serverless::protocol {

template <>
const structure described<everything>::value;

namespace {

constexpr std::array everything_members{
    member<&everything::paused>("IsPaused"),
    member<&everything::since>("Since"),
    member<&everything::numbers>("Numbers"),
    member<&everything::anything>("Anything"),
};
constexpr std::array holder_members{
    member<&holder::inside>("Inside"),
};

}  // namespace

template <>
const structure described<everything>::value{everything_members};
template <>
const structure described<holder>::value{holder_members};

}  // namespace mwaa_serverless::protocol

namespace {

const cli::parameter& parameter_of(std::string_view operation, std::string_view flag) {
  for (const cli::command& each : cli::commands())
    if (each.operation == operation)
      for (const cli::parameter& one : each.parameters)
        if (one.flag == flag) return one;
  throw std::logic_error("no such parameter");
}

std::string read(const cli::parameter& of, std::vector<std::string> words) {
  try {
    return json::serialize(cli::read_parameter(of, std::move(words)));
  } catch (const cli::failure& problem) {
    CHECK(problem.exit() == cli::exit_code::usage);
    return problem.what();
  }
}

std::string read(const char* flag, const char* word) {
  return read(parameter_of("CreateWorkflow", flag), {word});
}

cli::parameter made_up(const char* flag) {
  for (cli::parameter& each : cli::parameters_of(protocol::described<everything>::value, ""))
    if (each.flag == flag) return each;
  throw std::logic_error("no such parameter");
}

}  // namespace

TEST_CASE("structures and maps in shorthand and as JSON") {
  CHECK(read("--tags", "Key1=v1,Key2=v2") == R"({"Key1":"v1","Key2":"v2"})");
  CHECK(read("--tags", R"({"Key1": "v1"})") == R"({"Key1":"v1"})");
  CHECK(read("--network-configuration", "SecurityGroupIds=sg-1,sg-2,SubnetIds=subnet-1") ==
        R"({"SecurityGroupIds":["sg-1","sg-2"],"SubnetIds":["subnet-1"]})");
  CHECK(read("--code", "S3Location={Bucket=b,ObjectKey=k}") == R"({"S3Location":{"Bucket":"b","ObjectKey":"k"}})");
  CHECK(read("--environment", "Variables={A=b,C='d, e'}") == R"({"Variables":{"A":"b","C":"d, e"}})");
  CHECK(read("--tags", R"(a=x\,y,b="q\"q")") == R"({"a":"x,y","b":"q\"q"})");
  CHECK(read("--tags", "a=b,a=c").starts_with("Error parsing parameter '--tags': Second instance of key \"a\" "));
  CHECK(read("--tags", "a=b,{") ==
        "Error parsing parameter '--tags': Expected: '=', received: '{' for input:\na=b,{\n    ^");
  CHECK(read("--tags", "a=\xff") == "Error parsing parameter '--tags': the value is not valid UTF-8");
  CHECK(read("--name", "\xff") == "Error parsing parameter '--name': the value is not valid UTF-8");
  CHECK(read("--tags", "[]") == "Error parsing parameter '--tags': Invalid JSON:\n[]");
  CHECK(read("--code", "S3Location={a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[").find("32 levels") !=
        std::string::npos);
}

TEST_CASE("lists take words, or one JSON text") {
  const cli::parameter& keys = parameter_of("UntagResource", "--tag-keys");
  CHECK(read(keys, {"a", "b,c", "[d]"}) == R"(["a","b,c","[d]"])");
  CHECK(read(keys, {R"(["a", "b"])"}) == R"(["a","b"])");
  CHECK(read(keys, {}) == "[]");
  const cli::parameter numbers = made_up("--numbers");
  CHECK(read(numbers, {"1", "+2"}) == "[1,2]");
  CHECK(read(numbers, {"x"}) == "argument --numbers: invalid int value: 'x'");
}

TEST_CASE("booleans, times, documents") {
  CHECK(read(made_up("--is-paused"), {"true"}) == "true");
  CHECK(read(made_up("--is-paused"), {"false"}) == "false");
  CHECK(read(made_up("--since"), {"2025-11-17T12:00:00Z"}) == R"("2025-11-17T12:00:00Z")");
  CHECK(json::parse(read(made_up("--since"), {"1763380800"})).as_double() == 1763380800);
  CHECK(read(made_up("--anything"), {R"({"a": [1, null]})"}) == R"({"a":[1,null]})");
  CHECK(read(made_up("--anything"), {"a=1"}) == "Error parsing parameter '--anything': Invalid JSON:\na=1");

  cli::parameter nested;
  nested.flag = "--inside";
  nested.type = &protocol::describing::type_of<std::optional<everything>>;
  CHECK(read(nested, {"IsPaused=True,Numbers=1,2"}) == R"({"IsPaused":true,"Numbers":[1,2]})");
  CHECK(read(nested, {"IsPaused=maybe"}) == R"({"IsPaused":"maybe"})");
  CHECK(read(nested, {"Numbers=x"}).find("invalid literal for int() with base 10: 'x'") != std::string::npos);
  CHECK(read(nested, {"Anything=x"}).find("Shorthand syntax does not support document types.") != std::string::npos);
}

TEST_CASE("files stand for values, in shorthand behind @=") {
  const auto path = std::filesystem::temp_directory_path() / "mwaa_cli_parameter_test.json";
  std::ofstream{path} << "{\"Key1\": \"v1\"}\n";
  const std::string name = "file://" + path.string();
  CHECK(read("--tags", name.c_str()) == R"({"Key1":"v1"})");
  CHECK(read("--tags", ("a@=" + name).c_str()) == R"({"a":"{\"Key1\": \"v1\"}\n"})");
  CHECK(read("--tags", ("a=" + name).c_str()) == json::serialize(json::object{{"a", name}}));
  CHECK(read("--tags", ("fileb://" + path.string()).c_str()).find("fileb:// gives bytes") != std::string::npos);
  const cli::parameter& keys = parameter_of("UntagResource", "--tag-keys");
  CHECK(read(keys, {name}).find("Invalid JSON:") != std::string::npos);  // not a list
  std::ofstream{path} << "[\"a\", \"b\"]\n";
  CHECK(read(keys, {name}) == R"(["a","b"])");
  std::filesystem::remove(path);
  CHECK(read("--tags", "a@=file:///nonexistent").find("Unable to load paramfile file:///nonexistent: [Errno 2]") !=
        std::string::npos);
}

TEST_CASE("what is wrong with a request, all of it") {
  const auto check = [](const char* text) {
    return cli::check_parameters(json::parse(text).as_object(),
                                 protocol::described<mwaa_serverless::create_workflow_request>::value);
  };
  CHECK(check(R"({"Name": "n", "RoleArn": "r", "DefinitionS3Location": {"Bucket": "b", "ObjectKey": "k"}})").empty());
  CHECK(check(R"({"Name": 1, "Nane": 2, "RoleArn": "", "Code": {}, "Tags": {"": "x"}})") ==
        "Missing required parameter in input: \"DefinitionS3Location\"\n"
        "Unknown parameter in input: \"Nane\", must be one of: Name, ClientToken, DefinitionS3Location, Code, RoleArn, "
        "Description, EncryptionConfiguration, LoggingConfiguration, EngineVersion, NetworkConfiguration, Environment, "
        "Tags, TriggerMode\n"
        "Invalid type for parameter Name, value: 1, type: <class 'int'>, valid types: <class 'str'>\n"
        "Invalid length for parameter RoleArn, value: 0, valid min length: 1\n"
        "Must set one of the following keys for tagged unionstructure Code: S3Location.\n"
        "Invalid length for parameter Tags (key: ), value: 0, valid min length: 1");
}

TEST_CASE("skeletons have every kind of member") {
  CHECK(json::serialize(cli::make_skeleton(protocol::described<everything>::value, cli::sample::request)) ==
        R"({"IsPaused":true,"Since":"1970-01-01T00:00:00","Numbers":[0],"Anything":{"KeyName":{}}})");
}

TEST_CASE("every command and parameter has a help text of one line") {
  for (const cli::command& each : cli::commands()) {
    CAPTURE(each.name);
    CHECK(each.help.ends_with('.'));
    CHECK(each.help != cli::help_of("nothing").text);
    for (const cli::parameter& one : each.parameters) {
      CAPTURE(one.flag);
      CHECK(one.help.size() > 10);
      CHECK(one.help.size() < 120);
      CHECK(one.help.find('\n') == std::string_view::npos);
    }
  }
}
