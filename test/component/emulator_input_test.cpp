// How the emulator judges input that is nested: structures, unions, lists, maps, enums.
#include <doctest/doctest.h>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace json = boost::json;
using test::emulated_service;

namespace {

std::string create(const std::string& more) {
  return R"({"Name":"n","DefinitionS3Location":{"Bucket":"b","ObjectKey":"k"},)"
         R"("RoleArn":"arn:aws:iam::123456789012:role/r")" +
         more + "}";
}

std::string quoted(std::size_t size, const std::string& of = "a") {
  std::string out = "\"";
  for (std::size_t i = 0; i < size; ++i) out += of;
  return out + "\"";
}

/// `count` entries of a map, or elements of a list when `value` is empty.
std::string many(int count, const std::string& value) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += "\"k" + std::to_string(i) + "\"" + (value.empty() ? "" : ":" + value);
  }
  return out;
}

const std::string existing_arn = mwaa_serverless::testing::emulator::default_workflow_arn;

}  // namespace

TEST_CASE("emulator: input within the model's limits is taken, beyond them it is refused and named") {
  struct row {
    const char* operation;
    std::string good;
    std::string bad;
    const char* field;
    const char* words;
  };
  const std::string of_arn = R"({"WorkflowArn":")" + existing_arn + "\"";
  const std::string of_resource = R"({"ResourceArn":")" + existing_arn + "\"";
  const std::vector<row> rows{
      // Nested structures: required members, minima, maxima.
      {"CreateWorkflow", create(""),
       R"({"Name":"n","DefinitionS3Location":{"Bucket":"b"},"RoleArn":"arn:aws:iam::123456789012:role/r"})",
       "DefinitionS3Location.ObjectKey", "must not be null"},
      {"CreateWorkflow", create(""), create(R"(,"Name":)" + quoted(256)), "Name", "less than or equal to 255"},
      {"CreateWorkflow", create(R"(,"Description":)" + quoted(1024)), create(R"(,"Description":)" + quoted(1025)),
       "Description", "less than or equal to 1024"},
      // Characters count, not bytes.
      {"CreateWorkflow", create(R"(,"Description":)" + quoted(1024, "\xc3\xa4")),
       create(R"(,"Description":)" + quoted(1025, "\xc3\xa4")), "Description", "less than or equal to 1024"},
      {"CreateWorkflow", create(R"(,"Description":"d")"), create(R"(,"Description":"")"), "Description",
       "greater than or equal to 1"},
      {"CreateWorkflow", create(",\"Description\":\"\xc3\x85\""), create(R"(,"Description":"a\nb")"), "Description",
       "regular expression pattern: .+"},
      {"CreateWorkflow", create(""), create(R"(,"DefinitionS3Location":[])"), "DefinitionS3Location", "an object"},
      {"CreateWorkflow", create(""), create(R"(,"RoleArn":"arn:aws:iam::1:role/r")"), "RoleArn",
       "regular expression pattern"},
      {"CreateWorkflow", create(R"(,"ClientToken":)" + quoted(128)), create(R"(,"ClientToken":)" + quoted(129)),
       "ClientToken", "less than or equal to 128"},
      {"CreateWorkflow", create(R"(,"ClientToken":"!~")"), create(R"(,"ClientToken":"a b")"), "ClientToken",
       "regular expression pattern"},
      // The union: exactly one member.
      {"CreateWorkflow", create(R"(,"Code":{"S3Location":{"Bucket":"bbb","ObjectKey":"k"}})"), create(R"(,"Code":{})"),
       "Code", "exactly one member"},
      {"CreateWorkflow", create(R"(,"Code":{"S3Location":{"Bucket":"bbb","ObjectKey":"k","VersionId":"v"}})"),
       create(R"(,"Code":{"S3Location":{"Bucket":"bb","ObjectKey":"k"}})"), "Code.S3Location.Bucket",
       "greater than or equal to 3"},
      {"CreateWorkflow", create(R"(,"Code":{"S3Location":{"Bucket":)" + quoted(63) + R"(,"ObjectKey":"k"}})"),
       create(R"(,"Code":{"S3Location":{"Bucket":)" + quoted(64) + R"(,"ObjectKey":"k"}})"), "Code.S3Location.Bucket",
       "less than or equal to 63"},
      // Enums.
      {"CreateWorkflow", create(R"(,"EncryptionConfiguration":{"Type":"AWS_MANAGED_KEY"})"),
       create(R"(,"EncryptionConfiguration":{"Type":"aws_managed_key"})"), "EncryptionConfiguration.Type",
       "enum value set: [AWS_MANAGED_KEY, CUSTOMER_MANAGED_KEY]"},
      {"CreateWorkflow", create(R"(,"EncryptionConfiguration":{"Type":"AWS_MANAGED_KEY"})"),
       create(R"(,"EncryptionConfiguration":{})"), "EncryptionConfiguration.Type", "must not be null"},
      // Lists.
      {"CreateWorkflow", create(R"(,"NetworkConfiguration":{"SecurityGroupIds":[],"SubnetIds":["subnet-1"]})"),
       create(R"(,"NetworkConfiguration":{"SubnetIds":["subnet-1","subnet-A"]})"), "NetworkConfiguration.SubnetIds[1]",
       "regular expression pattern: subnet-[a-z0-9]*"},
      {"CreateWorkflow", create(""), create(R"(,"NetworkConfiguration":{"SubnetIds":["subnet-1",7]})"),
       "NetworkConfiguration.SubnetIds[1]", "a string"},
      {"CreateWorkflow", create(""), create(R"(,"NetworkConfiguration":{"SubnetIds":{}})"),
       "NetworkConfiguration.SubnetIds", "a list"},
      {"UntagResource", of_resource + R"(,"TagKeys":[)" + many(50, "") + "]}",
       of_resource + R"(,"TagKeys":[)" + many(51, "") + "]}", "TagKeys", "less than or equal to 50"},
      {"UntagResource", of_resource + R"(,"TagKeys":["a"]})", of_resource + R"(,"TagKeys":[]})", "TagKeys",
       "greater than or equal to 1"},
      {"UntagResource", of_resource + R"(,"TagKeys":[)" + quoted(128) + "]}",
       of_resource + R"(,"TagKeys":[)" + quoted(129) + "]}", "TagKeys[0]", "less than or equal to 128"},
      // Maps: their size, keys and values.
      {"TagResource", of_resource + R"(,"Tags":{)" + many(50, "\"\"") + "}}",
       of_resource + R"(,"Tags":{)" + many(51, "\"\"") + "}}", "Tags", "less than or equal to 50"},
      {"TagResource", of_resource + R"(,"Tags":{"a":)" + quoted(256) + "}}",
       of_resource + R"(,"Tags":{"a":)" + quoted(257) + "}}", "Tags.a", "less than or equal to 256"},
      {"TagResource", of_resource + R"(,"Tags":{"k":"v"}})", of_resource + R"(,"Tags":{"":"v"}})", "Tags.",
       "greater than or equal to 1"},
      {"TagResource", of_resource + R"(,"Tags":{"k":"v"}})", of_resource + R"(,"Tags":{"k":null}})", "Tags.k",
       "a string"},
      {"CreateWorkflow", create(R"(,"Environment":{"Variables":{"a_1":"v"}})"),
       create(R"(,"Environment":{"Variables":{"1a":"v"}})"), "Environment.Variables.1a", "regular expression pattern"},
      {"CreateWorkflow", create(R"(,"Environment":{"Variables":{)" + many(50, "\"\"") + "}}"),
       create(R"(,"Environment":{"Variables":{)" + many(51, "\"\"") + "}}"), "Environment.Variables",
       "less than or equal to 50"},
      {"CreateWorkflow", create(R"(,"Environment":{})"),
       create(R"(,"Environment":{"Variables":{"A":)" + quoted(256) + "}}"), "Environment.Variables.A",
       "Value '***' at 'Environment.Variables.A' failed to satisfy constraint: Member must have length less than"},
      // Numbers, without and with limits of the model.
      {"CreateWorkflow", create(R"(,"EngineVersion":1)"), create(R"(,"EngineVersion":2147483648)"), "EngineVersion",
       "less than or equal to 2147483647"},
      {"CreateAirflowUiUrl", R"({"ExpiresInSeconds":5})", R"({"ExpiresInSeconds":4})", "ExpiresInSeconds",
       "greater than or equal to 5"},
      {"CreateAirflowUiUrl", R"({"ExpiresInSeconds":300})", R"({"ExpiresInSeconds":301})", "ExpiresInSeconds",
       "less than or equal to 300"},
      {"CreateAirflowUiUrl", R"({"SessionDurationInSeconds":43200})", R"({"SessionDurationInSeconds":43201})",
       "SessionDurationInSeconds", "less than or equal to 43200"},
      {"CreateAirflowUiUrl", R"({"SessionDurationInSeconds":1})", R"({"SessionDurationInSeconds":0})",
       "SessionDurationInSeconds", "greater than or equal to 1"},
      {"GetWorkflow", of_arn + "}", of_arn + R"(,"WorkflowVersion":)" + quoted(31) + "}", "WorkflowVersion",
       "greater than or equal to 32"},
      {"GetWorkflow", of_arn + "}", of_arn + R"(,"WorkflowVersion":)" + quoted(32, "A") + "}", "WorkflowVersion",
       "regular expression pattern"},
      {"ListWorkflows", R"({"MaxResults":100})", R"({"MaxResults":101})", "MaxResults", "less than or equal to 100"},
      {"ListWorkflowVersions", of_arn + R"(,"MaxResults":1})", of_arn + R"(,"MaxResults":0})", "MaxResults",
       "greater than or equal to 1"},
      {"ListWorkflowRuns", of_arn + R"(,"WorkflowVersion":"v"})", of_arn + R"(,"WorkflowVersion":""})",
       "WorkflowVersion", "greater than or equal to 1"},
      // A document is whatever it is; what the model does not know is ignored.
      {"StartWorkflowRun", of_arn + R"(,"OverrideParameters":{"a":[{}]},"New":7})", R"({"OverrideParameters":{}})",
       "WorkflowArn", "must not be null"},
  };
  for (const row& each : rows) {
    CAPTURE(each.operation);
    CAPTURE(each.good);
    CAPTURE(each.bad);
    emulated_service service;
    const auto refused = service.ask(each.operation, each.bad);
    CAPTURE(json::serialize(refused));
    CHECK(test::code_of(refused) == "ValidationException");
    REQUIRE(refused.at("FieldList").as_array().size() == 1);
    CHECK(refused.at("FieldList").at(0).at("Name") == each.field);
    CHECK(std::string{refused.at("Message").as_string()}.find(each.words) != std::string::npos);
    const auto taken = service.ask(each.operation, each.good);
    CAPTURE(json::serialize(taken));
    CHECK(test::code_of(taken).empty());
  }
}

TEST_CASE("emulator: all that is wrong in nested input is named at once") {
  emulated_service service;
  const auto refused = service.ask("CreateWorkflow",
                                   R"({"DefinitionS3Location":{},"Code":{"S3Location":{"Bucket":"x"}},"Tags":{"":7}})");
  std::string names;
  for (const auto& each : refused.at("FieldList").as_array()) names += std::string{each.at("Name").as_string()} + " ";
  CHECK(names ==
        "Name DefinitionS3Location.Bucket DefinitionS3Location.ObjectKey Code.S3Location.Bucket "
        "Code.S3Location.ObjectKey RoleArn Tags. Tags. ");
  CHECK(refused.at("Reason") == "cannotParse");
}
