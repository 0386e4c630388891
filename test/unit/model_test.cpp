// What the service's own structures are, beyond what model_test.py compares with the model.
#include <doctest/doctest.h>

#include <mwaa_serverless/model/airflow_ui.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <sstream>
#include <string>

#include "protocol/check.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/operation.hpp"

namespace mwaa = mwaa_serverless;
namespace protocol = mwaa_serverless::protocol;

namespace {

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

template <class T>
void decode_into(const std::string& text, T& into) {
  REQUIRE_FALSE(protocol::read_json(text, protocol::described<T>::value, &into));
}

}  // namespace

TEST_CASE("model: what is sensitive goes over the wire and not into a log") {
  const auto start =
      mwaa::start_workflow_run_request{"arn"}.with_override_parameters(mwaa::json_text{R"({"password": "hunter2"})"});
  CHECK(protocol::encode(protocol::structure_view{start}) ==
        R"({"WorkflowArn":"arn","OverrideParameters":{"password": "hunter2"}})");
  CHECK(printed(start) == R"({"WorkflowArn":"arn","OverrideParameters":"***"})");

  mwaa::get_workflow_run_response run;
  decode_into(R"({"RunId":"r","OverrideParameters":{"password":"hunter2"}})", run);
  CHECK(printed(run) == R"({"RunId":"r","OverrideParameters":"***"})");

  const auto create =
      mwaa::create_workflow_request{"w", mwaa::workflow_definition_location{"b", "k"}, "role"}.with_environment(
          mwaa::workflow_environment{}.with_variables({{"PASSWORD", "hunter2"}}));
  CHECK(protocol::encode(protocol::structure_view{create}).find("hunter2") != std::string::npos);
  CHECK(printed(create) == R"({"Name":"w","DefinitionS3Location":{"Bucket":"b","ObjectKey":"k"},"RoleArn":"role",)"
                           R"("Environment":{"Variables":{"PASSWORD":"***"}}})");

  mwaa::create_airflow_ui_url_response url;
  decode_into(R"({"AuthorizedUrl":"https://secret","SessionId":"0123","UrlExpiresAt":1764500000.5})", url);
  CHECK(url.authorized_url == "https://secret");
  CHECK(printed(url) == R"({"AuthorizedUrl":"***","SessionId":"***","UrlExpiresAt":"2025-11-30T10:53:20.500000Z"})");
}

TEST_CASE("model: an error of the local check tells nothing that is sensitive") {
  // The service's model has no sensitive member with a minimum among its inputs: the name of a variable is none.
  const auto create =
      mwaa::create_workflow_request{"w", mwaa::workflow_definition_location{"b", "k"}, "role"}.with_environment(
          mwaa::workflow_environment{}.with_variables({{"", "hunter2"}}));
  const auto refused = protocol::check(protocol::structure_view{create});
  REQUIRE(refused);
  CHECK(refused->message.find("Environment.Variables") != std::string::npos);
  CHECK(refused->message.find("hunter2") == std::string::npos);
}

TEST_CASE("model: a union has exactly one member") {
  auto create = mwaa::create_workflow_request{"w", mwaa::workflow_definition_location{"b", "k"}, "role"};
  create.code = mwaa::workflow_code{};
  const auto refused = protocol::check(protocol::structure_view{create});
  REQUIRE(refused);
  CHECK(refused->code == mwaa::errc::invalid_argument);
  CHECK(refused->message.find("Code") != std::string::npos);
  create.code->s3_location = mwaa::workflow_code_location{"bucket", "key"};
  CHECK_FALSE(protocol::check(protocol::structure_view{create}));
}

TEST_CASE("model: lengths are of characters") {
  auto create = mwaa::create_workflow_request{"w", mwaa::workflow_definition_location{"b", "k"}, "role"};
  create.code = mwaa::workflow_code{};
  create.code->s3_location = mwaa::workflow_code_location{"\xc3\xa9\xc3\xa9", "key"};  // four bytes
  const auto refused = protocol::check(protocol::structure_view{create});
  REQUIRE(refused);
  CHECK(refused->message ==
        "Invalid length for parameter Code.S3Location.Bucket, value '\xc3\xa9\xc3\xa9': length 2, "
        "valid min length: 3");
}

TEST_CASE("model: states in which a run stays") {
  using status = mwaa::workflow_run_status;
  for (const auto ends : {status::success, status::failed, status::timeout, status::stopped})
    CHECK(status{ends}.is_terminal());
  for (const auto goes_on : {status::unknown, status::starting, status::queued, status::running, status::stopping})
    CHECK_FALSE(status{goes_on}.is_terminal());
}
