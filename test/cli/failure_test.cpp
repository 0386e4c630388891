// Errors in the AWS CLI's wording: aws-cli 2.36.7 as observed, and its own unit tests of the formats.
#include "cli/failure.hpp"

#include <mwaa_serverless/error.hpp>
#include <string>

#include "doctest/doctest.h"

namespace cli = mwaa_serverless::cli;
namespace mwaa = mwaa_serverless;
using cli::error_format;
using cli::exit_code;
using cli::failure;

namespace {

constexpr const char* endpoint = "https://airflow-serverless.us-east-1.api.aws/";

std::string render(const failure& problem, error_format format = error_format::enhanced) {
  return problem.render(format, {});
}

mwaa::error service_error(mwaa::errc code, std::string name, int status, std::string message) {
  mwaa::error out{code, std::move(message)};
  out.aws_code = std::move(name);
  out.http_status = status;
  out.operation = "ListTaskInstances";
  return out;
}

mwaa::error throttled() {
  mwaa::error out = service_error(mwaa::errc::throttled, "ThrottlingException", 429, "Rate exceeded");
  out.service_code = "s";
  out.quota_code = "q";
  out.retry_after = std::chrono::seconds{1};
  out.attempts_exhausted = true;
  out.attempts.resize(3);
  return out;
}

mwaa::error invalid() {
  mwaa::error out = service_error(mwaa::errc::validation, "ValidationException", 400, "Bad");
  out.reason = "fieldValidationFailed";
  out.field_list = {{"RunId", "too odd"}};
  return out;
}

}  // namespace

TEST_CASE("a service error names the retries that ran out, and its modelled members") {
  const failure problem = failure::of(throttled(), endpoint);
  CHECK(problem.exit() == exit_code::service_error);
  CHECK(render(problem) ==
        "\nmwaa-serverless: [ERROR]: An error occurred (ThrottlingException) when calling the ListTaskInstances "
        "operation (reached max retries: 2): Rate exceeded\n"
        "\n"
        "Additional error details:\n"
        "ServiceCode: s\n"
        "QuotaCode: q\n"
        "RetryAfterSeconds: 1\n");
  CHECK(render(problem, error_format::legacy) ==
        "\nmwaa-serverless: [ERROR]: An error occurred (ThrottlingException) when calling the ListTaskInstances "
        "operation (reached max retries: 2): Rate exceeded\n");
}

TEST_CASE("members with parts are named, and shown in the structured formats") {
  const failure problem = failure::of(invalid(), endpoint);
  CHECK(render(problem) ==
        "\nmwaa-serverless: [ERROR]: An error occurred (ValidationException) when calling the ListTaskInstances "
        "operation: Bad\n"
        "\n"
        "Additional error details:\n"
        "Reason: fieldValidationFailed\n"
        "FieldList: <complex value>, --cli-error-format json recommended for full details\n");
  CHECK(render(problem, error_format::json) == R"({
    "Message": "Bad",
    "Code": "ValidationException",
    "Reason": "fieldValidationFailed",
    "FieldList": [
        {
            "Name": "RunId",
            "Message": "too odd"
        }
    ]
}
)");
  CHECK(render(problem, error_format::yaml) ==
        "Code: ValidationException\nFieldList:\n- Message: too odd\n  Name: RunId\nMessage: Bad\nReason: "
        "fieldValidationFailed\n");
  CHECK(render(problem, error_format::text) ==
        "ValidationException\tBad\tfieldValidationFailed\nFIELDLIST\ttoo odd\tRunId\n");
  CHECK(render(problem, error_format::table).find("|  ValidationException |") != std::string::npos);
}

TEST_CASE("members that the model does not give an error are not shown") {
  mwaa::error denied = service_error(mwaa::errc::access_denied, "AccessDeniedException", 403, "No");
  denied.reason = "unmodelled";
  denied.resource_id = "unmodelled";
  CHECK(render(failure::of(denied, endpoint)) ==
        "\nmwaa-serverless: [ERROR]: An error occurred (AccessDeniedException) when calling the ListTaskInstances "
        "operation: No\n");

  mwaa::error missing = service_error(mwaa::errc::resource_not_found, "ResourceNotFoundException", 404, "Gone");
  missing.resource_id = "i";
  missing.resource_type = "t";
  CHECK(render(failure::of(missing, endpoint)).ends_with("\nResourceId: i\nResourceType: t\n"));
}

TEST_CASE("an answer without a name goes by its status") {
  mwaa::error page = service_error(mwaa::errc::other_service_error, "", 502, "<html>");
  const failure problem = failure::of(page, endpoint);
  CHECK(problem.exit() == exit_code::service_error);
  CHECK(render(problem) ==
        "\nmwaa-serverless: [ERROR]: An error occurred (502) when calling the ListTaskInstances operation: <html>\n");
}

TEST_CASE("what is not the service's") {
  using mwaa::errc;
  struct expectation {
    errc code;
    exit_code exit;
    std::string line;
  };
  const expectation expectations[] = {
      {errc::no_region, exit_code::configuration,
       "An error occurred (NoRegion): You must specify a region. Give --region or set AWS_REGION."},
      {errc::no_credentials, exit_code::configuration,
       "An error occurred (NoCredentials): Unable to locate credentials. (why)"},
      {errc::no_profile, exit_code::failure, "why"},
      {errc::invalid_argument, exit_code::usage,
       "An error occurred (ParamValidation): Parameter validation failed:\nwhy"},
      {errc::connect_failed, exit_code::failure,
       "Could not connect to the endpoint URL: \"https://airflow-serverless.us-east-1.api.aws/\" (why)"},
      {errc::resolve_failed, exit_code::failure,
       "Could not connect to the endpoint URL: \"https://airflow-serverless.us-east-1.api.aws/\" (why)"},
      {errc::connect_timeout, exit_code::failure,
       "Connect timeout on endpoint URL: \"https://airflow-serverless.us-east-1.api.aws/\""},
      {errc::attempt_timeout, exit_code::failure,
       "Read timeout on endpoint URL: \"https://airflow-serverless.us-east-1.api.aws/\""},
      {errc::connection_lost, exit_code::failure,
       "Connection was closed before we received a valid response from endpoint URL: "
       "\"https://airflow-serverless.us-east-1.api.aws/\" (why)"},
      {errc::tls_failed, exit_code::failure,
       "SSL validation failed for https://airflow-serverless.us-east-1.api.aws/ why"},
      {errc::repeated_page_token, exit_code::failure,
       "Error during pagination: The same next token was received twice"},
      {errc::malformed_response, exit_code::failure, "why"},
      {errc::invalid_configuration, exit_code::failure, "why"},
      {errc::invalid_page_token, exit_code::failure, "why"},
  };
  for (const expectation& one : expectations) {
    const failure problem = failure::of(mwaa::error{one.code, "why"}, endpoint);
    CAPTURE(one.line);
    CHECK(problem.exit() == one.exit);
    CHECK(render(problem) == "\nmwaa-serverless: [ERROR]: " + one.line + "\n");
  }
}

TEST_CASE("failures without a name are one line in every format; named ones lose it in legacy") {
  const failure unnamed{exit_code::failure, "something"};
  for (const auto format : {error_format::enhanced, error_format::legacy, error_format::json, error_format::yaml,
                            error_format::text, error_format::table})
    CHECK(render(unnamed, format) == "\nmwaa-serverless: [ERROR]: something\n");

  const failure named{exit_code::configuration, "NoRegion", "You must specify a region."};
  CHECK(render(named, error_format::legacy) == "\nmwaa-serverless: [ERROR]: You must specify a region.\n");
  CHECK(render(named, error_format::json) ==
        "{\n    \"Code\": \"NoRegion\",\n    \"Message\": \"You must specify a region.\"\n}\n");
  CHECK(render(named, error_format::text) == "NoRegion\tYou must specify a region.\n");
}

TEST_CASE("usage stands after what is wrong with the command line, and before unknown options") {
  const std::string usage =
      "usage: mwaa-serverless [options] <command> [parameters]\n"
      "To see help text, you can run:\n"
      "\n"
      "  mwaa-serverless --help\n"
      "  mwaa-serverless <command> --help\n";
  CHECK(render(failure::usage("the following arguments are required: --run-id")) ==
        "\nmwaa-serverless: [ERROR]: An error occurred (ParamValidation): the following arguments are required: "
        "--run-id\n\n" +
            usage + "\n");
  CHECK(render(failure::unknown_options("Unknown options: --foo")) ==
        "\n" + usage + "\n\nmwaa-serverless: [ERROR]: Unknown options: --foo\n");
  // Not in structured formats, which carry the sentence alone.
  CHECK(render(failure::usage("no"), error_format::text) == "ParamValidation\tno\n");
}
