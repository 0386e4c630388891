// What a JSON text may make its reader allocate: at most four times its size, all allocations together.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <mwaa_serverless/json_text.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocation/counted.hpp"
#include "protocol/aws_json.hpp"

namespace {

namespace protocol = mwaa_serverless::protocol;
using mwaa_serverless::text;

struct everything {
  std::string copied;
  std::vector<text> names;
  std::vector<std::string> copied_names;
  std::map<text, std::string> tags;
  mwaa_serverless::json_text anything;
};
constexpr std::array everything_members{
    protocol::member<&everything::copied>("Copied"),
    protocol::member<&everything::names>("Names"),
    protocol::member<&everything::copied_names>("CopiedNames"),
    protocol::member<&everything::tags>("Tags"),
    protocol::member<&everything::anything>("Anything"),
};

}  // namespace

template <>
const protocol::structure protocol::described<everything>::value{everything_members};

namespace {

// `before`, then `part` until the text has about `size` bytes, then `after`.
std::string filled(std::size_t size, std::string_view before, std::string_view part, std::string_view after) {
  std::string out{before};
  out.reserve(size + part.size() + after.size());
  while (out.size() + after.size() < size) out += part;
  if (part.ends_with(',')) out.pop_back();
  return out += after;
}

std::size_t limit(std::string_view json) {
  return std::max(4 * json.size(), protocol::least_json_allowance);
}

struct shape {
  std::string_view name;
  std::string_view before;
  std::string_view part;
  std::string_view after;
};

const shape pages[]{
    {"empty items", R"({"TaskInstances":[)", "{},", "]}"},
    {"items with one member", R"({"TaskInstances":[)", R"({"TaskInstanceId":""},)", "]}"},
    {"small items", R"({"TaskInstances":[)", R"({"TaskInstanceId":"t","Status":"QUEUED"},)", "]}"},
    {"items of an unknown status", R"({"TaskInstances":[)", R"({"Status":"?"},)", "]}"},
    {"items of the service", R"({"TaskInstances":[)",
     R"({"WorkflowArn":"arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",)"
     R"("WorkflowVersion":"0123456789abcdef0123456789abcdef","RunId":"manual__2025-11-17T12:00:00.000000+00:00",)"
     R"("TaskInstanceId":"extract_of_some_table","Status":"SUCCESS","DurationInSeconds":12,"OperatorName":"S3KeySensor"},)",
     "]}"},
    {"nulls", R"({"TaskInstances":[)", "null,", "]}"},
    {"lists, again and again", "{", R"("TaskInstances":[{}],)", "}"},
    {"empty lists, again and again", "{", R"("TaskInstances":[],)", "}"},
    {"a member, again and again", "{", R"("NextToken":"",)", "}"},
    {"a number, again and again", R"({"TaskInstances":[{)", R"("DurationInSeconds":1,)", "}]}"},
    {"a long string", R"({"NextToken":")", "0123456789", R"("})"},
    {"a long string of escapes", R"({"NextToken":")", R"(\u0041)", R"("})"},
    {"a long string of line ends", R"({"NextToken":")", R"(\n)", R"("})"},
    {"a long string of halves of surrogate pairs", R"({"NextToken":")", R"(\ud800)", R"("})"},
    {"a long unknown string", R"({"X":")", R"(\u0041)", R"("})"},
    {"a long key", R"({")", "0123456789", R"(":1})"},
    {"a long key of escapes", R"({")", R"(\u0041)", R"(":1})"},
    {"many keys", "{", R"("X":1,)", "}"},
    {"a long number", R"({"TaskInstances":[{"DurationInSeconds":1.)", "0", "}]}"},
    {"a long unknown number", R"({"X":1.)", "0", "}"},
    {"unknown lists", R"({"X":[)", "[],", "]}"},
    {"unknown objects", R"({"X":[)", R"({"a":{}},)", "]}"},
    {"blanks", "{", " ", "}"},
    {"a token that grows", R"({"NextToken":"a token of some length","NextToken":")", "0123456789", R"("})"},
    {"no JSON", "[", "[", ""},
    {"cut short", R"({"TaskInstances":[)", R"({"TaskInstanceId":"abc"},)", ""},
};

const shape others[]{
    {"names", R"({"Names":[)", R"("a",)", "]}"},
    {"empty names", R"({"Names":[)", R"("",)", "]}"},
    {"copied names", R"({"CopiedNames":[)", R"("0123456789abcdef",)", "]}"},
    {"tags", R"({"Tags":{)", R"("a":"",)", "}}"},
    {"tags that are copied", R"({"Tags":{)", R"("a":"0123456789abcdef",)", "}}"},
    {"a copied string", R"({"Copied":")", "0123456789", R"("})"},
    {"copied strings", "{", R"("Copied":"0123456789abcdef",)", "}"},
    {"a document", R"({"Anything":[)", R"({"a":[1,true,null,"\n"]},)", "]}"},
    {"a document of one string", R"({"Anything":")", R"(\u0001)", R"("})"},
};

}  // namespace

TEST_CASE("json allocation: a page takes at most four times its size, whatever it holds") {
  for (const std::size_t size : {std::size_t{1} << 10, std::size_t{1} << 16, (std::size_t{1} << 16) + 7,
                                 std::size_t{1} << 18, std::size_t{3} << 20}) {
    for (const shape& each : pages) {
      CAPTURE(each.name);
      const std::string body = filled(size, each.before, each.part, each.after);
      CAPTURE(body.size());
      const std::size_t before = test::allocated_bytes();
      {
        const auto page = protocol::decode<mwaa_serverless::list_task_instances_request>(body);
        if (page) CHECK(page->task_instances.size() <= protocol::max_json_elements);
      }
      CHECK(test::allocated_bytes() - before <= limit(body));
    }
  }
}

TEST_CASE("json allocation: strings, lists and maps of every kind") {
  for (const std::size_t size : {std::size_t{1} << 10, std::size_t{1} << 16, std::size_t{1} << 20}) {
    for (const shape& each : others) {
      for (const auto how : {protocol::strictness::strict, protocol::strictness::lenient}) {
        CAPTURE(each.name);
        const std::string json = filled(size, each.before, each.part, each.after);
        CAPTURE(json.size());
        const std::size_t before = test::allocated_bytes();
        {
          everything out;
          (void)protocol::read_json(json, protocol::described<everything>::value, &out, how);
        }
        CHECK(test::allocated_bytes() - before <= limit(json));
      }
    }
  }
}

TEST_CASE("json allocation: 16 MiB of empty items are refused early") {
  const std::string body = filled(std::size_t{16} << 20, R"({"TaskInstances":[)", "{},", "]}");
  const std::size_t before = test::allocated_bytes();
  const auto page = protocol::decode<mwaa_serverless::list_task_instances_request>(body);
  REQUIRE(page.has_error());
  CHECK(page.error().message.find("TaskInstances[10000]: holds more than 10000 elements") != std::string::npos);
  CHECK(test::allocated_bytes() - before <= limit(body));
  mwaa_serverless::list_task_instances_response out;
  protocol::json_reading reading{body, protocol::described<mwaa_serverless::list_task_instances_response>::value, &out};
  CHECK_FALSE(reading.step());  // within the first slice
  CHECK(reading.wrong().has_value());
}

TEST_CASE("json allocation: an item that is small for what it takes is counted by what it takes") {
  const std::string honest = filled(100 * 25, R"({"TaskInstances":[)", R"({"TaskInstanceId":"a"},)", "]}");
  const auto page = protocol::decode<mwaa_serverless::list_task_instances_request>(honest);
  REQUIRE(page.has_value());
  CHECK(page->task_instances.size() >= 100);
  const std::string thousands = filled(std::size_t{64} << 10, R"({"TaskInstances":[)", "{},", "]}");
  const auto refused = protocol::decode<mwaa_serverless::list_task_instances_request>(thousands);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == mwaa_serverless::errc::malformed_response);
  CHECK(refused.error().message.find("so many small elements") != std::string::npos);
}

TEST_CASE("json allocation: the body of an error") {
  const shape errors[]{
      {"a message", R"({"Message":")", "0123456789", R"("})"},
      {"a message of escapes", R"({"Message":")", R"(\u0041)", R"("})"},
      {"messages", "{", R"("message":"0123456789abcdef","Message":"0123456789abcdefg",)", "}"},
      {"fields", R"({"FieldList":[)", "{},", "]}"},
      {"fields with names", R"({"FieldList":[)", R"({"Name":"0123456789abcdef","Message":"0123456789abcdef"},)", "]}"},
      {"a page", "<html>", "0123456789", "</html>"},
  };
  for (const std::size_t size :
       {std::size_t{1} << 10, std::size_t{1} << 16, protocol::max_error_bytes, std::size_t{4} << 20}) {
    for (const shape& each : errors) {
      CAPTURE(each.name);
      CAPTURE(size);
      mwaa_serverless::http_response response;
      response.status = 500;
      response.body = filled(size, each.before, each.part, each.after);
      const std::size_t before = test::allocated_bytes();
      const auto failure = protocol::decode_error(response);
      // The error itself: its message, and 1 KiB for the rest.
      CHECK(test::allocated_bytes() - before <= limit(response.body) + 1024);
      if (size > protocol::max_error_bytes) {
        CHECK(failure.code == mwaa_serverless::errc::internal_server);
        CHECK(failure.message.starts_with("HTTP status 500: "));
        CHECK(failure.message.size() < 250);
      }
    }
  }
}
