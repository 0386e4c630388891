#include <doctest/doctest.h>

#include <limits>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <string>
#include <vector>

#include "protocol/aws_json.hpp"
#include "protocol/check.hpp"
#include "protocol/json_writer.hpp"

namespace protocol = mwaa_serverless::protocol;
using mwaa_serverless::condition;
using mwaa_serverless::errc;
using mwaa_serverless::error;
using mwaa_serverless::http_response;
using mwaa_serverless::list_task_instances_request;
using mwaa_serverless::list_task_instances_response;
using mwaa_serverless::task_instance_status;

namespace {

list_task_instances_response decoded(const std::string& body) {
  auto page = protocol::decode<mwaa_serverless::list_task_instances_request>(body);
  if (!page) FAIL(page.error().message);
  return *std::move(page);
}

std::string encoded(const list_task_instances_request& request) {
  return protocol::encode(protocol::structure_view{request});
}

std::string problem(const std::string& body) {
  const auto page = protocol::decode<mwaa_serverless::list_task_instances_request>(body);
  if (page) return "no error";
  CHECK(page.error().code == errc::malformed_response);
  return page.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

error decoded_error(int status, std::string body, std::string fields = {}) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  response.fields = std::move(fields);
  return protocol::decode_error(response);
}

const std::string full_page = R"({
  "NextToken": "t\u00e9\ud83d\ude00\n",
  "TaskInstances": [
    {"WorkflowArn":"arn:w","WorkflowVersion":"v1","RunId":"r","TaskInstanceId":"extract","Status":"SUCCESS",
     "DurationInSeconds":42,"OperatorName":"GlueJobOperator"},
    {"OperatorName":"GlueJobOperator","TaskInstanceId":"load","Status":"PAUSED","RunId":"r","WorkflowArn":"arn:w"}
  ]
})";

}  // namespace

TEST_CASE("aws_json: a list that was not sent differs from an empty one") {
  CHECK(decoded(R"({"TaskInstances":[]})").task_instances_present);
  CHECK(decoded(full_page).task_instances_present);
  for (const char* body : {"{}", R"({"TaskInstances":null})", R"({"NextToken":"t"})"}) {
    CAPTURE(body);
    CHECK_FALSE(decoded(body).task_instances_present);
  }
}

TEST_CASE("aws_json: a request has the members that are set, in the model's order") {
  CHECK(encoded({"arn", "run"}) == R"({"WorkflowArn":"arn","RunId":"run"})");
  CHECK(encoded(list_task_instances_request{"a\"\\\n\x01", "é"}.with_next_token("").with_max_results(7)) ==
        R"({"WorkflowArn":"a\"\\\n\u0001","RunId":"é","MaxResults":7,"NextToken":""})");
}

TEST_CASE("aws_json: refused before it is sent is what AWS's own tools refuse, and no more") {
  const auto refusal = [](const list_task_instances_request& request) {
    const auto wrong = protocol::check(protocol::structure_view{request});
    if (!wrong) return std::string{};
    CHECK(wrong->code == errc::invalid_argument);
    return wrong->message;
  };
  // Minima only: upper limits and patterns are the service's to judge.
  CHECK(refusal({"not an ARN", "r"}).empty());
  CHECK(refusal({std::string(5000, 'a'), std::string(5000, 'r')}).empty());
  CHECK(refusal(list_task_instances_request{"a", "r"}.with_max_results(1).with_next_token("")).empty());
  CHECK(refusal(list_task_instances_request{"a", "r"}.with_max_results(2147483647)).empty());
  CHECK(refusal({"", "r"}) == "Invalid length for parameter WorkflowArn, value '': length 0, valid min length: 1");
  CHECK(refusal({"a", ""}) == "Invalid length for parameter RunId, value '': length 0, valid min length: 1");
  for (const int value : {0, -1, std::numeric_limits<int>::min()}) {
    CHECK(refusal(list_task_instances_request{"a", "r"}.with_max_results(value)) ==
          "Invalid value for parameter MaxResults, value: " + std::to_string(value) + ", valid min value: 1");
  }
}

TEST_CASE("aws_json: each member of an item refuses each other type") {
  for (const char* member :
       {"WorkflowArn", "WorkflowVersion", "RunId", "TaskInstanceId", "Status", "DurationInSeconds", "OperatorName"}) {
    for (const char* value : {"\"x\"", "7", "7.5", "true", "{}", "[]", "null"}) {
      const std::string body = std::string{R"({"TaskInstances":[{},{")"} + member + "\":" + value + "}]}";
      CAPTURE(body);
      const bool fits = value == std::string{"null"} ||
                        value == std::string{member == std::string{"DurationInSeconds"} ? "7" : "\"x\""};
      if (fits) {
        CHECK(decoded(body).task_instances.size() == 2);
      } else {
        CHECK(contains(problem(body), std::string{"TaskInstances[1]."} + member + ": must be a"));
      }
    }
  }
}

TEST_CASE("aws_json: a page") {
  const auto page = decoded(full_page);
  CHECK(page.next_token == "té😀\n");
  REQUIRE(page.task_instances.size() == 2);
  const auto& first = page.task_instances[0];
  CHECK(first.workflow_arn == "arn:w");
  CHECK(first.workflow_version == "v1");
  CHECK(first.run_id == "r");
  CHECK(first.task_instance_id == "extract");
  CHECK(first.status == task_instance_status::success);
  CHECK(first.duration_in_seconds == std::chrono::seconds{42});
  CHECK(first.operator_name == "GlueJobOperator");
  const auto& second = page.task_instances[1];
  CHECK(second.status.name() == "PAUSED");
  CHECK_FALSE(second.workflow_version.present());
  CHECK_FALSE(second.duration_in_seconds.has_value());
  // Repeats are stored once.
  CHECK(first.workflow_arn.view().data() == second.workflow_arn.view().data());
  CHECK(first.operator_name.view().data() == second.operator_name.view().data());
}

TEST_CASE("aws_json: an item outlives its page") {
  auto page = std::make_unique<list_task_instances_response>(decoded(full_page));
  const auto item = page->task_instances[1];
  page.reset();
  CHECK(item.task_instance_id == "load");
  CHECK(item.status.name() == "PAUSED");
}

TEST_CASE("aws_json: every status") {
  for (const char* name : {"QUEUED", "FAILED", "SCHEDULED", "RUNNING", "SUCCESS", "UP_FOR_RESCHEDULE", "UP_FOR_RETRY",
                           "UPSTREAM_FAILED", "REMOVED", "RESTARTING", "DEFERRED", "NONE", "CANCELLED", "TIMEOUT"}) {
    const auto page = decoded(std::string{R"({"TaskInstances":[{"Status":")"} + name + "\"}]}");
    CHECK(page.task_instances[0].status != task_instance_status::unknown);
    CHECK(page.task_instances[0].status.name() == name);
  }
}

TEST_CASE("aws_json: what a page may lack, and what it may have on top") {
  CHECK(decoded("").task_instances.empty());
  CHECK(decoded("{}").task_instances.empty());
  CHECK_FALSE(decoded("{}").next_token.present());
  CHECK_FALSE(decoded(R"({"TaskInstances":null,"NextToken":null})").next_token.present());
  CHECK(decoded(R"({"TaskInstances":[]})").task_instances.empty());
  CHECK(decoded(R"({"TaskInstances":[null,{},null]})").task_instances.size() == 1);
  CHECK_FALSE(
      decoded(R"({"TaskInstances":[{"Status":null,"DurationInSeconds":null}]})").task_instances[0].status.present());
  // Unknown members of any shape, also within items, also under names that are known elsewhere.
  const auto page = decoded(R"({"x":[[{"TaskInstances":7}],"s",1.5,true,null],"Status":{"Status":[]},
                                "TaskInstances":[{"New":{"RunId":[1,{"RunId":2}]},"RunId":"r"}],"y":-1e99})");
  CHECK(page.task_instances[0].run_id == "r");
  // Of a repeated member the last counts.
  const auto repeated =
      decoded(R"({"TaskInstances":[{"RunId":"a"},{"RunId":"b"}],"TaskInstances":[{"RunId":"c","RunId":"d"}]})");
  REQUIRE(repeated.task_instances.size() == 1);
  CHECK(repeated.task_instances[0].run_id == "d");
}

TEST_CASE("aws_json: a wrong type names the member and the byte") {
  struct row {
    const char* body;
    const char* message;
  };
  const row rows[]{
      {R"([])", "must be an object, not a list"},
      {R"("x")", "must be an object, not a string"},
      {R"(null)", "must be an object, not null"},
      {R"(7)", "must be an object, not a number"},
      {R"({"NextToken":7})", "NextToken: must be a string, not a number"},
      {R"({"NextToken":{}})", "NextToken: must be a string, not an object"},
      {R"({"NextToken":["x"]})", "NextToken: must be a string, not a list"},
      {R"({"NextToken":true})", "NextToken: must be a string, not true or false"},
      {R"({"TaskInstances":{}})", "TaskInstances: must be a list, not an object"},
      {R"({"TaskInstances":"x"})", "TaskInstances: must be a list, not a string"},
      {R"({"TaskInstances":[{},7]})", "TaskInstances[1]: must be an object, not a number"},
      {R"({"TaskInstances":[[]]})", "TaskInstances[0]: must be an object, not a list"},
      {R"({"TaskInstances":[{},{"Status":1}]})", "TaskInstances[1].Status: must be a string, not a number"},
      {R"({"TaskInstances":[{"DurationInSeconds":"1"}]})",
       "TaskInstances[0].DurationInSeconds: must be a whole number, not a string"},
      {R"({"TaskInstances":[{"DurationInSeconds":1.5}]})",
       "TaskInstances[0].DurationInSeconds: must be a whole number, not a number with a fraction"},
      {R"({"TaskInstances":[{"DurationInSeconds":2147483648}]})",
       "TaskInstances[0].DurationInSeconds: must be a whole number of 32 bits"},
      {R"({"TaskInstances":[{"DurationInSeconds":18446744073709551615}]})",
       "TaskInstances[0].DurationInSeconds: must be a whole number of 32 bits"},
  };
  for (const row& each : rows) {
    CAPTURE(each.body);
    CHECK(contains(problem(each.body), each.message));
  }
  CHECK(contains(problem(R"({"NextToken":7})"), "(at byte 1"));
  CHECK(decoded(R"({"TaskInstances":[{"DurationInSeconds":2147483647}]})").task_instances[0].duration_in_seconds ==
        std::chrono::seconds{2147483647});
}

TEST_CASE("aws_json: what other writers of JSON write loses no page") {
  const auto page = decoded(
      R"({"TaskInstances":[{"TaskInstanceId":"a","DurationInSeconds":12.0,"New":"\ud800"},)"
      R"({"TaskInstanceId":"b\udfff","DurationInSeconds":1.2e1},{"New":["\ud83d"],"DurationInSeconds":0e2147483647}]})");
  REQUIRE(page.task_instances.size() == 3);
  CHECK(page.task_instances[0].duration_in_seconds == std::chrono::seconds{12});
  CHECK(page.task_instances[1].duration_in_seconds == std::chrono::seconds{12});
  CHECK(page.task_instances[1].task_instance_id == "b\xef\xbf\xbd");
  CHECK(page.task_instances[2].duration_in_seconds == std::chrono::seconds{0});
  for (const std::string hint : {"5.0", "5", "0.5e1"}) {
    const auto failure =
        decoded_error(429, R"({"__type":"ThrottlingException","New":"\ud800","RetryAfterSeconds":)" + hint + "}");
    CHECK(failure.retry_after == std::chrono::seconds{5});
  }
  const auto failure =
      decoded_error(429, R"({"__type":"ThrottlingException","Message":"slow","RetryAfterSeconds":5.5})");
  CHECK_FALSE(failure.retry_after.has_value());
  CHECK(failure.message == "slow");
}

TEST_CASE("aws_json: a page that breaks off anywhere is an error") {
  for (std::size_t size = 1; size < full_page.size(); ++size) {
    CAPTURE(size);
    const std::string message = problem(full_page.substr(0, size));
    CHECK(contains(message, "(at byte "));
  }
  CHECK(contains(problem(full_page + "x"), "extra"));
}

TEST_CASE("aws_json: hostile text is an error, of bounded cost") {
  std::string deep = R"({"x":)";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  CHECK(problem(deep) != "no error");
  std::string deep_objects = R"({"TaskInstances":[)";
  for (int i = 0; i < 100'000; ++i) deep_objects += R"({"x":)";
  CHECK(problem(deep_objects) != "no error");
  CHECK(problem("{\"NextToken\":\"\xff\"}") != "no error");  // no UTF-8
  CHECK(problem("{\"NextToken\":\"a\nb\"}") != "no error");  // bare control character
  CHECK(problem("{'NextToken':'x'}") != "no error");
  CHECK(problem("{\"NextToken\":NaN}") != "no error");
  CHECK(problem(std::string("{\"a\0\":1}", 8)) != "no error");
  CHECK(problem("<html>") != "no error");
}

TEST_CASE("aws_json: long text and many different strings") {
  std::string body = R"({"TaskInstances":[)";
  const std::string tail(300, 'x');
  for (int i = 0; i < 1000; ++i) {
    if (i > 0) body += ',';
    body += R"({"TaskInstanceId":"t)" + std::to_string(i) + tail + R"(","OperatorName":"op)" + std::to_string(i % 3) +
            "\"}";
  }
  const auto page = decoded(body + "]}");
  REQUIRE(page.task_instances.size() == 1000);
  for (int i = 0; i < 1000; ++i) {
    CHECK(page.task_instances[static_cast<std::size_t>(i)].task_instance_id == "t" + std::to_string(i) + tail);
    CHECK(page.task_instances[static_cast<std::size_t>(i)].operator_name == "op" + std::to_string(i % 3));
  }
}

TEST_CASE("decode_error: the name, wherever it stands and however it is dressed") {
  struct row {
    const char* fields;
    const char* body;
    const char* name;
  };
  const row rows[]{
      {"", R"({"__type":"ThrottlingException"})", "ThrottlingException"},
      {"", R"({"__type":"com.amazon.coral.service#ThrottlingException"})", "ThrottlingException"},
      {"", R"({"__type":"one#two#ThrottlingException"})", "ThrottlingException"},  // as botocore
      {"", R"({"__type":"ThrottlingException:http://internal.amazon.com/"})", "ThrottlingException"},
      {"", R"({"__type":"a.b#ThrottlingException:http://x#y"})", "ThrottlingException"},
      {"", R"({"code":"ThrottlingException"})", "ThrottlingException"},
      {"X-Amzn-ErrorType: ThrottlingException:http://x/\r\n", "{}", "ThrottlingException"},
      {"x-amzn-errortype: ThrottlingException\r\n", R"({"__type":"Other","code":"Third"})", "ThrottlingException"},
      {"", R"({"__type":"First","code":"Second"})", "First"},
      {"", R"({"__type":7,"code":"Second"})", "Second"},
  };
  for (const row& each : rows) {
    CAPTURE(each.body);
    CHECK(decoded_error(400, each.body, each.fields).aws_code == each.name);
  }
}

TEST_CASE("decode_error: the modelled members") {
  const auto throttled = decoded_error(
      429,
      R"({"__type":"ThrottlingException","Message":"Rate exceeded","ServiceCode":"s","QuotaCode":"q","RetryAfterSeconds":3})",
      "x-amzn-RequestId:  id-1 \r\n");
  CHECK(throttled.code == errc::throttled);
  CHECK(throttled.message == "Rate exceeded");
  CHECK(throttled.request_id == "id-1");
  CHECK(throttled.http_status == 429);
  CHECK(throttled.service_code == "s");
  CHECK(throttled.quota_code == "q");
  CHECK(throttled.retry_after == std::chrono::seconds{3});

  const auto validation = decoded_error(400, R"({"__type":"ValidationException","message":"bad","Reason":"cannotParse",
      "FieldList":[{"Name":"RunId","Message":"too long"},{"Name":"x","Message":"y"}]})");
  CHECK(validation.code == errc::validation);
  CHECK(validation.reason == "cannotParse");
  REQUIRE(validation.field_list.size() == 2);
  CHECK(validation.field_list[0].name == "RunId");
  CHECK(validation.field_list[0].message == "too long");

  const auto missing =
      decoded_error(404, R"({"__type":"ResourceNotFoundException","Message":"m","ResourceId":"i","ResourceType":"t"})");
  CHECK(missing.code == errc::resource_not_found);
  CHECK(missing.resource_id == "i");
  CHECK(missing.resource_type == "t");

  struct row {
    const char* name;
    errc code;
  };
  for (const row& each :
       {row{"InternalServerException", errc::internal_server}, row{"OperationTimeoutException", errc::service_timeout},
        row{"AccessDeniedException", errc::access_denied}, row{"ConflictException", errc::conflict},
        row{"ServiceQuotaExceededException", errc::service_quota_exceeded},
        row{"UnrecognizedClientException", errc::unrecognized_client},
        row{"InvalidSignatureException", errc::invalid_signature}, row{"ExpiredTokenException", errc::expired_token},
        row{"MissingAuthenticationTokenException", errc::missing_authentication_token},
        row{"UnknownOperationException", errc::unknown_operation},
        row{"BrandNewException", errc::other_service_error}}) {
    CAPTURE(each.name);
    const auto got = decoded_error(400, std::string{R"({"__type":")"} + each.name + "\"}");
    CHECK(got.code == each.code);
    CHECK(got.aws_code == each.name);
    CHECK(got.code == condition::service);
  }
}

TEST_CASE("decode_error: the message, wherever it stands; without a name of ours the status decides") {
  CHECK(decoded_error(400, R"({"__type":"X","message":"m"})").message == "m");
  CHECK(decoded_error(400, R"({"__type":"X","Message":"M"})").message == "M");
  CHECK(decoded_error(400, R"({"__type":"X","errorMessage":"e"})").message == "e");
  CHECK(decoded_error(400, R"({"__type":"X","Message":"M","message":"m","errorMessage":"e"})").message == "m");
  CHECK(decoded_error(400, R"({"__type":"X"})").message.empty());
  // A name in the header and a body that breaks off: both are kept.
  const auto cut = decoded_error(429, R"({"Message":"Rate ex)", "X-Amzn-Errortype: ThrottlingException\r\n");
  CHECK(cut.code == errc::throttled);
  CHECK(cut.message == R"(HTTP status 429: {"Message":"Rate ex)");
  struct row {
    int status;
    errc code;
  };
  for (const row& each :
       {row{301, errc::other_service_error}, row{400, errc::other_service_error}, row{403, errc::other_service_error},
        row{408, errc::service_timeout}, row{429, errc::throttled}, row{500, errc::internal_server},
        row{501, errc::other_service_error}, row{502, errc::internal_server}, row{503, errc::internal_server},
        row{504, errc::service_timeout}}) {
    CAPTURE(each.status);
    CHECK(decoded_error(each.status, "").code == each.code);
    const auto unknown_name = decoded_error(each.status, R"({"__type":"BrandNewException"})");
    CHECK(unknown_name.code == each.code);
    CHECK(unknown_name.aws_code == "BrandNewException");
    // A name that is known counts more than the status.
    CHECK(decoded_error(each.status, R"({"__type":"ConflictException"})").code == errc::conflict);
  }
}

TEST_CASE("decode_error: an excerpt of a foreign body is short, on one line and whole characters") {
  const auto message = [](const std::string& body) { return decoded_error(502, body).message; };
  CHECK(message("\x1b[31m\x7f red \t\n alert") == "HTTP status 502: [31m red alert");
  for (int shift = 0; shift < 4; ++shift) {
    std::string body = std::string(static_cast<std::size_t>(shift), 'x');
    while (body.size() < 400) body += "😀";
    const std::string shown = message(body);
    CHECK(shown.ends_with("😀..."));
    CHECK(shown.size() < 250);
  }
  CHECK(message(std::string(200, 'x')) == "HTTP status 502: " + std::string(200, 'x'));
  CHECK(message(std::string(201, 'x')) == "HTTP status 502: " + std::string(200, 'x') + "...");
}

TEST_CASE("decode_error: bodies that are not the service's") {
  const auto html = decoded_error(502, "<html>\r\n<head><title>502 Bad  Gateway</title></head>");
  CHECK(html.code == errc::internal_server);
  CHECK(html.aws_code.empty());
  CHECK(html.message == "HTTP status 502: <html> <head><title>502 Bad Gateway</title></head>");
  CHECK(decoded_error(503, "").message == "HTTP status 503");
  CHECK(decoded_error(429, "").code == errc::throttled);
  CHECK(decoded_error(504, "{}").code == errc::service_timeout);
  CHECK(decoded_error(302, "").code == errc::other_service_error);
  CHECK(decoded_error(500, std::string(100'000, 'x')).message.size() < 300);
  // Wrong types are ignored; the rest is read.
  const auto odd = decoded_error(429, R"({"__type":"ThrottlingException","Message":["x"],"RetryAfterSeconds":"soon",
      "FieldList":"none","QuotaCode":"q"})");
  CHECK(odd.code == errc::throttled);
  CHECK(odd.quota_code == "q");
  CHECK_FALSE(odd.retry_after.has_value());
}
