// Workflows, their versions and tags, and the addresses of Airflow's interface, as the emulator keeps them.
#include <doctest/doctest.h>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace testing = mwaa_serverless::testing;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::emulated_service;
using test::text_of;

namespace {

// The members that both CreateWorkflow and UpdateWorkflow require.
constexpr const char* content =
    R"("DefinitionS3Location":{"Bucket":"b","ObjectKey":"k"},"RoleArn":"arn:aws:iam::123456789012:role/r")";

std::string create_body(const std::string& name, const std::string& more = {}) {
  return R"({"Name":")" + name + R"(",)" + content + more + "}";
}

std::string created(emulated_service& service, const std::string& name, const std::string& more = {}) {
  const auto made = service.ask("CreateWorkflow", create_body(name, more));
  REQUIRE(test::code_of(made).empty());
  return text_of(made.at("WorkflowArn"));
}

std::string of(const std::string& arn, const std::string& more = {}) {
  return R"({"WorkflowArn":")" + arn + "\"" + more + "}";
}

std::string resource(const std::string& arn, const std::string& more = {}) {
  return R"({"ResourceArn":")" + arn + "\"" + more + "}";
}

/// `member` of each item of a listing, over all its pages.
std::vector<std::string> listed(emulated_service& service, const std::string& operation, const std::string& items,
                                const std::string& member, const std::string& body, int page_size = 100) {
  std::vector<std::string> out;
  std::string next;
  do {
    std::string asked =
        body.substr(0, body.size() - 1) + (body.size() > 2 ? "," : "") + "\"MaxResults\":" + std::to_string(page_size);
    if (!next.empty()) asked += R"(,"NextToken":")" + next + "\"";
    const auto page = service.ask(operation, asked + "}");
    REQUIRE(test::code_of(page).empty());
    for (const auto& each : page.at(items).as_array()) out.push_back(text_of(each.at(member)));
    next = page.as_object().contains("NextToken") ? text_of(page.at("NextToken")) : std::string{};
  } while (!next.empty());
  return out;
}

}  // namespace

TEST_CASE("emulator: a workflow is made, and shown as it was made") {
  emulated_service service;
  const auto made = service.ask(
      "CreateWorkflow",
      create_body("sales", R"(,"Description":"d","Code":{"S3Location":{"Bucket":"cod","ObjectKey":"c.zip"}},)"
                           R"("EncryptionConfiguration":{"Type":"CUSTOMER_MANAGED_KEY","KmsKeyId":"key"},)"
                           R"("LoggingConfiguration":{"LogGroupName":"logs"},"EngineVersion":1,)"
                           R"("NetworkConfiguration":{"SecurityGroupIds":["sg-1"],"SubnetIds":["subnet-1"]},)"
                           R"("Environment":{"Variables":{"A":"1"}},"Tags":{"team":"a"},"TriggerMode":"t")"));
  const std::string arn = text_of(made.at("WorkflowArn"));
  CHECK(std::regex_match(
      arn, std::regex{"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/sales-[a-zA-Z0-9]{10}"}));
  CHECK(made.at("WorkflowStatus") == "READY");
  CHECK(made.at("IsLatestVersion") == true);
  CHECK(made.at("CreatedAt") == "2026-01-01T00:00:00Z");
  CHECK(std::regex_match(text_of(made.at("WorkflowVersion")), std::regex{"[a-z0-9]{32}"}));
  service.pass(1min);
  const auto shown = service.ask("GetWorkflow", of(arn));
  json::value expected = json::parse(
      create_body("sales", R"(,"Description":"d","Code":{"S3Location":{"Bucket":"cod","ObjectKey":"c.zip"}},)"
                           R"("EncryptionConfiguration":{"Type":"CUSTOMER_MANAGED_KEY","KmsKeyId":"key"},)"
                           R"("LoggingConfiguration":{"LogGroupName":"logs"},"EngineVersion":1,)"
                           R"("NetworkConfiguration":{"SecurityGroupIds":["sg-1"],"SubnetIds":["subnet-1"]},)"
                           R"("Environment":{"Variables":{"A":"1"}},"TriggerMode":"t")"));
  expected.as_object()["WorkflowArn"] = arn;
  expected.as_object()["WorkflowVersion"] = made.at("WorkflowVersion");
  expected.as_object()["WorkflowStatus"] = "READY";
  for (const char* date : {"CreatedAt", "ModifiedAt", "CodeSnapshottedAt"})
    expected.as_object()[date] = "2026-01-01T00:00:00Z";
  CHECK(shown == expected);
  CHECK(service.ask("ListTagsForResource", resource(arn)) == json::parse(R"({"Tags":{"team":"a"}})"));
}

TEST_CASE("emulator: what is not said of a new workflow has the service's defaults") {
  emulated_service service;
  const auto shown = service.ask("GetWorkflow", of(created(service, "plain")));
  CHECK(shown.at("EncryptionConfiguration") == json::parse(R"({"Type":"AWS_MANAGED_KEY"})"));
  CHECK(shown.at("EngineVersion") == 1);
  for (const char* absent : {"Description", "Code", "CodeSnapshottedAt", "ScheduleConfiguration", "Environment"})
    CHECK_FALSE(shown.as_object().contains(absent));
  CHECK(service.ask("ListTagsForResource", resource(text_of(shown.at("WorkflowArn")))) ==
        json::parse(R"({"Tags":{}})"));
}

TEST_CASE("emulator: names of workflows are unique, also while the other one is being deleted") {
  emulated_service service;
  const std::string arn = created(service, "sales");
  const auto refused = service.ask("CreateWorkflow", create_body("sales"));
  CHECK(test::code_of(refused) == "ConflictException");
  CHECK(refused.at("ResourceId") == "sales");
  CHECK(refused.at("ResourceType") == "AWS::MWAAServerless::Workflow");
  CHECK(test::code_of(service.ask("CreateWorkflow", create_body("etl-nightly"))) == "ConflictException");
  (void)service.ask("DeleteWorkflow", of(arn));
  CHECK(test::code_of(service.ask("CreateWorkflow", create_body("sales"))) == "ConflictException");
  service.pass(5s);
  CHECK(created(service, "sales") != arn);
}

TEST_CASE("emulator: an update makes a version; versions do not change") {
  emulated_service service;
  const std::string arn = created(service, "sales", R"(,"Description":"first","Environment":{"Variables":{"A":"1"}})");
  const std::string first = text_of(service.ask("GetWorkflow", of(arn)).at("WorkflowVersion"));
  testing::emulated_workflow described{arn};
  described.schedule = "@daily";
  service.emulator.set_workflow(described);
  CHECK(service.ask("GetWorkflow", of(arn)).at("ScheduleConfiguration").at("CronExpression") == "@daily");
  service.pass(10s);
  const auto updated =
      service.ask("UpdateWorkflow", of(arn, std::string{","} + content + R"(,"Description":"second")"));
  const std::string second = text_of(updated.at("WorkflowVersion"));
  CHECK(second != first);
  CHECK(updated.at("ModifiedAt") == "2026-01-01T00:00:10Z");

  const auto latest = service.ask("GetWorkflow", of(arn));
  CHECK(text_of(latest.at("WorkflowVersion")) == second);
  CHECK(latest.at("Description") == "second");
  CHECK(latest.at("CreatedAt") == "2026-01-01T00:00:00Z");
  CHECK(latest.at("ModifiedAt") == "2026-01-01T00:00:10Z");
  CHECK_FALSE(latest.as_object().contains("Environment"));
  const auto old = service.ask("GetWorkflow", of(arn, R"(,"WorkflowVersion":")" + first + "\""));
  CHECK(old.at("Description") == "first");
  CHECK(old.at("Environment").at("Variables").at("A") == "1");
  // Only the latest has a schedule.
  CHECK_FALSE(old.as_object().contains("ScheduleConfiguration"));
  const auto versions = service.ask("ListWorkflowVersions", of(arn)).at("WorkflowVersions").as_array();
  REQUIRE(versions.size() == 2);
  CHECK(text_of(versions[0].at("WorkflowVersion")) == first);
  CHECK(versions[0].at("IsLatestVersion") == false);
  CHECK(versions[1].at("IsLatestVersion") == true);
  CHECK(versions[1].at("ScheduleConfiguration").at("CronExpression") == "@daily");
  CHECK(versions[1].at("DefinitionS3Location") == json::parse(R"({"Bucket":"b","ObjectKey":"k"})"));
  const auto workflows = service.ask("ListWorkflows", "{}").at("Workflows").as_array();
  REQUIRE(workflows.size() == 2);
  CHECK(text_of(workflows[1].at("WorkflowVersion")) == second);
  CHECK(workflows[1].at("Description") == "second");
}

TEST_CASE("emulator: a deleted workflow is DELETING for a while, its runs are stopped, then it is gone") {
  emulated_service service;
  const std::string arn = created(service, "sales");
  const auto run = service.ask("StartWorkflowRun", of(arn));
  const std::string of_run = of(arn, R"(,"RunId":)" + json::serialize(run.at("RunId")));
  service.pass(10s);
  for (int i = 0; i < 2; ++i) CHECK(service.ask("DeleteWorkflow", of(arn)) == json::parse(of(arn)));
  CHECK(service.ask("GetWorkflow", of(arn)).at("WorkflowStatus") == "DELETING");
  CHECK(service.ask("GetWorkflowRun", of_run).at("RunDetail").at("RunState") == "STOPPING");
  CHECK(test::code_of(service.ask("StartWorkflowRun", of(arn))) == "ConflictException");
  CHECK(test::code_of(service.ask("UpdateWorkflow", of(arn, std::string{","} + content))) == "ConflictException");
  service.pass(3s);
  CHECK(service.ask("GetWorkflowRun", of_run).at("RunDetail").at("RunState") == "STOPPED");
  service.pass(1999ms);
  CHECK(service.ask("ListWorkflows", "{}").at("Workflows").as_array().size() == 2);
  service.pass(1ms);
  CHECK(service.ask("ListWorkflows", "{}").at("Workflows").as_array().size() == 1);
  for (const char* operation : {"GetWorkflow", "DeleteWorkflow", "StartWorkflowRun"})
    CHECK(test::code_of(service.ask(operation, of(arn))) == "ResourceNotFoundException");
  CHECK(test::code_of(service.ask("GetWorkflowRun", of_run)) == "ResourceNotFoundException");
}

TEST_CASE("emulator: one version is deleted; with the last one the workflow is") {
  emulated_service service;
  const std::string arn = created(service, "sales");
  const std::string first = text_of(service.ask("GetWorkflow", of(arn)).at("WorkflowVersion"));
  const auto run = service.ask("StartWorkflowRun", of(arn));
  const std::string second =
      text_of(service.ask("UpdateWorkflow", of(arn, std::string{","} + content)).at("WorkflowVersion"));
  const auto version = [&](const std::string& id) { return of(arn, R"(,"WorkflowVersion":")" + id + "\""); };
  CHECK(service.ask("DeleteWorkflow", version(first)) == json::parse(version(first)));
  CHECK(service.ask("GetWorkflow", version(first)).at("WorkflowStatus") == "DELETING");
  CHECK(service.ask("GetWorkflow", of(arn)).at("WorkflowStatus") == "READY");
  CHECK(test::code_of(service.ask("StartWorkflowRun", version(first))) == "ConflictException");
  CHECK(test::code_of(service.ask("StartWorkflowRun", version(second))).empty());
  service.pass(5s);
  CHECK(test::code_of(service.ask("GetWorkflow", version(first))) == "ResourceNotFoundException");
  CHECK(listed(service, "ListWorkflowVersions", "WorkflowVersions", "WorkflowVersion", of(arn)) ==
        std::vector<std::string>{second});
  // The runs of the version went with it, and no other.
  const auto runs = listed(service, "ListWorkflowRuns", "WorkflowRuns", "RunId", of(arn));
  CHECK(runs.size() == 1);
  CHECK(runs[0] != text_of(run.at("RunId")));
  (void)service.ask("DeleteWorkflow", version(second));
  CHECK(service.ask("GetWorkflow", of(arn)).at("WorkflowStatus") == "DELETING");
  CHECK(service.ask("ListWorkflows", "{}").at("Workflows").as_array().size() == 2);
  service.pass(5s);
  CHECK(test::code_of(service.ask("GetWorkflow", of(arn))) == "ResourceNotFoundException");
}

TEST_CASE("emulator: what is not there is not found, or invalid where the model names no such error") {
  emulated_service service;
  const std::string none = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/none-0123456789";
  const std::string there = testing::emulator::default_workflow_arn;
  const std::string version = R"(,"WorkflowVersion":"00000000000000000000000000000000")";
  struct row {
    const char* operation;
    std::string body;
    const char* type;  // of the resource; null: ValidationException
    const char* field;
  };
  const std::vector<row> rows{
      {"GetWorkflow", of(none), "Workflow", ""},
      {"GetWorkflow", of(there, version), "WorkflowVersion", ""},
      {"UpdateWorkflow", of(none, std::string{","} + content), "Workflow", ""},
      {"DeleteWorkflow", of(none), "Workflow", ""},
      {"DeleteWorkflow", of(there, version), "WorkflowVersion", ""},
      {"StartWorkflowRun", of(none), "Workflow", ""},
      {"StartWorkflowRun", of(there, version), "WorkflowVersion", ""},
      {"StopWorkflowRun", of(none, R"(,"RunId":"r")"), "Workflow", ""},
      {"StopWorkflowRun", of(there, R"(,"RunId":"r")"), "WorkflowRun", ""},
      {"GetWorkflowRun", of(there, R"(,"RunId":"r")"), "WorkflowRun", ""},
      {"GetTaskInstance", of(there, R"(,"RunId":"r","TaskInstanceId":"t")"), "WorkflowRun", ""},
      {"GetTaskInstance", of(there, R"(,"RunId":"run-live","TaskInstanceId":"t")"), "TaskInstance", ""},
      {"ListTagsForResource", resource(none), "Workflow", ""},
      {"TagResource", resource(none, R"(,"Tags":{"a":"b"})"), "Workflow", ""},
      {"UntagResource", resource(none, R"(,"TagKeys":["a"])"), "Workflow", ""},
      {"ListWorkflowVersions", of(none), nullptr, "WorkflowArn"},
      {"ListWorkflowRuns", of(none), nullptr, "WorkflowArn"},
      {"ListTaskInstances", of(there, R"(,"RunId":"r")"), nullptr, "RunId"},
  };
  for (const row& each : rows) {
    CAPTURE(each.operation);
    CAPTURE(each.body);
    const auto body = service.ask(each.operation, each.body);
    CAPTURE(json::serialize(body));
    if (each.type != nullptr) {
      CHECK(test::code_of(body) == "ResourceNotFoundException");
      CHECK(text_of(body.at("ResourceType")) == std::string{"AWS::MWAAServerless::"} + each.type);
      CHECK_FALSE(text_of(body.at("ResourceId")).empty());
    } else {
      CHECK(test::code_of(body) == "ValidationException");
      CHECK(body.at("Reason") == "other");
      CHECK(text_of(body.at("FieldList").as_array().at(0).at("Name")) == each.field);
    }
  }
}

TEST_CASE("emulator: tags are set, replaced and taken away, 50 at most") {
  emulated_service service;
  const std::string arn = created(service, "sales", R"(,"Tags":{"a":"1","b":"2"})");
  CHECK(service.ask("TagResource", resource(arn, R"(,"Tags":{"b":"3","c":""})")) == json::parse("{}"));
  CHECK(service.ask("ListTagsForResource", resource(arn)).at("Tags") == json::parse(R"({"a":"1","b":"3","c":""})"));
  CHECK(service.ask("UntagResource", resource(arn, R"(,"TagKeys":["a","never"])")) == json::parse("{}"));
  CHECK(service.ask("ListTagsForResource", resource(arn)).at("Tags") == json::parse(R"({"b":"3","c":""})"));
  std::string many = R"("b":"4")";
  for (int i = 0; i < 48; ++i) many += ",\"t" + std::to_string(i) + "\":\"\"";
  CHECK(test::code_of(service.ask("TagResource", resource(arn, ",\"Tags\":{" + many + "}"))).empty());
  CHECK(test::code_of(service.ask("TagResource", resource(arn, R"(,"Tags":{"one more":""})"))) ==
        "ValidationException");
  CHECK(service.ask("ListTagsForResource", resource(arn)).at("Tags").as_object().size() == 50);
}

TEST_CASE("emulator: a client token makes a request repeatable, for the same request only") {
  emulated_service service;
  const std::string body = create_body("sales", R"(,"ClientToken":"t-1")");
  const auto first = service.ask("CreateWorkflow", body);
  service.pass(1min);
  CHECK(service.ask("CreateWorkflow", body) == first);
  // The order of members makes no other request.
  CHECK(service.ask("CreateWorkflow", std::string{R"({"ClientToken":"t-1",)"} + content + R"(,"Name":"sales"})") ==
        first);
  CHECK(test::code_of(service.ask("CreateWorkflow", create_body("other", R"(,"ClientToken":"t-1")"))) ==
        "ConflictException");
  const std::string arn = text_of(first.at("WorkflowArn"));
  const auto run = service.ask("StartWorkflowRun", of(arn, R"(,"ClientToken":"t-1")"));
  CHECK(test::code_of(run).empty());  // another operation's tokens are its own
  service.pass(10s);
  CHECK(service.ask("StartWorkflowRun", of(arn, R"(,"ClientToken":"t-1")")) == run);
  CHECK(run.at("Status") == "STARTING");
  CHECK(test::code_of(service.ask("StartWorkflowRun", of(arn, R"(,"ClientToken":"t-1","OverrideParameters":{})"))) ==
        "ConflictException");
  CHECK(service.ask("StartWorkflowRun", of(arn, R"(,"ClientToken":"T-1")")).at("RunId") != run.at("RunId"));
  // A request that failed has used nothing up.
  CHECK(test::code_of(service.ask("CreateWorkflow", create_body("sales", R"(,"ClientToken":"t-2")"))) ==
        "ConflictException");
  CHECK(test::code_of(service.ask("CreateWorkflow", create_body("fresh", R"(,"ClientToken":"t-2")"))).empty());
}

TEST_CASE("emulator: quotas of workflows and versions") {
  testing::emulator_options options;
  options.quotas.workflows = 3;
  options.quotas.versions_per_workflow = 2;
  emulated_service service{options};
  (void)created(service, "a");
  const std::string arn = created(service, "b");
  const auto refused = service.ask("CreateWorkflow", create_body("c"));
  CHECK(test::code_of(refused) == "ServiceQuotaExceededException");
  for (const char* member : {"ResourceId", "ResourceType", "ServiceCode", "QuotaCode", "Message"})
    CHECK_FALSE(text_of(refused.at(member)).empty());
  const std::string update = of(arn, std::string{","} + content);
  CHECK(test::code_of(service.ask("UpdateWorkflow", update)).empty());
  CHECK(test::code_of(service.ask("UpdateWorkflow", update)) == "ServiceQuotaExceededException");
  (void)service.ask("DeleteWorkflow", of(arn));
  service.pass(5s);
  CHECK(test::code_of(service.ask("CreateWorkflow", create_body("c"))).empty());
}

TEST_CASE("emulator: what the documentation says beyond the model is refused, too") {
  emulated_service service;
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"(,"EngineVersion":2)", "EngineVersion"},
      {R"(,"EncryptionConfiguration":{"Type":"CUSTOMER_MANAGED_KEY"})", "EncryptionConfiguration.KmsKeyId"},
      {R"(,"Environment":{"Variables":{"AWS_REGION":"x"}})", "Environment.Variables.AWS_REGION"},
      {R"(,"Environment":{"Variables":{"AIRFLOW__CORE__X":"x"}})", "Environment.Variables.AIRFLOW__CORE__X"},
  };
  for (const auto& [more, field] : rows) {
    CAPTURE(more);
    const auto refused = service.ask("CreateWorkflow", create_body("sales", more));
    CHECK(test::code_of(refused) == "ValidationException");
    CHECK(text_of(refused.at("FieldList").as_array().at(0).at("Name")) == field);
  }
  CHECK_FALSE(created(service, "sales",
                      R"(,"Environment":{"Variables":{"AIRFLOW__WORKERS__SECRETS_BACKEND":"a",)"
                      R"("AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS":"{}",)"
                      R"("AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG__ROLE":"b","AWSOME":"c"}})")
                  .empty());
}

TEST_CASE("emulator: an address of Airflow's interface") {
  emulated_service service;
  const auto made = service.ask("CreateAirflowUiUrl", "{}");
  CHECK(std::regex_match(text_of(made.at("SessionId")), std::regex{"[a-z0-9]{32}"}));
  CHECK(text_of(made.at("AuthorizedUrl")).starts_with("https://" + text_of(made.at("SessionId")) + "."));
  CHECK(made.at("UrlExpiresAt") == "2026-01-01T00:05:00Z");
  CHECK(made.at("SessionExpiresAt") == "2026-01-01T12:00:00Z");
  const auto other = service.ask("CreateAirflowUiUrl", R"({"ExpiresInSeconds":5,"SessionDurationInSeconds":60})");
  CHECK(other.at("SessionId") != made.at("SessionId"));
  CHECK(other.at("UrlExpiresAt") == "2026-01-01T00:00:05Z");
  CHECK(other.at("SessionExpiresAt") == "2026-01-01T00:01:00Z");
  emulated_service again;
  CHECK(again.ask("CreateAirflowUiUrl", "{}") == made);
}

TEST_CASE("emulator: listings are in the order that was asked for, whatever the page size") {
  const auto names = [](testing::listing_order order, int page_size) {
    testing::emulator_options options;
    options.order = order;
    options.scenario_json = R"({"workflows":[]})";
    emulated_service service{options};
    for (const char* name : {"b", "d", "a", "c"}) {
      (void)created(service, name);
      service.pass(1s);
    }
    return listed(service, "ListWorkflows", "Workflows", "Name", "{}", page_size);
  };
  using order = testing::listing_order;
  for (const int size : {1, 3, 4, 100}) {
    CHECK(names(order::oldest_first, size) == std::vector<std::string>{"b", "d", "a", "c"});
    CHECK(names(order::newest_first, size) == std::vector<std::string>{"c", "a", "d", "b"});
    CHECK(names(order::by_id, size) == std::vector<std::string>{"a", "b", "c", "d"});
  }
}

TEST_CASE("emulator: what comes and goes beside a listing loses and repeats nothing of it") {
  for (const auto order :
       {testing::listing_order::oldest_first, testing::listing_order::newest_first, testing::listing_order::by_id}) {
    testing::emulator_options options;
    options.order = order;
    options.scenario_json = R"({"workflows":[]})";
    options.deletion_time = 0s;
    emulated_service service{options};
    std::vector<std::string> arns;
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) arns.push_back(created(service, name));
    const auto first = service.ask("ListWorkflows", R"({"MaxResults":3})");
    std::set<std::string> seen;
    for (const auto& each : first.at("Workflows").as_array()) seen.insert(text_of(each.at("Name")));
    // One that was shown goes, as does the last of the page; and one comes at the end that is behind.
    for (const auto& each : first.at("Workflows").as_array())
      if (text_of(each.at("Name")) != "b") (void)service.ask("DeleteWorkflow", of(text_of(each.at("WorkflowArn"))));
    (void)created(service, order == testing::listing_order::by_id ? "0" : "g");
    const auto second = service.ask("ListWorkflows", R"({"NextToken":)" + json::serialize(first.at("NextToken")) + "}");
    for (const auto& each : second.at("Workflows").as_array()) CHECK(seen.insert(text_of(each.at("Name"))).second);
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) CHECK(seen.contains(name));
  }
}

TEST_CASE("emulator: page tokens may have an end") {
  testing::emulator_options options;
  options.page_token_life = 1min;
  emulated_service service{options};
  (void)created(service, "a");
  const auto page = service.ask("ListWorkflows", R"({"MaxResults":1})");
  const std::string next = R"({"NextToken":)" + json::serialize(page.at("NextToken")) + "}";
  service.pass(1min);
  CHECK(test::code_of(service.ask("ListWorkflows", next)).empty());
  service.pass(1ms);
  const auto refused = service.ask("ListWorkflows", next);
  CHECK(test::code_of(refused) == "ValidationException");
  CHECK(refused.at("FieldList").as_array().at(0).at("Name") == "NextToken");
}

TEST_CASE("emulator: client tokens have an end, after 8 hours if not said otherwise") {
  for (const bool said : {true, false}) {
    CAPTURE(said);
    testing::emulator_options options;
    if (said) options.client_token_life = 1min;
    const std::chrono::milliseconds life = said ? 1min : 8h;
    emulated_service service{options};
    const std::string create = create_body("sales", R"(,"ClientToken":"t-1")");
    const auto made = service.ask("CreateWorkflow", create);
    const std::string start = of(text_of(made.at("WorkflowArn")), R"(,"ClientToken":"t-1")");
    service.pass(1s);
    const auto run = service.ask("StartWorkflowRun", start);
    service.pass(life - 1s);
    CHECK(service.ask("CreateWorkflow", create) == made);
    service.pass(1ms);
    CHECK(test::code_of(service.ask("CreateWorkflow", create)) == "ConflictException");  // the name is taken
    service.pass(999ms);
    CHECK(service.ask("StartWorkflowRun", start) == run);
    // An answer that is given again does not begin the life anew; a request that is carried out anew does.
    service.pass(1ms);
    const auto other = service.ask("StartWorkflowRun", start);
    CHECK(other.at("RunId") != run.at("RunId"));
    service.pass(life);
    CHECK(service.ask("StartWorkflowRun", start) == other);
    service.pass(1ms);
    CHECK(service.ask("StartWorkflowRun", start).at("RunId") != other.at("RunId"));
  }
  testing::emulator_options options;
  options.client_token_life = 0ms;
  emulated_service service{options};
  const std::string create = create_body("sales", R"(,"ClientToken":"t-1")");
  const auto made = service.ask("CreateWorkflow", create);
  service.pass(std::chrono::years{1});
  CHECK(service.ask("CreateWorkflow", create) == made);
}

TEST_CASE("emulator: without an end, the token of a page is the same at all times") {
  emulated_service service;
  (void)created(service, "a");
  const auto first = service.ask("ListWorkflows", R"({"MaxResults":1})").at("NextToken");
  service.pass(1h);
  CHECK(service.ask("ListWorkflows", R"({"MaxResults":1})").at("NextToken") == first);
}

TEST_CASE("emulator: the same requests at the same times make the same workflows and runs") {
  const auto transcript = [](std::uint64_t seed) {
    testing::emulator_options options;
    options.seed = seed;
    emulated_service service{options};
    const std::string arn = created(service, "sales");
    std::string out = arn;
    for (int i = 0; i < 5; ++i) {
      out += json::serialize(service.ask("StartWorkflowRun", of(arn)));
      service.pass(4s);
      out += json::serialize(service.ask("ListWorkflowRuns", of(arn, R"(,"MaxResults":2)")));
    }
    return out;
  };
  CHECK(transcript(5) == transcript(5));
  CHECK(transcript(5) != transcript(6));
}
