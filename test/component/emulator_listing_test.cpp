#include <doctest/doctest.h>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <map>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
namespace json = boost::json;
using namespace std::chrono_literals;
using test::emulated_service;
using test::list_body;
using test::text_of;

namespace {

/// All pages of a run, each after `pause` of virtual time.
std::vector<json::object> list_all(emulated_service& service, const std::string& run_id, int page_size,
                                   std::chrono::seconds pause = 0s) {
  std::vector<json::object> tasks;
  std::string more = ",\"MaxResults\":" + std::to_string(page_size);
  for (;;) {
    const auto page = service.answer_body(list_body(run_id, more));
    const auto& items = page.at("TaskInstances").as_array();
    CHECK(items.size() <= static_cast<std::size_t>(page_size));
    for (const auto& each : items) tasks.push_back(each.as_object());
    const auto* token = page.as_object().if_contains("NextToken");
    if (token == nullptr) return tasks;
    CHECK(items.size() == static_cast<std::size_t>(page_size));
    more = ",\"MaxResults\":" + std::to_string(page_size) + ",\"NextToken\":" + json::serialize(*token);
    service.time->run_until(service.io, service.time->now() + pause);
  }
}

std::set<std::string> ids(const std::vector<json::object>& tasks) {
  std::set<std::string> out;
  for (const auto& each : tasks) out.insert(text_of(each.at("TaskInstanceId")));
  return out;
}

std::string status_of(emulated_service& service, const std::string& run_id) {
  return text_of(service.answer_body(list_body(run_id)).at("TaskInstances").as_array().at(0).at("Status"));
}

}  // namespace

TEST_CASE("emulator: run-finished has 250 tasks and every status, whatever the page size") {
  for (const int size : {1, 7, 50, 100}) {
    emulated_service service;
    const auto tasks = list_all(service, "run-finished", size);
    CHECK(tasks.size() == 250);
    CHECK(ids(tasks).size() == 250);
    std::set<std::string> statuses;
    for (const auto& each : tasks) {
      const std::string status = text_of(each.at("Status"));
      statuses.insert(status);
      mwaa::task_instance_status known;
      REQUIRE(mwaa::task_instance_status::parse(status, known));
      if (!known.is_terminal()) CHECK_FALSE(each.contains("DurationInSeconds"));
      if (status == "SUCCESS") CHECK(each.at("DurationInSeconds").as_int64() > 0);
      CHECK(each.at("WorkflowArn") == testing::emulator::default_workflow_arn);
      CHECK(each.at("RunId") == "run-finished");
    }
    CHECK(statuses.size() == 14);
  }
}

TEST_CASE("emulator: 20 items a page unless the request says otherwise") {
  emulated_service service;
  CHECK(service.answer_body(list_body("run-finished")).at("TaskInstances").as_array().size() == 20);
  CHECK(service.answer_body(list_body("run-finished", R"(,"MaxResults":null)")).at("TaskInstances").as_array().size() ==
        20);
}

TEST_CASE("emulator: a run that moves between its pages loses nothing and repeats nothing") {
  emulated_service service;
  const auto before = list_all(service, "run-live", 100);
  const auto tasks = list_all(service, "run-live", 3, 20s);
  CHECK(tasks.size() == 40);
  CHECK(ids(tasks) == ids(before));
  const auto after = list_all(service, "run-live", 100);
  CHECK(before != after);
}

TEST_CASE("emulator: tasks move as their timelines say, and know their duration at the end only") {
  emulated_service service;
  testing::emulated_task task{"move", {{1s, "SCHEDULED"}, {2500ms, "RUNNING"}, {60s, "FAILED"}}};
  service.emulator.add_run(testing::emulator::default_workflow_arn, "moving", {task});
  const std::vector<std::pair<std::chrono::milliseconds, const char*>> expected{
      {0ms, "NONE"}, {999ms, "NONE"}, {1s, "SCHEDULED"}, {2499ms, "SCHEDULED"}, {2500ms, "RUNNING"}, {60s, "FAILED"}};
  const auto start = service.time->now();
  for (const auto& [moment, status] : expected) {
    service.time->run_until(service.io, start + moment);
    const auto page = service.answer_body(list_body("moving"));
    const auto& shown = page.at("TaskInstances").as_array().at(0).as_object();
    CHECK(shown.at("Status") == status);
    CHECK(shown.contains("DurationInSeconds") == (moment == 60s));
    if (moment == 60s) CHECK(shown.at("DurationInSeconds") == 57);
  }
}

TEST_CASE("emulator: a run can be replaced, and starts anew") {
  emulated_service service;
  const char* arn = testing::emulator::default_workflow_arn;
  service.emulator.add_run(arn, "mine", {testing::emulated_task{"a", "RUNNING"}});
  CHECK(status_of(service, "mine") == "RUNNING");
  service.emulator.add_run(arn, "mine", {testing::emulated_task{"a", "A_STATUS_OF_TOMORROW"}});
  CHECK(status_of(service, "mine") == "A_STATUS_OF_TOMORROW");

  const std::string other = "arn:aws-us-gov:airflow-serverless:us-gov-west-1:000000000001:workflow/w-0123456789";
  service.emulator.add_run(other, "mine", {});
  CHECK(service.answer_body(R"({"WorkflowArn":")" + other + R"(","RunId":"mine"})")
            .at("TaskInstances")
            .as_array()
            .empty());
}

TEST_CASE("emulator: a world that the service would not have is refused") {
  emulated_service service;
  const char* arn = testing::emulator::default_workflow_arn;
  const std::vector<testing::emulated_task> twice{{"a", "RUNNING"}, {"a", "RUNNING"}};
  const std::vector<testing::emulated_task> backwards{{"a", {{2s, "RUNNING"}, {1s, "FAILED"}}}};
  CHECK_THROWS_WITH_AS(service.emulator.add_run("arn:nonsense", "r", {}), doctest::Contains("arn:nonsense"),
                       mwaa::exception);
  CHECK_THROWS_WITH_AS(service.emulator.add_run(arn, "-r", {}), doctest::Contains("-r"), mwaa::exception);
  CHECK_THROWS_WITH_AS(service.emulator.add_run(arn, "r", twice), doctest::Contains("id a"), mwaa::exception);
  CHECK_THROWS_WITH_AS(service.emulator.add_run(arn, "r", backwards), doctest::Contains("order"), mwaa::exception);
}

TEST_CASE("emulator: page tokens are good for their listing only, unaltered") {
  emulated_service service;
  const auto first = service.answer_body(list_body("run-finished"));
  const std::string token = text_of(first.at("NextToken"));
  const auto with_token = [&](const std::string& run_id, const std::string& value) {
    return service.answer_body(list_body(run_id, ",\"NextToken\":\"" + value + "\""));
  };
  CHECK(test::code_of(with_token("run-finished", token)).empty());
  // Every single character counts.
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string altered = token;
    altered[i] = altered[i] == '0' ? '1' : '0';
    CHECK(test::code_of(with_token("run-finished", altered)) == "ValidationException");
  }
  for (const std::string& bad : {std::string{}, std::string{"made-up"}, token + "0", token.substr(1)}) {
    const auto refused = with_token("run-finished", bad);
    CHECK(test::code_of(refused) == "ValidationException");
    CHECK(refused.at("FieldList").as_array().at(0).at("Name") == "NextToken");
  }
  CHECK(test::code_of(with_token("run-live", token)) == "ValidationException");

  testing::emulator_options options;
  options.seed = 2;
  emulated_service other{options};
  const auto foreign = other.answer_body(list_body("run-finished", ",\"NextToken\":\"" + token + "\""));
  CHECK(test::code_of(foreign) == "ValidationException");
}

TEST_CASE("emulator: input is judged by the model's rules, all of it at once") {
  const std::string arn = testing::emulator::default_workflow_arn;
  const std::string good = R"("WorkflowArn":")" + arn + R"(")";
  const std::string run = R"("RunId":"run-empty")";
  struct row {
    std::string body;
    const char* reason;
    std::vector<std::string> fields;
    const char* words;
  };
  const std::vector<row> rows{
      {"", "fieldValidationFailed", {"WorkflowArn", "RunId"}, "2 validation errors detected"},
      {"{" + run + "}", "fieldValidationFailed", {"WorkflowArn"}, "1 validation error detected: Value null"},
      {"{" + good + R"(,"RunId":null})", "fieldValidationFailed", {"RunId"}, "must not be null"},
      {"{" + good + R"(,"RunId":""})", "fieldValidationFailed", {"RunId"}, "greater than or equal to 1"},
      {"{" + good + R"(,"RunId":")" + std::string(256, 'a') + "\"}",
       "fieldValidationFailed",
       {"RunId"},
       "less than or equal to 255"},
      {"{" + good + R"(,"RunId":".a"})", "fieldValidationFailed", {"RunId"}, "regular expression pattern"},
      {"{" + run + R"(,"WorkflowArn":")" + std::string(2049, 'a') + "\"}",
       "fieldValidationFailed",
       {"WorkflowArn"},
       "less than or equal to 2048"},
      {"{" + run + R"(,"WorkflowArn":"arn:aws:s3:::bucket"})", "fieldValidationFailed", {"WorkflowArn"}, "pattern"},
      {"{" + good + "," + run + R"(,"MaxResults":0})",
       "fieldValidationFailed",
       {"MaxResults"},
       "Value '0' at 'MaxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"},
      {"{" + good + "," + run + R"(,"MaxResults":101})",
       "fieldValidationFailed",
       {"MaxResults"},
       "less than or equal to 100"},
      {"{" + good + "," + run + R"(,"MaxResults":18446744073709551615})",
       "fieldValidationFailed",
       {"MaxResults"},
       "less than or equal to 100"},
      {"{" + good + "," + run + R"(,"MaxResults":"7"})", "cannotParse", {"MaxResults"}, "must be an integer"},
      {"{" + good + "," + run + R"(,"MaxResults":1.5})", "cannotParse", {"MaxResults"}, "must be an integer"},
      {"{" + good + R"(,"RunId":["run-empty"]})", "cannotParse", {"RunId"}, "must be a string"},
      {"{" + good + "," + run + R"(,"NextToken":7})", "cannotParse", {"NextToken"}, "must be a string"},
      {"[]", "cannotParse", {}, "must be a JSON object"},
      {"{\"WorkflowArn\":", "cannotParse", {}, "not valid JSON"},
      {std::string(100, '['), "cannotParse", {}, "not valid JSON"},
      {"{\"RunId\":\"\xff\"}", "cannotParse", {}, "not valid JSON"},
      {"{" + good + R"(,"RunId":"no-such-run"})", "other", {"RunId"}, "does not exist"},
      {"{" + run + R"(,"WorkflowArn":")" + arn + "9\"}", "fieldValidationFailed", {"WorkflowArn"}, "pattern"},
      {"{" + run +
           R"(,"WorkflowArn":"arn:aws-iso-e:airflow-serverless:eu-isoe-west-1:123456789012:workflow/a-0123456789"})",
       "other",
       {"WorkflowArn"},
       "does not exist"},
  };
  for (const row& each : rows) {
    CAPTURE(each.body);
    emulated_service service;
    const auto response = service.answer(service.draft(each.body).make());
    CHECK(response.status == 400);
    const auto body = json::parse(response.body);
    CHECK(body.at("__type") == "ValidationException");
    CHECK(body.at("Reason") == each.reason);
    const std::string message = text_of(body.at("Message"));
    CAPTURE(message);
    CHECK(message.find(each.words) != std::string::npos);
    std::vector<std::string> fields;
    if (const auto* list = body.as_object().if_contains("FieldList")) {
      for (const auto& field : list->as_array()) fields.push_back(text_of(field.at("Name")));
    }
    CHECK(fields == each.fields);
  }
}

TEST_CASE("emulator: ARNs of every partition and region pass, others do not") {
  const auto passes = [](const std::string& arn) {
    emulated_service service;
    const auto body = service.answer_body(R"({"WorkflowArn":")" + arn + R"(","RunId":"r"})");
    return body.at("Reason") == "other";  // well formed, but not there
  };
  for (const char* prefix :
       {"arn:aws:airflow-serverless:ap-southeast-7", "arn:aws-cn:airflow-serverless:cn-north-1",
        "arn:aws-us-gov:airflow-serverless:us-gov-west-1", "arn:aws-iso:airflow-serverless:us-iso-east-1",
        "arn:aws-iso-b:airflow-serverless:us-isob-east-1", "arn:aws-eusc:airflow-serverless:eusc-de-east-1"})
    CHECK(passes(std::string{prefix} + ":123456789012:workflow/a.b_c-D-0123456789"));
  for (const char* arn : {"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/a-012345678",
                          "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/-0123456789",
                          "arn:aws:airflow-serverless:us-east-1:12345678901:workflow/a-0123456789",
                          "arn:aws:airflow-serverless:us-east:123456789012:workflow/a-0123456789",
                          "arn:aws-:airflow-serverless:us-east-1:123456789012:workflow/a-0123456789",
                          "arn:azure:airflow-serverless:us-east-1:123456789012:workflow/a-0123456789",
                          "arn:aws:airflow:us-east-1:123456789012:workflow/a-0123456789",
                          "arn:aws:airflow-serverless:us-east-1:123456789012:run/a-0123456789"})
    CHECK_FALSE(passes(arn));
}

TEST_CASE("emulator: same seed, same requests, same times: same answers") {
  const auto transcript = [](std::uint64_t seed) {
    testing::emulator_options options;
    options.seed = seed;
    emulated_service service{options};
    std::string out;
    for (int i = 0; i < 20; ++i) {
      const auto response = service.answer(service.draft(list_body("run-live")).make());
      out += response.fields + response.body;
      service.time->run_until(service.io, service.time->now() + 7s);
    }
    return out;
  };
  CHECK(transcript(5) == transcript(5));
  CHECK(transcript(5) != transcript(6));
}
