// The whole program, from its arguments to its exit code, against the emulator in memory.
#include "cli/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <mwaa_serverless/testing/emulator.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "doctest/doctest.h"
#include "support/aws_environment.hpp"

namespace asio = boost::asio;
namespace cli = mwaa_serverless::cli;
namespace json = boost::json;
namespace mwaa = mwaa_serverless;
using cli::exit_code;
using mwaa::testing::emulator;
using mwaa::testing::fault;

namespace {

const std::map<std::string, std::string> keys = {{"AWS_ACCESS_KEY_ID", "AKIDEMULATOR"},
                                                 {"AWS_SECRET_ACCESS_KEY", "emulator-secret-key"},
                                                 {"AWS_REGION", "us-east-1"}};

class program {
 public:
  program() {
    around.out = [this](std::string_view bytes) { out += bytes; };
    around.err = [this](std::string_view bytes) { err += bytes; };
    around.adjust = [this](mwaa::client_config& config) {
      if (!config.network) config.network = network;
      seen = config;
      config.retry.base_delay = std::chrono::milliseconds{1};
      config.retry.throttling_base_delay = std::chrono::milliseconds{1};
      config.retry.max_hint = std::chrono::milliseconds{0};
    };
  }

  exit_code run(std::vector<std::string> args) {
    out.clear();
    err.clear();
    return cli::run_program(std::move(args), around);
  }
  exit_code list(const std::string& run_id, std::vector<std::string> more = {}) {
    std::vector<std::string> args{"list-task-instances", "--workflow-arn", emulator::default_workflow_arn, "--run-id",
                                  run_id};
    args.insert(args.end(), more.begin(), more.end());
    return run(std::move(args));
  }
  [[nodiscard]] json::object output() const { return json::parse(out).as_object(); }

  emulator service;
  std::shared_ptr<mwaa::transport> network = service.in_memory_transport();
  cli::process_environment around;
  std::string out;
  std::string err;
  mwaa::client_config seen;  // the settings that the program made of flags and environment
};

std::vector<std::string> ids(const json::object& listing) {
  std::vector<std::string> all;
  for (const json::value& item : listing.at("TaskInstances").as_array())
    all.emplace_back(item.as_object().at("TaskInstanceId").as_string());
  return all;
}

long lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

// Answers one request after the other; the last answer repeats.
class scripted_network final : public mwaa::transport {
 public:
  explicit scripted_network(std::vector<std::string> bodies, int status = 200)
      : bodies_(std::move(bodies)), status_(status) {}

  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request& request,
                                                          mwaa::clock::time_point) override {
    requests.emplace_back(request.bytes().substr(request.bytes().find("\r\n\r\n") + 4));
    mwaa::http_response response;
    response.status = status_;
    response.body = bodies_[std::min(requests.size(), bodies_.size()) - 1];
    co_return response;
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }

  std::vector<std::string> requests;  // their bodies

 private:
  std::vector<std::string> bodies_;
  int status_;
};

// Time that passes only while somebody waits.
class leaping_clock final : public mwaa::clock {
 public:
  time_point now() const noexcept override { return now_; }
  wall_time_point wall_now() const noexcept override { return wall_time_point::clock::now(); }
  asio::awaitable<void> sleep_until(time_point when) override {
    now_ = std::max(now_, when);
    co_return;
  }

 private:
  time_point now_ = time_point::clock::now();
};

// A network that never answers, and a person who presses Ctrl-C.
class interrupted_network final : public mwaa::transport {
 public:
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request&, mwaa::clock::time_point) override {
    asio::steady_timer forever{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    std::raise(SIGINT);
    co_await forever.async_wait(asio::use_awaitable);
    co_return mwaa::error{mwaa::errc::connect_failed, "was not cancelled"};
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }
};

}  // namespace

TEST_CASE("all pages are fetched and merged") {
  const test::aws_environment set{keys};
  program p;
  CHECK(p.list(emulator::run_finished) == exit_code::success);
  CHECK(p.err.empty());
  auto all = ids(p.output());
  CHECK(all.size() == 250);
  std::ranges::sort(all);
  CHECK(std::ranges::unique(all).begin() == all.end());
  CHECK_FALSE(p.output().contains("NextToken"));
  CHECK(p.out.starts_with("{\n    \"TaskInstances\": [\n        {\n            \"WorkflowArn\": \"arn:"));
  CHECK(p.out.ends_with("        }\n    ]\n}\n"));
  CHECK(p.service.request_count() == 13);  // 20 a page

  CHECK(p.list(emulator::run_finished, {"--page-size", "100"}) == exit_code::success);
  CHECK(p.service.request_count() == 16);
}

TEST_CASE("an empty run") {
  const test::aws_environment set{keys};
  program p;
  CHECK(p.list(emulator::run_empty) == exit_code::success);
  CHECK(p.out == "{\n    \"TaskInstances\": []\n}\n");
  CHECK(p.list(emulator::run_empty, {"--output", "text"}) == exit_code::success);
  CHECK(p.out.empty());
}

TEST_CASE("a response without a list prints as the AWS CLI prints it") {
  const test::aws_environment set{keys};
  const std::string titled = "-------------------\n|ListTaskInstances|\n+-----------------+\n";
  struct row {
    std::string body;
    const char* output;
    bool paginate;
    std::string wanted;
  };
  std::vector<row> rows;
  for (const char* body : {"{}", R"({"TaskInstances":null})", R"({"Other":1})"}) {
    for (const bool paginate : {true, false}) {
      for (const char* output : {"json", "table"}) rows.push_back({body, output, paginate, ""});
      rows.push_back({body, "text", paginate, paginate ? "None\n" : ""});
    }
  }
  for (const bool paginate : {true, false}) {
    rows.push_back({R"({"TaskInstances":[]})", "json", paginate, "{\n    \"TaskInstances\": []\n}\n"});
    rows.push_back({R"({"TaskInstances":[]})", "table", paginate, titled});
    rows.push_back({R"({"TaskInstances":[]})", "text", paginate, ""});
  }
  rows.push_back({R"({"NextToken":""})", "json", true, ""});
  rows.push_back({R"({"NextToken":""})", "json", false, "{\n    \"NextToken\": \"\"\n}\n"});
  rows.push_back({R"({"NextToken":""})", "text", false, "\n"});
  for (const row& each : rows) {
    CAPTURE(each.body);
    CAPTURE(each.output);
    CAPTURE(each.paginate);
    program p;
    p.network = std::make_shared<scripted_network>(std::vector{each.body});
    std::vector<std::string> more{"--output", each.output};
    if (!each.paginate) more.emplace_back("--no-paginate");
    CHECK(p.list("r", more) == exit_code::success);
    CHECK(p.out == each.wanted);
    CHECK(p.err.empty());
  }
}

TEST_CASE("--max-items 0 fetches a page, prints none of it, and says how to get it") {
  const test::aws_environment set{keys};
  const std::string two = R"({"TaskInstances":[{"TaskInstanceId":"a"},{"TaskInstanceId":"b"}],"NextToken":"n"})";
  // {"NextToken": null, "boto_truncate_amount": 0}, then with 1, then {"NextToken": "n"}
  const std::string start = "eyJOZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAwfQ==";
  const std::string second = "eyJOZXh0VG9rZW4iOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ==";
  const std::string page_n = "eyJOZXh0VG9rZW4iOiAibiJ9";
  const auto cut = [](const std::string& token) {
    return "{\n    \"TaskInstances\": [],\n    \"NextToken\": \"" + token + "\"\n}\n";
  };
  struct row {
    std::string body;
    std::string from;
    const char* output;
    std::string wanted;
  };
  const row rows[] = {
      {two, "", "json", cut(start)},
      {two, "", "text", "NEXTTOKEN\t" + start + '\n'},
      {two, start, "json", cut(start)},
      {two, second, "json", cut(second)},
      {R"({"TaskInstances":[],"NextToken":"n"})", "", "json", cut(page_n)},
      {R"({"TaskInstances":[]})", "", "json", "{\n    \"TaskInstances\": []\n}\n"},
      {R"({"TaskInstances":[]})", "", "text", ""},
      {"{}", "", "json", ""},
  };
  for (const row& each : rows) {
    CAPTURE(each.body);
    CAPTURE(each.from);
    program p;
    const auto network = std::make_shared<scripted_network>(std::vector{each.body});
    p.network = network;
    std::vector<std::string> more{"--max-items", "0", "--output", each.output};
    if (!each.from.empty()) more.insert(more.end(), {"--starting-token", each.from});
    CHECK(p.list("r", more) == exit_code::success);
    CHECK(p.out == each.wanted);
    CHECK(network->requests.size() == 1);
  }
}

TEST_CASE("starting tokens of older AWS CLIs") {
  const test::aws_environment set{keys};
  const std::string page = R"({"TaskInstances":[{"TaskInstanceId":"a"},{"TaskInstanceId":"b"}]})";
  struct row {
    const char* token;
    std::string sent;
    std::vector<std::string> items;
  };
  const std::string first = "{\"WorkflowArn\":\"" + std::string{emulator::default_workflow_arn} + "\",\"RunId\":\"r\"";
  const row rows[] = {
      {"None", first + "}", {"a", "b"}},
      {"None___1", first + "}", {"b"}},
      {"tok___1", first + R"(,"NextToken":"tok"})", {"b"}},
      {"tok___x", first + R"(,"NextToken":"tok___x"})", {"a", "b"}},
      {"tok", first + R"(,"NextToken":"tok"})", {"a", "b"}},
      {"eyJOZXh0VG9rZW4iOiAiTm9uZSJ9", first + "}", {"a", "b"}},  // {"NextToken": "None"}
      {"", first + R"(,"NextToken":""})", {"a", "b"}},
  };
  for (const row& each : rows) {
    CAPTURE(each.token);
    program p;
    const auto network = std::make_shared<scripted_network>(std::vector{page});
    p.network = network;
    CHECK(p.list("r", {"--starting-token", each.token}) == exit_code::success);
    REQUIRE(network->requests.size() == 1);
    CHECK(network->requests[0] == each.sent);
    CHECK(ids(p.output()) == each.items);
  }
}

TEST_CASE("parameters in files, as the AWS CLI reads them") {
  auto variables = keys;
  const auto folder = std::filesystem::temp_directory_path() / ("mwaa_cli_files." + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "it's");
  std::ofstream{folder / "id"} << "from-a-file";
  std::ofstream{folder / "lines"} << "a\r\nb\rc\n";
  std::ofstream{folder / "binary"} << "\xff\xfe";
  std::ofstream{folder / "five"} << "5\n";
  variables["HOME"] = folder.string();
  const test::aws_environment set{variables};
  program p;
  const auto network = std::make_shared<scripted_network>(std::vector<std::string>{R"({"TaskInstances":[]})"});
  p.network = network;

  const std::string path = folder.string();
  struct sent {
    std::string run_id;
    std::vector<std::string> more;
    std::string part;
  };
  const sent accepted[] = {
      {"file://" + path + "/id", {}, R"("RunId":"from-a-file")"},
      {"file://" + path + "/lines", {}, R"("RunId":"a\nb\nc\n")"},
      {"file://~/id", {}, R"("RunId":"from-a-file")"},
      {"file://$HOME/id", {}, R"("RunId":"from-a-file")"},
      {"file://${HOME}/id", {}, R"("RunId":"from-a-file")"},
      {"FILE://x", {}, R"("RunId":"FILE://x")"},
      {"r", {"--max-results", "file://" + path + "/five"}, R"("MaxResults":5)"},
      {"r", {"--max-results", "fileb://" + path + "/five"}, R"("MaxResults":5)"},
      {"r", {"--next-token", "file://" + path + "/id"}, R"("NextToken":"from-a-file")"},
      {"r", {"--starting-token", "file://" + path + "/id"}, R"("NextToken":"from-a-file")"},
      {"r", {"--workflow-arn", "file://" + path + "/id"}, R"("WorkflowArn":"from-a-file")"},
  };
  for (const sent& each : accepted) {
    CAPTURE(each.run_id);
    CAPTURE(each.part);
    network->requests.clear();
    CHECK(p.list(each.run_id, each.more) == exit_code::success);
    REQUIRE(network->requests.size() == 1);
    CHECK(network->requests[0].find(each.part) != std::string::npos);
  }

  struct refusal {
    std::string run_id;
    std::vector<std::string> more;
    std::string message;
  };
  const std::string unable = "Error parsing parameter '--run-id': Unable to load paramfile ";
  const refusal refused[] = {
      {"file:///nonexistent", {}, unable + "file:///nonexistent: [Errno 2] No such file or directory: '/nonexistent'"},
      {"fileb:///nonexistent",
       {},
       unable + "fileb:///nonexistent: [Errno 2] No such file or directory: '/nonexistent'"},
      {"file://", {}, unable + "file://: [Errno 2] No such file or directory: ''"},
      {"file://" + path, {}, unable + "file://" + path + ": [Errno 21] Is a directory: '" + path + "'"},
      {"file://~/it's/x", {}, unable + "file://~/it's/x: [Errno 2] No such file or directory: \"" + path + "/it's/x\""},
      {"file://${NOPE}/x", {}, unable + "file://${NOPE}/x: [Errno 2] No such file or directory: '${NOPE}/x'"},
      {"file://" + path + "/binary",
       {},
       unable + "(" + path +
           "/binary), text contents could not be decoded.  If this is a binary file, please use the fileb:// prefix "
           "instead of the file:// prefix."},
      {"fileb://" + path + "/id",
       {},
       unable + "fileb://" + path + "/id: fileb:// gives bytes, and the parameter is text: use file://"},
      {"r", {"--page-size", "file://" + path + "/five"}, "argument --page-size: invalid int value: 'file://"},
      {"r", {"--max-items", "file://" + path + "/five"}, "argument --max-items: invalid int value: 'file://"},
      {"r", {"--max-results", "file://" + path + "/id"}, "argument --max-results: invalid int value: 'from-a-file'"},
      {"r",
       {"--starting-token", "file:///nonexistent"},
       "Error parsing parameter '--starting-token': Unable to load paramfile file:///nonexistent: "},
  };
  network->requests.clear();
  for (const refusal& each : refused) {
    CAPTURE(each.message);
    CHECK(p.list(each.run_id, each.more) == exit_code::usage);
    CHECK(p.err.find("An error occurred (ParamValidation): " + each.message) != std::string::npos);
  }
  CHECK(network->requests.empty());
  std::filesystem::remove_all(folder);
}

TEST_CASE("the format of output: option, environment, profile, JSON") {
  const auto config = std::filesystem::temp_directory_path() / ("mwaa_cli_output." + std::to_string(::getpid()));
  std::ofstream{config} << "[default]\noutput = text\n[profile t]\noutput = table\n[profile n]\nregion = us-east-1\n"
                           "[profile x]\noutput = xml\n";
  struct row {
    const char* option;
    const char* variable;
    const char* profile;
    const char* begins;
  };
  const row rows[] = {
      {"", "", "", "TASKINSTANCES\t"}, {"", "", "t", "-----"},     {"", "", "n", "{\n"},
      {"", "json", "", "{\n"},         {"", "json", "t", "{\n"},   {"", "json", "x", "{\n"},
      {"table", "json", "", "-----"},  {"json", "xml", "", "{\n"}, {"text", "", "x", "TASKINSTANCES\t"},
  };
  const auto environment = [&](const row& each) {
    auto out = keys;
    out["AWS_CONFIG_FILE"] = config.string();
    if (*each.variable != '\0') out["AWS_DEFAULT_OUTPUT"] = each.variable;
    if (*each.profile != '\0') out["AWS_PROFILE"] = each.profile;
    return out;
  };
  program p;
  for (const row& each : rows) {
    CAPTURE(each.option);
    CAPTURE(each.variable);
    CAPTURE(each.profile);
    const test::aws_environment set{environment(each)};
    std::vector<std::string> more;
    if (*each.option != '\0') more = {"--output", each.option};
    CHECK(p.list(emulator::run_failed, more) == exit_code::success);
    CHECK(p.out.starts_with(each.begins));
  }
  const auto sent = p.service.request_count();
  {
    const test::aws_environment set{environment({"", "", "x", ""})};
    CHECK(p.list(emulator::run_failed) == exit_code::failure);
    CHECK(p.err.find("Unknown output type: xml (" + config.string() +
                     ", line 8: output; there is json, text, table, yaml)") != std::string::npos);
    CHECK(p.run({"configure", "list", "--debug"}) == exit_code::success);
    CHECK(p.err.find("output = xml  # " + config.string() + ", line 8: output\n") != std::string::npos);
  }
  const test::aws_environment set{environment({"", "xml", "", ""})};
  CHECK(p.list(emulator::run_failed) == exit_code::failure);
  CHECK(p.err.find("Unknown output type: xml (environment variable AWS_DEFAULT_OUTPUT; there is ") !=
        std::string::npos);
  CHECK(p.out.empty());
  CHECK(p.service.request_count() == sent);
  std::filesystem::remove(config);
}

TEST_CASE("a listing that --max-items cuts goes on at its token, inside a page too") {
  const test::aws_environment set{keys};
  program p;
  REQUIRE(p.list(emulator::run_failed) == exit_code::success);
  const auto all = ids(p.output());
  REQUIRE(all.size() == 12);

  for (const char* page_size : {"2", "3", "5", "20"}) {
    CAPTURE(page_size);
    std::vector<std::string> joined;
    std::string token;
    for (int parts = 0; parts < 10; ++parts) {
      std::vector<std::string> more{"--max-items", "5", "--page-size", page_size};
      if (!token.empty()) more.insert(more.end(), {"--starting-token", token});
      REQUIRE(p.list(emulator::run_failed, more) == exit_code::success);
      const auto part = ids(p.output());
      joined.insert(joined.end(), part.begin(), part.end());
      if (!p.output().contains("NextToken")) break;
      CHECK(part.size() == 5);
      token = p.output().at("NextToken").as_string();
    }
    CHECK(joined == all);
  }
}

TEST_CASE("text goes out page by page, and ends in the token") {
  const test::aws_environment set{keys};
  program p;
  CHECK(p.list(emulator::run_failed, {"--output", "text", "--max-items", "5", "--page-size", "2"}) ==
        exit_code::success);
  CHECK(lines(p.out) == 6);
  CHECK(p.out.starts_with("TASKINSTANCES\t"));
  CHECK(p.out.find("\nNEXTTOKEN\t") != std::string::npos);

  // The second page fails: the first one is out.
  program q;
  q.service.script(fault::delay(std::chrono::milliseconds{0}));
  q.service.script(fault::status(403));
  CHECK(q.list(emulator::run_failed, {"--output", "text", "--page-size", "2"}) == exit_code::service_error);
  CHECK(lines(q.out) == 2);
}

TEST_CASE("one page, with the service's own token") {
  const test::aws_environment set{keys};
  program p;
  CHECK(p.list(emulator::run_failed, {"--max-results", "5"}) == exit_code::success);
  CHECK(ids(p.output()).size() == 5);
  const std::string token{p.output().at("NextToken").as_string()};
  CHECK(p.list(emulator::run_failed, {"--max-results", "9", "--next-token", token}) == exit_code::success);
  CHECK(ids(p.output()).size() == 7);
  CHECK_FALSE(p.output().contains("NextToken"));
  CHECK(p.list(emulator::run_finished, {"--no-paginate"}) == exit_code::success);
  CHECK(ids(p.output()).size() == 20);
  CHECK(p.output().contains("NextToken"));
  CHECK(p.service.request_count() == 3);
}

TEST_CASE("throttling is waited out; when it lasts, the retries are counted") {
  const test::aws_environment set{keys};
  program p;
  p.service.script(fault::throttle(std::chrono::seconds{1}).with_times(2));
  CHECK(p.list(emulator::run_empty) == exit_code::success);
  CHECK(p.service.request_count() == 3);

  p.service.script(fault::throttle(std::chrono::seconds{1}).with_times(3));
  CHECK(p.list(emulator::run_empty) == exit_code::service_error);
  CHECK(p.out.empty());
  CHECK(p.err.find("An error occurred (ThrottlingException) when calling the ListTaskInstances operation (reached max "
                   "retries: 2): ") != std::string::npos);
  CHECK(p.err.find("\nRetryAfterSeconds: 1\n") != std::string::npos);
}

TEST_CASE("errors of the service") {
  const test::aws_environment set{keys};
  program p;
  CHECK(p.list("no-such-run") == exit_code::service_error);
  CHECK(p.err.find("(ValidationException) when calling the ListTaskInstances operation: ") != std::string::npos);
  CHECK(p.list("no-such-run", {"--cli-error-format", "json"}) == exit_code::service_error);
  CHECK(json::parse(p.err).at("Code").as_string() == "ValidationException");

  const test::aws_environment wrong{
      {{"AWS_ACCESS_KEY_ID", "AKIDEMULATOR"}, {"AWS_SECRET_ACCESS_KEY", "wrong"}, {"AWS_REGION", "us-east-1"}}};
  CHECK(p.list(emulator::run_empty) == exit_code::service_error);
  CHECK(p.err.find("(InvalidSignatureException)") != std::string::npos);
}

TEST_CASE("nothing is sent without region, credentials, a known profile and sound parameters") {
  program p;
  {
    const test::aws_environment none;
    CHECK(p.list("r") == exit_code::configuration);
    CHECK(p.err.find("(NoRegion)") != std::string::npos);
    CHECK(p.list("r", {"--region", "us-east-1"}) == exit_code::configuration);
    CHECK(p.err.find("(NoCredentials)") != std::string::npos);
  }
  const test::aws_environment set{keys};
  CHECK(p.list("r", {"--profile", "work"}) == exit_code::failure);
  CHECK(p.err.find("The config profile (work) could not be found") != std::string::npos);
  CHECK(p.list("") == exit_code::usage);
  CHECK(p.err.find("(ParamValidation): Parameter validation failed:\n") != std::string::npos);
  CHECK(p.err.find("RunId") != std::string::npos);
  CHECK(p.list("r", {"--page-size", "0"}) == exit_code::usage);
  CHECK(p.err.find("MaxResults") != std::string::npos);
  CHECK(p.list("r", {"--endpoint-url", "ftp://h"}) == exit_code::failure);
  CHECK(p.service.request_count() == 0);
}

TEST_CASE("a profile's keys, region and endpoint are used; with --profile the environment's keys are not") {
  program p;
  const auto config = std::filesystem::temp_directory_path() / ("mwaa_cli_test." + std::to_string(::getpid()));
  std::ofstream{config} << "[profile work]\nregion = us-east-1\naws_access_key_id = AKIDEMULATOR\n"
                           "aws_secret_access_key = emulator-secret-key\nmax_attempts = 2\n"
                           "[profile role]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/r\n"
                           "source_profile = work\n";
  {
    const test::aws_environment set{
        std::map<std::string, std::string>{{"AWS_CONFIG_FILE", config.string()}, {"AWS_PROFILE", "work"}}};
    CHECK(p.list(emulator::run_empty) == exit_code::success);
  }
  const test::aws_environment set{{{"AWS_CONFIG_FILE", config.string()},
                                   {"AWS_ACCESS_KEY_ID", "AKIDOTHER"},
                                   {"AWS_SECRET_ACCESS_KEY", "wrong"},
                                   {"AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"}}};
  CHECK(p.list(emulator::run_empty, {"--profile", "work"}) == exit_code::success);
  CHECK(p.list(emulator::run_empty, {"--region", "us-east-1"}) == exit_code::service_error);
  CHECK(p.list(emulator::run_empty, {"--profile", "wrok"}) == exit_code::failure);
  CHECK(p.err.find("The config profile (wrok) could not be found; there is work") != std::string::npos);
  CHECK(p.list(emulator::run_empty, {"--profile", "role"}) == exit_code::failure);
  CHECK(p.err.find("role_arn") != std::string::npos);
  CHECK(p.err.find("line 8") != std::string::npos);
  std::filesystem::remove(config);
}

TEST_CASE("a configuration file that cannot be read is told, whether or not it would have counted") {
  program p;
  auto variables = keys;
  variables["AWS_CONFIG_FILE"] = "/nonexistent/config";
  const std::string warning =
      "mwaa-serverless: [WARNING]: cannot read /nonexistent/config: No such file or directory (environment variable "
      "AWS_CONFIG_FILE)\n";
  {
    const test::aws_environment set{variables};
    CHECK(p.list(emulator::run_empty) == exit_code::success);
    CHECK(p.err == warning);
    CHECK(p.run({"configure", "list"}) == exit_code::success);
    CHECK(p.err == warning);
  }
  variables.erase("AWS_REGION");
  {
    const test::aws_environment set{variables};
    CHECK(p.list(emulator::run_empty) == exit_code::configuration);
    CHECK(p.err.starts_with(warning));
    CHECK(p.err.find("You must specify a region") != std::string::npos);
  }
  const auto config = std::filesystem::temp_directory_path() / ("mwaa_cli_unread." + std::to_string(::getpid()));
  std::ofstream{config} << "[ default ]\nregion = eu-west-1\n";
  variables["AWS_CONFIG_FILE"] = config.string();
  const test::aws_environment set{variables};
  CHECK(p.list(emulator::run_empty) == exit_code::configuration);
  CHECK(p.err.starts_with(
      "mwaa-serverless: [WARNING]: " + config.string() +
      ", line 1: [ default ] is no profile in the config file: write [default] (it does not count)\n"));
  std::filesystem::remove(config);
}

TEST_CASE("flags go before the environment") {
  auto variables = keys;
  variables.insert({{"AWS_ENDPOINT_URL_MWAA_SERVERLESS", "http://127.0.0.1:1"}, {"AWS_CA_BUNDLE", "env.pem"}});
  const test::aws_environment set{variables};
  program p;
  CHECK(p.list(emulator::run_empty) == exit_code::success);
  CHECK(p.seen.endpoint_url == "http://127.0.0.1:1");
  CHECK(p.seen.ca_bundle == "env.pem");
  CHECK(p.seen.region == "us-east-1");
  CHECK(p.seen.verify_tls);
  const auto whole = p.seen.attempt_timeout;
  const auto connect = p.seen.connect_timeout;

  p.list(emulator::run_empty,
         {"--endpoint-url", "http://127.0.0.1:2", "--ca-bundle", "flag.pem", "--region", "eu-west-1", "--no-verify-ssl",
          "--cli-connect-timeout", "2", "--cli-read-timeout", "5"});
  CHECK(p.seen.endpoint_url == "http://127.0.0.1:2");
  CHECK(p.seen.ca_bundle == "flag.pem");
  CHECK(p.seen.region == "eu-west-1");
  CHECK_FALSE(p.seen.verify_tls);
  CHECK(p.err.find("WARNING") == std::string::npos);  // nothing to verify on http
  CHECK(p.seen.connect_timeout == std::chrono::seconds{2});
  CHECK(p.seen.attempt_timeout == std::chrono::seconds{7});

  p.list(emulator::run_empty, {"--endpoint-url", "https://127.0.0.1:2", "--no-verify-ssl"});
  CHECK(p.err.find("[WARNING]: --no-verify-ssl: ANY CERTIFICATE IS ACCEPTED") != std::string::npos);
  CHECK(p.err.find("127.0.0.1:2") != std::string::npos);

  p.list(emulator::run_empty, {"--cli-read-timeout", "0"});
  CHECK(p.seen.connect_timeout == connect);
  CHECK(p.seen.attempt_timeout > std::chrono::hours{24});
  p.list(emulator::run_empty, {"--cli-connect-timeout", "60"});
  CHECK(p.seen.attempt_timeout - p.seen.connect_timeout == whole - connect);
}

TEST_CASE("--debug tells what was done, without secrets, on standard error") {
  const test::aws_environment set{keys};
  program p;
  p.service.script(fault::status(500).with_times(3));
  CHECK(p.list(emulator::run_empty, {"--debug"}) == exit_code::service_error);
  CHECK(p.err.find("endpoint https://airflow-serverless.us-east-1.api.aws/") != std::string::npos);
  CHECK(p.err.find("attempt 2: HTTP 500 InternalServerException") != std::string::npos);
  CHECK(p.list(emulator::run_finished, {"--debug", "--output", "text"}) == exit_code::success);
  CHECK(p.err.find("page of 20, request id ") != std::string::npos);
  CHECK(p.err.find("13 attempts") != std::string::npos);
  CHECK(p.err.find("emulator-secret-key") == std::string::npos);
  CHECK(lines(p.out) == 250);
}

TEST_CASE("each attempt is logged when it begins and when it ends") {
  const test::aws_environment set{keys};
  program p;
  p.around.adjust = [&, inner = p.around.adjust](mwaa::client_config& config) {
    inner(config);
    config.time = std::make_shared<leaping_clock>();
    config.retry.max_hint = std::chrono::seconds{60};
  };
  p.service.script(fault::throttle(std::chrono::seconds{7}));
  CHECK(p.list(emulator::run_empty, {"--debug"}) == exit_code::success);
  const char* const wanted[] = {"attempt 1 of ListTaskInstances begins\n", "attempt 1: HTTP 429 ThrottlingException, ",
                                "attempt 2 of ListTaskInstances begins\n", "attempt 2: HTTP 200, ", "page of 0, "};
  std::size_t at = 0;
  for (const char* part : wanted) {
    CAPTURE(part);
    const std::size_t found = p.err.find(part, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
  CHECK(p.err.find("[INFO]") == std::string::npos);

  // A person is told of the wait alone.
  p.around.err_is_terminal = true;
  p.service.script(fault::throttle(std::chrono::seconds{7}));
  CHECK(p.list(emulator::run_empty) == exit_code::success);
  CHECK(p.err.starts_with("mwaa-serverless: [INFO]: waiting 7."));
  CHECK(p.err.find(" s before attempt 2 (HTTP 429 ThrottlingException)\n") != std::string::npos);
  CHECK(lines(p.err) == 1);
  CHECK(p.list(emulator::run_empty) == exit_code::success);
  CHECK(p.err.empty());
}

TEST_CASE("no secret in any output, whatever happens") {
  const auto home = std::filesystem::temp_directory_path() / ("mwaa_cli_secrets." + std::to_string(::getpid()));
  std::filesystem::create_directories(home / ".aws");
  std::ofstream{home / ".aws/config"}
      << "[profile role]\nregion = us-east-1\nrole_arn = arn:r\nsource_profile = base\n[profile base]\n"
         "aws_access_key_id = AKIDBASE\naws_secret_access_key = S3CRET-of-the-file\naws_session_token = S3CRET-token\n"
         "[profile process]\ncredential_process = sh -c 'echo S3CRET-output; exit 1'\n"
         "[profile half]\naws_secret_access_key = S3CRET-half\n";
  const std::map<std::string, std::string> environment{{"HOME", home.string()},
                                                       {"AWS_REGION", "us-east-1"},
                                                       {"AWS_ACCESS_KEY_ID", "AKIDEMULATOR"},
                                                       {"AWS_SECRET_ACCESS_KEY", "S3CRET-of-the-environment"},
                                                       {"AWS_SESSION_TOKEN", "S3CRET-session-token"},
                                                       {"AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"}};
  const test::aws_environment set{environment};
  program p;
  std::string all;
  for (const char* profile : {"", "role", "process", "half"}) {
    std::vector<std::string> more{"--debug"};
    if (*profile != '\0') more.insert(more.end(), {"--profile", profile});
    CHECK(p.list(emulator::run_empty, more) != exit_code::success);
    all += p.out + p.err;
    more.insert(more.begin(), {"configure", "list"});
    p.run(more);
    all += p.out + p.err;
  }
  CHECK(all.find("sh ended with status 1") != std::string::npos);
  CHECK(all.find("half a key pair") != std::string::npos);
  CHECK(all.find("S3CRET") == std::string::npos);
  std::filesystem::remove_all(home);
}

TEST_CASE("configure list shows what counts and where it comes from, as the AWS CLI does") {
  program p;
  {
    const test::aws_environment none;
    CHECK(p.run({"configure", "list"}) == exit_code::success);
    CHECK(p.out ==
          "      Name                    Value             Type    Location\n"
          "      ----                    -----             ----    --------\n"
          "   profile                <not set>             None    None\n"
          "access_key                <not set>             None    None\n"
          "secret_key                <not set>             None    None\n"
          "    region                <not set>             None    None\n");
  }
  const auto config = std::filesystem::temp_directory_path() / ("mwaa_cli_list." + std::to_string(::getpid()));
  std::ofstream{config} << "[default]\nregion = eu-west-1\naws_access_key_id = AKIDFILE1234\n"
                           "aws_secret_access_key = abcd5678\n[profile sso]\nsso_account_id = 1\nsso_role_name = r\n"
                           "sso_start_url = https://s\nsso_region = us-east-1\n";
  const test::aws_environment set{{{"AWS_CONFIG_FILE", config.string()}, {"AWS_REGION", "us-east-2"}}};
  CHECK(p.run({"configure", "list", "--profile", "default"}) == exit_code::success);
  CHECK(p.out ==
        "      Name                    Value             Type    Location\n"
        "      ----                    -----             ----    --------\n"
        "   profile                  default           manual    --profile\n"
        "access_key     ****************1234      config-file    \n"
        "secret_key     ****************5678      config-file    \n"
        "    region                us-east-2              env    ['AWS_REGION', 'AWS_DEFAULT_REGION']\n");
  // A source that fails: what is known is shown, and the reason told.
  CHECK(p.run({"configure", "list", "--profile", "sso", "--debug"}) == exit_code::failure);
  CHECK(p.out.find("us-east-2") != std::string::npos);
  CHECK(p.err.find("aws sso login --profile sso") != std::string::npos);
  CHECK(p.err.find("region = us-east-2  # environment variable AWS_REGION\n") != std::string::npos);
  CHECK(p.err.find("credentials = sso  # " + config.string() + ", line 6: sso_account_id\n") != std::string::npos);
  CHECK(p.err.find("max_connections = 64  # default\n") != std::string::npos);
  CHECK(p.run({"configure", "list", "--profile", "none"}) == exit_code::failure);
  CHECK(p.out.empty());
  CHECK(p.run({"configure"}) == exit_code::usage);
  CHECK(p.run({"configure", "set", "x", "y"}) == exit_code::usage);
  std::filesystem::remove(config);
}

TEST_CASE("Ctrl-C cancels what is under way") {
  std::signal(SIGINT, SIG_DFL);  // whoever runs the tests may ignore it
  const test::aws_environment set{keys};
  program p;
  p.network = std::make_shared<interrupted_network>();
  CHECK(p.list(emulator::run_empty) == exit_code::interrupted);
  CHECK(p.out == "\n");
  CHECK(p.err.empty());
}

TEST_CASE("standard output that takes no more") {
  const test::aws_environment set{keys};
  program p;
  int problem = EPIPE;
  int writes = 0;
  p.around.out = [&](std::string_view) {
    ++writes;
    throw std::system_error(problem, std::generic_category(), "Could not write to standard output");
  };
  CHECK(p.list(emulator::run_finished, {"--output", "text"}) == exit_code::success);
  CHECK(writes == 1);
  CHECK(p.err.empty());
  CHECK(p.service.request_count() == 1);  // nobody wants the other pages

  problem = ENOSPC;
  CHECK(p.list(emulator::run_finished) == exit_code::failure);
  CHECK(p.err.find("Could not write to standard output: No space left on device") != std::string::npos);
}

TEST_CASE("tables are coloured on terminals, or on demand") {
  const test::aws_environment set{keys};
  program p;
  CHECK(p.list(emulator::run_failed, {"--output", "table"}) == exit_code::success);
  CHECK(p.out.find('\x1b') == std::string::npos);
  CHECK(p.out.find("ListTaskInstances") != std::string::npos);
  CHECK(p.list(emulator::run_failed, {"--output", "table", "--color", "on"}) == exit_code::success);
  CHECK(p.out.find('\x1b') != std::string::npos);
  p.around.out_is_terminal = true;
  CHECK(p.list(emulator::run_failed, {"--output", "table"}) == exit_code::success);
  CHECK(p.out.find('\x1b') != std::string::npos);
  CHECK(p.list(emulator::run_failed, {"--output", "table", "--color", "off"}) == exit_code::success);
  CHECK(p.out.find('\x1b') == std::string::npos);
}

TEST_CASE("parameters of every kind go into the request") {
  const test::aws_environment set{keys};
  program p;
  const auto network = std::make_shared<scripted_network>(std::vector<std::string>{R"({"WorkflowArn":"arn"})"});
  p.network = network;
  CHECK(p.run({"create-workflow", "--name", "etl", "--definition-s3-location", "Bucket=b,ObjectKey=k", "--role-arn",
               "r", "--code", R"({"S3Location": {"Bucket": "bkt", "ObjectKey": "k"}})", "--engine-version", "1",
               "--tags", "a=b,c=d", "--environment", "Variables={A=secret}", "--network-configuration",
               "SecurityGroupIds=sg-1,sg-2,SubnetIds=subnet-1", "--client-token", "t"}) == exit_code::success);
  CHECK(p.out == "{\n    \"WorkflowArn\": \"arn\"\n}\n");
  CHECK(network->requests.back() ==
        R"({"Name":"etl","ClientToken":"t","DefinitionS3Location":{"Bucket":"b","ObjectKey":"k"},)"
        R"("Code":{"S3Location":{"Bucket":"bkt","ObjectKey":"k"}},"RoleArn":"r","EngineVersion":1,)"
        R"("NetworkConfiguration":{"SecurityGroupIds":["sg-1","sg-2"],"SubnetIds":["subnet-1"]},)"
        R"("Environment":{"Variables":{"A":"secret"}},"Tags":{"a":"b","c":"d"}})");
  CHECK(p.run({"untag-resource", "--resource-arn", "arn", "--tag-keys", "a", "list-workflows", "[c]", "--debug"}) ==
        exit_code::success);
  CHECK(network->requests.back() == R"({"ResourceArn":"arn","TagKeys":["a","list-workflows","[c]"]})");
  const auto sent = network->requests.size();
  CHECK(p.run({"untag-resource", "--resource-arn", "arn", "--tag-keys"}) == exit_code::usage);
  CHECK(p.err.find("Invalid length for parameter TagKeys, value: 0, valid min length: 1\n") != std::string::npos);
  CHECK(p.run({"list-workflows", "--tag-keys", "a", "b"}) == exit_code::usage);
  CHECK(p.err.find("Unknown options: --tag-keys, a, b\n") != std::string::npos);
  CHECK(network->requests.size() == sent);
}

TEST_CASE("a response without members prints nothing; of secrets nothing is logged") {
  const test::aws_environment set{keys};
  program p;
  const auto network = std::make_shared<scripted_network>(std::vector<std::string>{
      R"({"AuthorizedUrl":"https://secret","SessionId":"secret"})", R"({"RunId":"r-1"})", "{}"});
  p.network = network;
  CHECK(p.run({"create-airflow-ui-url", "--debug"}) == exit_code::success);
  CHECK(p.output().at("AuthorizedUrl") == "https://secret");
  CHECK(p.err.find("secret") == std::string::npos);
  CHECK(p.run({"start-workflow-run", "--workflow-arn", "arn", "--override-parameters", R"({"key": "secret"})",
               "--debug"}) == exit_code::success);
  CHECK(network->requests.back().find(R"("OverrideParameters":{"key": "secret"})") == std::string::npos);
  CHECK(network->requests.back().find("secret") != std::string::npos);
  CHECK(p.err.find("secret") == std::string::npos);
  for (const char* format : {"json", "text", "table", "yaml"}) {
    CHECK(p.run({"tag-resource", "--resource-arn", "arn", "--tags", "a=b", "--output", format}) == exit_code::success);
    CHECK(p.out.empty());
  }
}

TEST_CASE("a request as JSON, which options change") {
  const test::aws_environment set{keys};
  program p;
  const auto network = std::make_shared<scripted_network>(std::vector<std::string>{R"({"WorkflowRuns":[]})"});
  p.network = network;
  const std::string json = R"({"WorkflowArn": "arn", "WorkflowVersion": "v"})";
  CHECK(p.run({"list-workflow-runs", "--cli-input-json", json}) == exit_code::success);
  CHECK(network->requests.back() == R"({"WorkflowArn":"arn","WorkflowVersion":"v"})");
  CHECK(p.run({"list-workflow-runs", "--workflow-arn", "other", "--cli-input-json", json}) == exit_code::success);
  CHECK(network->requests.back() == R"({"WorkflowArn":"other","WorkflowVersion":"v"})");
  CHECK(p.run({"list-workflow-runs", "--cli-input-json", R"({"WorkflowArn": "arn", "MaxResults": 5})", "--max-items",
               "3"}) == exit_code::usage);
  CHECK(p.err.find("Cannot specify --no-paginate along with pagination arguments: --max-items") != std::string::npos);
  const auto sent = network->requests.size();
  CHECK(p.run({"get-workflow-run", "--cli-input-json", R"({"RunId": 1, "X": 2})"}) == exit_code::usage);
  CHECK(p.err.find("Parameter validation failed:\n"
                   "Missing required parameter in input: \"WorkflowArn\"\n"
                   "Unknown parameter in input: \"X\", must be one of: WorkflowArn, RunId\n"
                   "Invalid type for parameter RunId, value: 1, type: <class 'int'>, valid types: <class 'str'>\n") !=
        std::string::npos);
  CHECK(p.run({"create-airflow-ui-url", "--cli-input-json", R"({"ExpiresInSeconds": 5000000000})"}) ==
        exit_code::usage);
  for (const char* wrong : {"{", "[]"}) {
    CHECK(p.run({"get-workflow-run", "--cli-input-json", wrong}) == exit_code::usage);
    CHECK(p.err.find("Error parsing parameter '") != std::string::npos);
  }
  CHECK(p.run({"get-workflow-run", "--cli-input-json", "file:///nonexistent"}) == exit_code::failure);
  CHECK(network->requests.size() == sent);
}

TEST_CASE("skeletons are printed and nothing is sent") {
  program p;
  const auto network = std::make_shared<scripted_network>(std::vector<std::string>{"{}"});
  p.network = network;
  {
    const test::aws_environment clean;  // no region, no keys
    const char* const expected = "{\n    \"ResourceArn\": \"\",\n    \"TagKeys\": [\n        \"\"\n    ]\n}\n";
    CHECK(p.run({"untag-resource", "--generate-cli-skeleton"}) == exit_code::success);
    CHECK(p.out == expected);
    CHECK(p.run({"untag-resource", "--generate-cli-skeleton", "input"}) == exit_code::success);
    CHECK(p.out == expected);
    CHECK(p.run({"untag-resource", "--generate-cli-skeleton", "--debug"}) == exit_code::success);
    CHECK(p.out == expected);
    CHECK(p.run({"untag-resource", "--generate-cli-skeleton", "x"}) == exit_code::usage);
    CHECK(p.run({"untag-resource", "--generate-cli-skeleton", "output"}) == exit_code::usage);
  }
  const test::aws_environment set{keys};
  CHECK(p.run({"list-workflow-runs", "--workflow-arn", "arn", "--generate-cli-skeleton", "output"}) ==
        exit_code::success);
  CHECK(p.output().at("NextToken") == "NextToken");
  CHECK(p.output().at("WorkflowRuns").as_array().at(0).at("RunDetailSummary").at("CreatedOn") == "1970-01-01T00:00:00");
  CHECK(p.run({"list-workflow-runs", "--workflow-arn", "", "--generate-cli-skeleton", "output"}) == exit_code::usage);
  CHECK(network->requests.empty());
}

TEST_CASE("wait run-finished tells how the run has ended") {
  const test::aws_environment set{keys};
  const auto body = [](const std::string& state, const std::string& more = "") {
    return R"({"RunId":"r","RunDetail":{"RunState":")" + state + '"' + more + "}}";
  };
  struct row {
    std::vector<std::string> bodies;
    exit_code ends;
    std::string message;
  };
  const row rows[] = {
      {{body("QUEUED"), body("RUNNING"), body("SUCCESS")}, exit_code::success, ""},
      {{body("RUNNING"), body("FAILED", R"(,"ErrorMessage":"boom")")},
       exit_code::failure,
       "Waiter RunFinished failed: the run has ended in state FAILED: boom\n"},
      {{body("STOPPED")}, exit_code::failure, "Waiter RunFinished failed: the run has ended in state STOPPED\n"},
      {{body("TIMEOUT")}, exit_code::failure, "Waiter RunFinished failed: the run has ended in state TIMEOUT\n"},
      {{body("RUNNING")},
       exit_code::failure,
       "Waiter RunFinished failed: the deadline (--timeout) passed while the run was in state RUNNING\n"},
  };
  for (const row& each : rows) {
    CAPTURE(each.message);
    program p;
    const auto network = std::make_shared<scripted_network>(each.bodies);
    p.network = network;
    const auto adjust = p.around.adjust;
    p.around.adjust = [&](mwaa::client_config& config) {
      adjust(config);
      config.time = std::make_shared<leaping_clock>();
    };
    CHECK(p.run({"wait", "run-finished", "--workflow-arn", "arn", "--run-id", "r", "--timeout", "600"}) == each.ends);
    CHECK(p.out.empty());
    CHECK((each.message.empty() ? p.err.empty() : p.err.find(each.message) != std::string::npos));
    CHECK(network->requests.size() >= each.bodies.size());
    CHECK(network->requests.front() == R"({"WorkflowArn":"arn","RunId":"r"})");
  }
  program p;
  CHECK(p.run({"wait", "run-finished", "--workflow-arn", "arn"}) == exit_code::usage);
  CHECK(p.run({"wait", "run-finished", "--workflow-arn", "arn", "--run-id", "r", "--timeout", "0"}) ==
        exit_code::usage);
  CHECK(p.run({"wait", "run-finished", "--workflow-arn", "arn", "--run-id", "r", "--timeout", "x"}) ==
        exit_code::usage);
  CHECK(p.run({"wait"}) == exit_code::usage);
  CHECK(p.service.request_count() == 0);
  // What another look cannot mend ends the wait, with 255 as in all waiters of the AWS CLI.
  p.network = std::make_shared<scripted_network>(
      std::vector<std::string>{R"({"__type":"ResourceNotFoundException","Message":"no such run"})"}, 404);
  CHECK(p.run({"wait", "run-finished", "--workflow-arn", "arn", "--run-id", "r"}) == exit_code::failure);
  CHECK(p.err.find("Waiter RunFinished failed: An error occurred (ResourceNotFoundException): no such run\n") !=
        std::string::npos);
}
