#include <doctest/doctest.h>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "support/emulated_service.hpp"

namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::emulated_service;
using test::request_draft;

namespace {

struct row {
  const char* name;
  std::function<void(request_draft&)> spoil;
  const char* code;
  const char* words;
};

// The clock stands at 2026-01-01T00:00:00Z.
const std::vector<row>& spoiled_requests() {
  static const std::vector<row> rows{
      {"no Authorization", [](request_draft& r) { r.authorization = "none"; }, "MissingAuthenticationTokenException",
       "Missing Authentication Token"},
      {"wrong key", [](request_draft& r) { r.access_key_id = "AKIDOTHER"; }, "UnrecognizedClientException",
       "security token included in the request is invalid"},
      {"session token out of nowhere", [](request_draft& r) { r.session_token = "abc"; }, "UnrecognizedClientException",
       "security token included in the request is invalid"},
      {"wrong secret", [](request_draft& r) { r.secret_access_key += "x"; }, "InvalidSignatureException",
       "The request signature we calculated does not match"},
      {"wrong region", [](request_draft& r) { r.region = "eu-west-1"; }, "InvalidSignatureException",
       "Credential should be scoped to a valid region"},
      {"wrong service", [](request_draft& r) { r.service = "airflow"; }, "InvalidSignatureException",
       "Credential should be scoped to correct service: 'airflow-serverless'"},
      {"stale", [](request_draft& r) { r.date = "20251231T235459Z"; }, "InvalidSignatureException",
       "Signature expired: 20251231T235459Z is now earlier than 20251231T235500Z (20260101T000000Z - 5 min.)"},
      {"of the future", [](request_draft& r) { r.date = "20260101T000501Z"; }, "InvalidSignatureException",
       "Signature not yet current: 20260101T000501Z is still later than 20260101T000500Z (20260101T000000Z + 5 min.)"},
      {"no date", [](request_draft& r) { r.date.clear(); }, "IncompleteSignatureException", "'X-Amz-Date'"},
      {"no such day", [](request_draft& r) { r.date = "20260230T000000Z"; }, "IncompleteSignatureException",
       "ISO-8601 'basic format'. Got '20260230T000000Z'"},
      {"date in another form", [](request_draft& r) { r.date = "2026-01-01T000000Z"; }, "IncompleteSignatureException",
       "ISO-8601 'basic format'"},
      {"Host not signed", [](request_draft& r) { r.unsigned_headers = {"host"}; }, "IncompleteSignatureException",
       "'Host' must be a 'SignedHeader'"},
      {"date not signed", [](request_draft& r) { r.unsigned_headers = {"x-amz-date"}; }, "IncompleteSignatureException",
       "'x-amz-date' must be a 'SignedHeader'"},
      {"target not signed", [](request_draft& r) { r.unsigned_headers = {"x-amz-target"}; },
       "IncompleteSignatureException", "'x-amz-target' must be a 'SignedHeader'"},
      {"another algorithm", [](request_draft& r) { r.authorization = "Basic dTpw"; }, "IncompleteSignatureException",
       "algorithm"},
      {"no parameters", [](request_draft& r) { r.authorization = "AWS4-HMAC-SHA256 Credential=a/20260101/b/c/d"; },
       "IncompleteSignatureException",
       "Authorization header requires 'Signature' parameter. Authorization header "
       "requires 'SignedHeaders' parameter."},
      {"not key=value", [](request_draft& r) { r.authorization = "AWS4-HMAC-SHA256 nonsense"; },
       "IncompleteSignatureException", "not a valid key=value pair"},
      {"bytes that are not UTF-8", [](request_draft& r) { r.authorization = "AWS4-HMAC-SHA256 Credential\xbd!"; },
       "IncompleteSignatureException", "'Credential\xEF\xBF\xBD!' not a valid key=value pair"},
      {"scope of three",
       [](request_draft& r) {
         r.authorization = "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
       },
       "IncompleteSignatureException", "exactly 5 slash-delimited elements"},
      {"a signed header that is not there",
       [](request_draft& r) {
         r.authorization =
             "AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20260101/us-east-1/airflow-serverless/aws4_request,"
             "SignedHeaders=absent;host;x-amz-date;x-amz-target, Signature=0";
       },
       "IncompleteSignatureException", "'absent'"},
      {"wrong terminator",
       [](request_draft& r) {
         r.authorization =
             "AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20260101/us-east-1/airflow-serverless/aws5_request,"
             "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
       },
       "InvalidSignatureException", "valid terminator"},
      {"scope of another day",
       [](request_draft& r) {
         r.authorization =
             "AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20251231/us-east-1/airflow-serverless/aws4_request,"
             "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
       },
       "InvalidSignatureException", "'20251231' != '20260101'"},
      {"a signature of another length",
       [](request_draft& r) {
         r.authorization =
             "AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20260101/us-east-1/airflow-serverless/aws4_request,"
             "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
       },
       "InvalidSignatureException", "does not match"},
  };
  return rows;
}

mwaa::http_request altered(const mwaa::http_request& original, std::string_view from, std::string_view to) {
  std::string bytes{original.bytes()};
  bytes.replace(bytes.find(from), from.size(), to);
  return {std::make_shared<const mwaa::origin>(original.destination()), bytes, original.head().size()};
}

}  // namespace

TEST_CASE("emulator: a request signed as it should be is served") {
  emulated_service service;
  const auto request = service.draft(test::list_body("run-empty")).make();
  const auto response = service.answer(request);
  CHECK(response.status == 200);
  CHECK(response.body == R"({"TaskInstances":[]})");
  CHECK(response.header("content-type") == "application/x-amz-json-1.0");
  CHECK(response.header("date") == "Thu, 01 Jan 2026 00:00:00 GMT");
  CHECK(response.header("x-amzn-requestid").value_or("").size() == 36);
}

TEST_CASE("emulator: up to five minutes either way are no fault") {
  for (const char* date : {"20251231T235500Z", "20260101T000500Z"}) {
    emulated_service service;
    auto draft = service.draft(test::list_body("run-empty"));
    draft.date = date;
    CHECK(service.answer(draft.make()).status == 200);
  }
}

TEST_CASE("emulator: what is wrong with a signature decides the error") {
  for (const row& each : spoiled_requests()) {
    CAPTURE(each.name);
    for (const int status : {400, 403}) {
      mwaa::testing::emulator_options options;
      options.signature_error_status = status;
      emulated_service service{options};
      auto draft = service.draft(test::list_body("run-empty"));
      each.spoil(draft);
      const auto response = service.answer(draft.make());
      CHECK(response.status == status);
      const auto body = test::json::parse(response.body);
      CHECK(std::string{body.at("__type").as_string()} == std::string{"com.amazon.coral.service#"} + each.code);
      const std::string message{body.at("message").as_string()};
      CAPTURE(message);
      CHECK(message.find(each.words) != std::string::npos);
      CHECK(service.emulator.requests().back().code == each.code);
    }
  }
}

TEST_CASE("emulator: a byte altered after signing is noticed wherever it is") {
  emulated_service service;
  const auto request = service.draft(test::list_body("run-empty")).make();
  const std::vector<std::pair<const char*, const char*>> changes{
      {"run-empty", "run-extra"}, {"localhost:1", "localhost:2"}, {"T000000Z", "T000001Z"}, {"json-1.0", "json-1.0;"}};
  for (const auto& [from, to] : changes) {
    CAPTURE(from);
    std::string bytes{request.bytes()};
    const auto response = service.answer(altered(request, from, to));
    CHECK(test::code_of(test::json::parse(response.body)) == "InvalidSignatureException");
  }
  // What was not signed may change: that is how a proxy adds its headers.
  auto with_agent = service.draft(test::list_body("run-empty"));
  with_agent.headers.emplace_back("User-Agent", "one");
  with_agent.unsigned_headers = {"user-agent"};
  CHECK(service.answer(altered(with_agent.make(), "one", "two")).status == 200);
}

TEST_CASE("emulator: a query is signed, and the body says what is asked for") {
  struct row {
    const char* query;
    const char* signed_query;  // empty: the same
    const char* body_members;
    std::size_t items;
  };
  const std::vector<row> rows{
      {"maxResults=5", "", R"(,"MaxResults":5)", 5},  // as the Rust SDK sends it
      {"maxResults=5", "", R"(,"MaxResults":7)", 7},
      {"maxResults=5", "", "", 12},
      {"maxResults=5", "", R"(,"MaxResults":null)", 12},
      {"nextToken=made-up", "", "", 12},
      {"nextToken=a%2Fb%3D&maxResults=2", "maxResults=2&nextToken=a%2Fb%3D", "", 12},
      {"nextToken=a/b=&z", "nextToken=a%2Fb%3D&z=", "", 12},
      {"b=2&a=%7e&a=", "a=&a=~&b=2", "", 12},
      {"&a&&", "a=", "", 12},
      {"a=%zz%", "a=%25zz%25", "", 12},
  };
  for (const row& each : rows) {
    CAPTURE(each.query);
    emulated_service service;
    auto draft = service.draft(test::list_body("run-failed", each.body_members));
    draft.query = each.query;
    draft.signed_query = each.signed_query;
    const auto response = service.answer(draft.make());
    CAPTURE(response.body);
    REQUIRE(response.status == 200);
    CHECK(test::json::parse(response.body).at("TaskInstances").as_array().size() == each.items);
    draft.signed_query = "maxResults=6";
    CHECK(test::code_of(test::json::parse(service.answer(draft.make()).body)) == "InvalidSignatureException");
  }
  emulated_service service;
  auto draft = service.draft(test::list_body("run-failed", R"(,"MaxResults":101)"));
  draft.query = "maxResults=1";
  CHECK(test::code_of(test::json::parse(service.answer(draft.make()).body)) == "ValidationException");
}

TEST_CASE("emulator: session tokens") {
  mwaa::testing::emulator_options options;
  options.session_token = "session-token";
  options.session_token_expiration = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 1h;
  emulated_service service{options};
  const auto code_with = [&](const std::string& token) {
    auto draft = service.draft(test::list_body("run-empty"));
    draft.session_token = token;
    return test::code_of(test::json::parse(service.answer(draft.make()).body));
  };
  CHECK(code_with("session-token").empty());
  CHECK(code_with("another") == "UnrecognizedClientException");
  CHECK(code_with("") == "UnrecognizedClientException");
  service.time->run_until(service.io, service.time->now() + 1h - 1s);
  CHECK(code_with("session-token").empty());
  service.time->run_until(service.io, service.time->now() + 1s);
  CHECK(code_with("session-token") == "ExpiredTokenException");
}

TEST_CASE("emulator: what is asked for is looked at before who asks") {
  struct case_of {
    std::function<void(request_draft&)> spoil;
    int status;
    const char* code;
  };
  const std::vector<case_of> cases{
      {[](request_draft& r) { r.operation.clear(); }, 400, "UnknownOperationException"},
      {[](request_draft& r) { r.operation = "Nonsense"; }, 400, "UnknownOperationException"},
      {[](request_draft& r) { r.path = "/other"; }, 404, "UnknownOperationException"},
      {[](request_draft& r) { r.path = "/other?maxResults=1"; }, 404, "UnknownOperationException"},
      {[](request_draft& r) { r.path = "/-/reset"; }, 404, "UnknownOperationException"},
      {[](request_draft& r) { r.method = "PUT"; }, 404, "UnknownOperationException"},
      {[](request_draft& r) { r.headers[0].second = "application/json"; }, 415, "UnsupportedMediaTypeException"},
      {[](request_draft& r) { r.operation = "ListTaskInstances2"; }, 400, "UnknownOperationException"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.code);
    emulated_service service;
    auto draft = service.draft(test::list_body("run-empty"));
    each.spoil(draft);
    const auto response = service.answer(draft.make());
    CHECK(response.status == each.status);
    CHECK(test::code_of(test::json::parse(response.body)) == each.code);
  }
}
