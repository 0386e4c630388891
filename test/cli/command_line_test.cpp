#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "cli/failure.hpp"
#include "cli/invocation.hpp"
#include "doctest/doctest.h"
#include "support/aws_environment.hpp"

namespace cli = mwaa_serverless::cli;

namespace {

// Words are separated by blanks; `''` is an empty one.
std::vector<std::string> words(const std::string& line) {
  std::istringstream in{line};
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word == "''" ? std::string{} : word);
  return out;
}

cli::invocation parse(const std::string& line) {
  cli::error_format errors = cli::error_format::enhanced;
  return cli::parse_command_line(words(line), errors);
}

const std::string command = "list-task-instances --workflow-arn arn --run-id r ";

}  // namespace

TEST_CASE("a command line without options") {
  const test::aws_environment clean;
  const cli::invocation asked = parse(command);
  REQUIRE(asked.what != nullptr);
  CHECK(asked.what->name == "list-task-instances");
  CHECK(asked.what->operation == "ListTaskInstances");
  CHECK(asked.given.text("--workflow-arn") == "arn");
  CHECK(asked.given.text("--run-id") == "r");
  CHECK_FALSE(asked.given.integer("--max-results"));
  CHECK_FALSE(asked.given.text("--next-token"));
  CHECK(asked.pages.enabled);
  CHECK_FALSE(asked.pages.page_size);
  CHECK_FALSE(asked.pages.max_items);
  CHECK_FALSE(asked.pages.starting_token);
  CHECK_FALSE(asked.output);
  CHECK(asked.color == cli::color_choice::automatic);
  CHECK(asked.verify_tls);
  CHECK_FALSE(asked.debug);
  CHECK_FALSE(asked.connect_timeout);
  CHECK_FALSE(asked.read_timeout);
  CHECK_FALSE(asked.answer);
}

TEST_CASE("every option") {
  const test::aws_environment clean;
  const cli::invocation asked =
      parse(command +
            "--page-size 7 --max-items 12345678901 --starting-token tok --output table --region eu-west-1 --profile p "
            "--endpoint-url http://h:1 --ca-bundle f --no-verify-ssl --cli-connect-timeout 2 --cli-read-timeout 0 "
            "--color off --debug --no-cli-pager --no-cli-auto-prompt --cli-error-format json");
  CHECK(asked.pages.page_size == 7);
  CHECK(asked.pages.max_items == 12345678901U);
  CHECK(asked.pages.starting_token == "tok");
  CHECK(asked.output == cli::output_format::table);
  CHECK(asked.region == "eu-west-1");
  CHECK(asked.profile == "p");
  CHECK(asked.endpoint_url == "http://h:1");
  CHECK(asked.ca_bundle == "f");
  CHECK_FALSE(asked.verify_tls);
  CHECK(asked.connect_timeout == std::chrono::seconds{2});
  CHECK(asked.read_timeout == std::chrono::seconds{0});
  CHECK(asked.color == cli::color_choice::off);
  CHECK(asked.debug);
}

TEST_CASE("spellings that mean the same") {
  const test::aws_environment clean;
  CHECK(parse("--output text --debug " + command).output == cli::output_format::text);  // before the command
  CHECK(parse(command + "--output=text").output == cli::output_format::text);
  CHECK(parse(command + "--run-id other").given.text("--run-id") == "other");  // the last one counts
  CHECK(parse(command + "--run-id=x=y").given.text("--run-id") == "x=y");
  CHECK(parse(command + "--run-id '' --output text").given.text("--run-id")->empty());
  CHECK(parse(command + "--run-id= --output text").given.text("--run-id")->empty());
  CHECK(parse(command + "--run-id [a,b]").given.text("--run-id") == "[a,b]");
  CHECK(parse(command + "--run-id {}").given.text("--run-id") == "{}");
  CHECK(parse(command + "--run-id -x").given.text("--run-id") == "-x");
  CHECK(parse(command + "--max-items +3").pages.max_items == 3U);
  CHECK(parse(command + "--page-size -1").pages.page_size == -1);  // the library refuses it
}

TEST_CASE("the service's own paging parameters, and --no-paginate, mean one page") {
  const test::aws_environment clean;
  CHECK_FALSE(parse(command + "--no-paginate").pages.enabled);
  CHECK_FALSE(parse(command + "--max-results 5").pages.enabled);
  CHECK(parse(command + "--max-results 5").given.integer("--max-results") == 5);
  CHECK_FALSE(parse(command + "--next-token t").pages.enabled);
  CHECK(parse(command + "--next-token ''").given.text("--next-token") == "");
}

TEST_CASE("the environment chooses the form of errors where the command line does not") {
  const test::aws_environment set{{{"AWS_CLI_ERROR_FORMAT", "LEGACY"}}};
  cli::error_format errors = cli::error_format::enhanced;
  static_cast<void>(cli::parse_command_line(words(command), errors));
  CHECK(errors == cli::error_format::legacy);
  static_cast<void>(cli::parse_command_line(words(command + "--cli-error-format yaml"), errors));
  CHECK(errors == cli::error_format::yaml);
}

TEST_CASE("help and version are answers") {
  const test::aws_environment clean;
  for (const char* line : {"--help", "-h", "help"}) {
    const auto asked = parse(line);
    REQUIRE(asked.answer);
    CHECK(asked.answer->find("list-task-instances") != std::string::npos);
    CHECK(asked.answer->find("--endpoint-url") != std::string::npos);
  }
  for (const char* line : {"list-task-instances --help", "list-task-instances help"}) {
    const auto asked = parse(line);
    REQUIRE(asked.answer);
    CHECK(asked.answer->find("mwaa-serverless list-task-instances") != std::string::npos);
    for (const auto* flag : {"--workflow-arn", "--run-id", "--max-results", "--next-token", "--page-size",
                             "--max-items", "--starting-token"})
      CHECK(asked.answer->find(flag) != std::string::npos);
  }
  CHECK(parse("--version").answer->starts_with("mwaa-serverless/"));
}

TEST_CASE("what is refused, with which words") {
  const test::aws_environment clean;
  struct refusal {
    std::string line;
    std::string message;
  };
  const std::string all_commands =
      "create-airflow-ui-url, create-workflow, delete-workflow, get-task-instance, get-workflow, get-"
      "workflow-run, list-tags-for-resource, list-task-instances, list-workflow-runs, list-workflow-"
      "versions, list-workflows, start-workflow-run, stop-workflow-run, tag-resource, untag-resource, "
      "update-workflow, wait, watch, configure, completions";
  const refusal refusals[] = {
      {"", "the following arguments are required: command"},
      {"list-task-instances", "the following arguments are required: --workflow-arn, --run-id"},
      {"list-task-instances --run-id r", "the following arguments are required: --workflow-arn"},
      {"get-workflows", "argument command: Found invalid choice 'get-workflows'\n\nValid choices are: " + all_commands},
      {"get-workflows --help",
       "argument command: Found invalid choice 'get-workflows'\n\nValid choices are: " + all_commands},
      {"list-task-instances --workflow-arn a --run-id", "argument --run-id: expected one argument"},
      {"list-task-instances --workflow-arn a --run-id --debug", "argument --run-id: expected one argument"},
      {command + "--output", "argument --output: expected one argument"},
      {command + "--output --debug", "argument --output: expected one argument"},
      {command + "--foo bar", "Unknown options: --foo, bar"},
      {command + "extra", "Unknown options: extra"},
      {command + "list-task-instances", "Unknown options: list-task-instances"},
      {"--bogus", "Unknown options: --bogus"},
      {command + "--output xml",
       "argument --output: Found invalid choice 'xml'\n\nValid choices are: json, text, table, yaml"},
      {command + "--color blue", "argument --color: Found invalid choice 'blue'\n\nValid choices are: on, off, auto"},
      {command + "--cli-error-format x",
       "argument --cli-error-format: Found invalid choice 'x'\n\nValid choices are: enhanced, legacy, json, yaml, "
       "text, table"},
      {command + "--page-size x", "argument --page-size: invalid int value: 'x'"},
      {command + "--page-size 3000000000", "argument --page-size: invalid int value: '3000000000'"},
      {command + "--max-results 1.5", "argument --max-results: invalid int value: '1.5'"},
      {command + "--max-items ''", "argument --max-items: invalid int value: ''"},
      {command + "--max-items -1",
       "Parameter validation failed:\nInvalid value for parameter --max-items, value: -1, valid min value: 0"},
      {command + "--no-paginate --page-size 2 --starting-token x",
       "Cannot specify --no-paginate along with pagination arguments: --starting-token, --page-size"},
      {command + "--max-results 2 --max-items 2",
       "Cannot specify --no-paginate along with pagination arguments: --max-items"},
      {command + "--endpoint-url localhost",
       "Bad value for --endpoint-url \"localhost\": scheme is missing.  Must be of the form http://<hostname>/ or "
       "https://<hostname>/"},
      {command + "--cli-read-timeout -1", "--cli-read-timeout -1: must not be negative"},
      {command + "--query x",
       "--query is an option of the AWS CLI that mwaa-serverless does not offer: print JSON and filter it, for "
       "example with jq"},
      {command + "--no-sign-request",
       "--no-sign-request is an option of the AWS CLI that mwaa-serverless does not offer: the service takes signed "
       "requests only"},
  };
  for (const refusal& one : refusals) {
    CAPTURE(one.line);
    try {
      parse(one.line);
      FAIL_CHECK("was accepted");
    } catch (const cli::failure& problem) {
      CHECK(problem.what() == one.message);
      CHECK(problem.exit() == cli::exit_code::usage);
    }
  }
}

TEST_CASE("help names the global options, the exit codes and an example, in plain text") {
  const test::aws_environment clean;
  for (const char* line : {"--help", "help", "list-task-instances --help", "list-task-instances help",
                           "configure --help", "configure list --help"}) {
    CAPTURE(line);
    const auto asked = parse(line);
    REQUIRE(asked.answer);
    for (const char* part : {"--region", "--output", "--debug", "--cli-read-timeout", "Exit codes:\n  0 ", "\n  130 ",
                             "\n  252 ", "\n  253 ", "\n  254 ", "\n  255 "})
      CHECK(asked.answer->find(part) != std::string::npos);
    CHECK((asked.answer->find("Example:\n  mwaa-serverless list-task-instances ") == std::string::npos) ==
          std::string{line}.starts_with("configure"));
    CHECK(std::ranges::all_of(*asked.answer, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
}

TEST_CASE("a broken setting in the environment is no usage error") {
  const test::aws_environment set{{{"AWS_CLI_ERROR_FORMAT", "xml"}}};
  try {
    parse(command);
    FAIL_CHECK("was accepted");
  } catch (const cli::failure& problem) {
    CHECK(problem.exit() == cli::exit_code::failure);
    CHECK(std::string{problem.what()}.find("xml") != std::string::npos);
  }
}

TEST_CASE("a command line that fails is told in the format that it asks for") {
  const test::aws_environment clean;
  cli::error_format errors = cli::error_format::enhanced;
  CHECK_THROWS_AS(cli::parse_command_line(words("--cli-error-format json list-task-instances --run-id"), errors),
                  cli::failure);
  CHECK(errors == cli::error_format::json);
}
