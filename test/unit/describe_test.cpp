// What the description of a structure gives: JSON, checks, logs.
#include "protocol/describe.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <map>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/json_text.hpp>
#include <mwaa_serverless/model/task_instance.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/blank.hpp"
#include "protocol/check.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/model/errors.hpp"
#include "protocol/operation.hpp"

namespace mwaa = mwaa_serverless;
namespace protocol = mwaa_serverless::protocol;
using mwaa::json_text;
using mwaa::text;
using protocol::member;
using protocol::rules;
using protocol::structure;
using protocol::structure_view;
using namespace std::chrono_literals;

namespace {

class place {
 public:
  place() = default;
  place(std::string bucket_value, std::string key_value) : bucket(std::move(bucket_value)), key(std::move(key_value)) {}

  std::string bucket;
  std::string key;
  friend bool operator==(const place&, const place&) = default;
};
class code {
 public:
  code() {}

  std::optional<place> s3;
  std::optional<std::string> inline_text;
  friend bool operator==(const code&, const code&) = default;
};
// Each type that a member may have, alone and optional.
class everything {
 public:
  explicit everything(std::string name_value) : name(std::move(name_value)) {}

  std::string name;
  std::string description;
  std::optional<std::string> note;
  text label;
  mwaa::task_instance_status status;
  std::optional<std::int32_t> count;
  std::int32_t always = 0;
  std::optional<std::chrono::seconds> lasting;
  std::optional<bool> latest;
  std::optional<std::chrono::system_clock::time_point> when;
  std::vector<std::string> groups;
  std::optional<std::vector<std::string>> subnets;
  std::map<std::string, std::string> variables;
  std::vector<place> places;
  std::optional<code> source;
  json_text parameters;
  std::optional<std::string> token;
  std::string secret;
  friend bool operator==(const everything&, const everything&) = default;
};

}  // namespace

template <>
const structure protocol::described<place>::value;
template <>
const structure protocol::described<code>::value;
template <>
const structure protocol::described<everything>::value;

namespace {

constexpr rules bucket{.min = 3};
constexpr rules one_or_more{.min = 1};
constexpr rules hidden{.sensitive = true, .min = 2};
constexpr rules sensitive_values{.max = 2, .element = &hidden, .key = &one_or_more};
constexpr rules of_groups{.min = 1, .element = &bucket};

constexpr std::array place_members{member<&place::bucket>("Bucket", bucket.must()),
                                   member<&place::key>("Key", one_or_more.must())};
constexpr std::array code_members{member<&code::s3>("S3Location"), member<&code::inline_text>("Inline", one_or_more)};
constexpr std::array everything_members{
    member<&everything::name>("Name", one_or_more.must()),
    member<&everything::description>("Description"),
    member<&everything::note>("Note"),
    member<&everything::label>("Label"),
    member<&everything::status>("Status"),
    member<&everything::count>("Count", rules{.min = 5}),
    member<&everything::always>("Always"),
    member<&everything::lasting>("Lasting"),
    member<&everything::latest>("Latest"),
    member<&everything::when>("When"),
    member<&everything::groups>("Groups", of_groups),
    member<&everything::subnets>("Subnets"),
    member<&everything::variables>("Variables", sensitive_values),
    member<&everything::places>("Places"),
    member<&everything::source>("Code"),
    member<&everything::parameters>("Parameters", rules{.sensitive = true}),
    member<&everything::token>("ClientToken", rules{.idempotency_token = true, .min = 1}),
    member<&everything::secret>("Secret", hidden),
};

}  // namespace

template <>
const structure protocol::described<place>::value{place_members};
template <>
const structure protocol::described<code>::value{code_members, true};
template <>
const structure protocol::described<everything>::value{everything_members};

namespace {

everything full() {
  everything out{"n"};
  out.note = "";
  out.label = text{"l"};
  out.status = mwaa::task_instance_status::up_for_retry;
  out.count = 5;
  out.lasting = 90s;
  out.latest = false;
  out.when = std::chrono::system_clock::time_point{1763380800s + 250ms};
  out.groups = {"sg-1", "sg-2"};
  out.subnets.emplace();
  out.variables = {{"A", "se"}, {"B", "cr3t"}};
  out.places.emplace_back("bkt", "k");
  out.source.emplace().s3.emplace("bucket", "key");
  out.parameters = json_text{R"({"day": [1, 2]})"};
  out.token = "t";
  out.secret = "hush";
  return out;
}

const std::string full_json =
    R"({"Name":"n","Note":"","Label":"l","Status":"UP_FOR_RETRY","Count":5,"Always":0,"Lasting":90,"Latest":false,)"
    R"("When":"2025-11-17T12:00:00.250000Z","Groups":["sg-1","sg-2"],"Subnets":[],"Variables":{"A":"se","B":"cr3t"},)"
    R"("Places":[{"Bucket":"bkt","Key":"k"}],"Code":{"S3Location":{"Bucket":"bucket","Key":"key"}},)"
    R"("Parameters":{"day": [1, 2]},"ClientToken":"t","Secret":"hush"})";

std::string refusal(const everything& value) {
  const auto wrong = protocol::check(structure_view{value});
  if (!wrong) return {};
  CHECK(wrong->code == mwaa::errc::invalid_argument);
  return wrong->message;
}

}  // namespace

TEST_CASE("describe: a structure becomes JSON, with what is present, in the order of its table") {
  CHECK(protocol::encode(structure_view{full()}) == full_json);
  CHECK(protocol::encode(structure_view{everything{""}}) == R"({"Name":"","Always":0})");
}

TEST_CASE("describe: what was written reads back") {
  auto got = protocol::blank<everything>();
  const auto wrong = protocol::read_json(full_json, protocol::described<everything>::value, &got);
  if (wrong) FAIL(wrong->message());
  everything wanted = full();
  wanted.parameters = json_text{R"({"day":[1,2]})"};  // the blanks go
  CHECK(got == wanted);
}

TEST_CASE("describe: times have the sign of UTC that is asked for") {
  everything value{"n"};
  value.when = std::chrono::system_clock::time_point{-1s};
  protocol::writing_options options;
  options.zone = mwaa::strings::utc_sign::offset;
  CHECK(protocol::encode(structure_view{value}, options) ==
        R"({"Name":"n","Always":0,"When":"1969-12-31T23:59:59+00:00"})");
}

TEST_CASE("describe: logs show no sensitive member, and steer no terminal") {
  everything value = full();
  value.description = "a\x1b[31m\u202e";
  const std::string shown = protocol::for_logs(structure_view{value});
  CHECK(shown.find("hush") == std::string::npos);
  CHECK(shown.find("cr3t") == std::string::npos);
  CHECK(shown.find("day") == std::string::npos);
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find("\u202e") == std::string::npos);
  CHECK(shown.find(R"("Variables":{"A":"***","B":"***"})") != std::string::npos);
  CHECK(shown.find(R"("Parameters":"***")") != std::string::npos);
  CHECK(shown.find(R"("Secret":"***")") != std::string::npos);
}

TEST_CASE("describe: minima are checked at any depth, as the AWS CLI does, and nothing else") {
  CHECK(refusal(full()).empty());
  struct row {
    void (*change)(everything&);
    const char* message;
  };
  const row rows[]{
      {[](everything& v) { v.name.clear(); },
       "Invalid length for parameter Name, value '': length 0, valid min length: 1"},
      {[](everything& v) { v.count = 4; }, "Invalid value for parameter Count, value: 4, valid min value: 5"},
      {[](everything& v) { v.groups[1] = "ab"; },
       "Invalid length for parameter Groups[1], value 'ab': length 2, valid min length: 3"},
      {[](everything& v) { v.places[0].bucket = "x"; },
       "Invalid length for parameter Places[0].Bucket, value 'x': length 1, valid min length: 3"},
      {[](everything& v) { v.source->s3->key.clear(); },
       "Invalid length for parameter Code.S3Location.Key, value '': length 0, valid min length: 1"},
      {[](everything& v) { v.variables[""] = "value"; },
       "Invalid length for parameter Variables[''], value '': length 0, valid min length: 1"},
      {[](everything& v) { v.variables["K"] = "x"; },
       "Invalid length for parameter Variables['K'], value '***': length 1, valid min length: 2"},
      {[](everything& v) { v.secret = "x"; },
       "Invalid length for parameter Secret, value '***': length 1, valid min length: 2"},
      {[](everything& v) { v.source->inline_text = "both"; },
       "Invalid number of parameters set for tagged union structure Code: 2, must be exactly 1"},
      {[](everything& v) { v.source->s3.reset(); },
       "Invalid number of parameters set for tagged union structure Code: 0, must be exactly 1"},
      {[](everything& v) {
         for (int i = 0; i < 100; ++i) v.variables[std::to_string(i)] = "over the maximum";
       },
       ""},
  };
  for (const row& each : rows) {
    everything value = full();
    each.change(value);
    CHECK(refusal(value) == each.message);
  }
}

TEST_CASE("describe: text can be assigned to each kind of it") {
  auto value = protocol::blank<everything>();
  for (const auto& row : everything_members) {
    if (row.type->is != protocol::value_type::form::text) continue;
    protocol::assign(*row.type, protocol::make(*row.type, row.at(&value)), "SUCCESS");
  }
  CHECK(value.name == "SUCCESS");
  CHECK(value.note == "SUCCESS");
  CHECK(value.label == "SUCCESS");
  CHECK(value.status == mwaa::task_instance_status::success);
  CHECK(value.token == "SUCCESS");
}

TEST_CASE("describe: a task instance prints as JSON") {
  mwaa::task_instance task;
  task.task_instance_id = text{"extract"};
  task.status = mwaa::task_instance_status::running;
  task.duration_in_seconds = 7s;
  std::ostringstream out;
  out << task;
  CHECK(out.str() == R"({"TaskInstanceId":"extract","Status":"RUNNING","DurationInSeconds":7})");
}

TEST_CASE("describe: the operations and the errors of the model") {
  CHECK(protocol::operations.size() == 16);
  REQUIRE(protocol::find_operation("StopWorkflowRun") != nullptr);
  CHECK(protocol::find_operation("StopWorkflowRun")->target == "AmazonMWAAServerless.StopWorkflowRun");
  CHECK(protocol::find_operation("StopWorkflow") == nullptr);
  CHECK(protocol::modelled_errors().size() == 8);
  for (const auto& each : protocol::modelled_errors()) {
    CAPTURE(each.name);
    CHECK(protocol::find_error(each.name) == &each);
    CHECK(protocol::find_error(each.http_status) == &each);
    CHECK(each.members.members.front().name == "Message");
  }
  CHECK(protocol::find_error("SlowDown") == nullptr);
}

TEST_CASE("json_text: is one JSON value") {
  CHECK(json_text{" {\"a\": 1}\n"}.view() == "{\"a\": 1}");
  CHECK(json_text{"null"}.view() == "null");
  CHECK(json_text{"1"} == json_text{" 1 "});
  CHECK(json_text{}.view().empty());
  for (const char* wrong : {"", "  ", "{", "{} {}", "nul", "{'a': 1}", "[1,]", "\"a"}) {
    CAPTURE(wrong);
    try {
      (void)json_text{wrong};
      FAIL("taken");
    } catch (const mwaa::exception& refused) {
      CHECK(refused.code() == mwaa::errc::invalid_argument);
      CHECK(refused.details().message.starts_with("not a JSON value: "));
    }
  }
  std::string deep(40, '[');
  deep.append(40, ']');
  CHECK_THROWS_AS(json_text{deep}, mwaa::exception);
}
