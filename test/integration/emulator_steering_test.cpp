// The emulator's administrative path, by raw requests.
#include <doctest/doctest.h>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/signed_requests.hpp"

namespace asio = boost::asio;
namespace json = boost::json;
namespace testing = mwaa_serverless::testing;
using asio::ip::tcp;

namespace {

class steered_server {
 public:
  explicit steered_server(bool steering = true, const std::string& address = "127.0.0.1")
      : server_(std::in_place, io_.get_executor(), service, with(steering, address)), thread_([this] { io_.run(); }) {}
  steered_server(const steered_server&) = delete;
  steered_server& operator=(const steered_server&) = delete;
  ~steered_server() {
    server_.reset();
    thread_.join();
  }

  struct response {
    int status = 0;
    std::string head;
    std::string text;
    json::value body;
  };

  /// `request` as it is, but for its Content-Length; the connection closes after it.
  response send(const std::string& head, const std::string& body = {}) {
    asio::io_context io;
    tcp::socket socket{io};
    socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
    asio::write(socket, asio::buffer(head + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) +
                                     "\r\n\r\n" + body));
    std::string all;
    std::array<char, 4096> buffer;
    boost::system::error_code end;
    while (!end) all.append(buffer.data(), socket.read_some(asio::buffer(buffer), end));
    response out;
    const auto split = all.find("\r\n\r\n");
    REQUIRE(split != std::string::npos);
    out.status = std::stoi(all.substr(9, 3));
    out.head = all.substr(0, split + 2);
    out.text = all.substr(split + 4);
    boost::system::error_code no_json;
    out.body = json::parse(out.text, no_json);
    return out;
  }
  response steer(const std::string& line, const std::string& body = {}, const std::string& more = {}) {
    return send(line + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server_->port()) + "\r\n" + more, body);
  }
  /// A signed request of the service; its first task's status, or the error's name.
  std::string list(const std::string& run) {
    const auto got = call("ListTaskInstances", test::list_body(run));
    if (got.status == 200) {
      const auto& tasks = got.body.at("TaskInstances").as_array();
      return tasks.empty() ? "" : std::string{tasks.at(0).at("Status").as_string()};
    }
    const std::string type{got.body.at("__type").as_string()};
    return type.substr(type.find('#') + 1);
  }
  json::value ask(const std::string& operation, const std::string& body) { return call(operation, body).body; }

  testing::emulator service;

 private:
  static testing::emulator_server_options with(bool steering, const std::string& address) {
    testing::emulator_server_options out;
    out.address = address;
    out.steering = steering;
    return out;
  }

  response call(const std::string& operation, const std::string& body) {
    test::request_draft draft{body, std::chrono::system_clock::now()};
    draft.operation = operation;
    const auto request = draft.make();
    std::string head{request.head()};
    head.resize(head.find("Content-Length"));
    return send(head, std::string{request.bytes().substr(request.head().size())});
  }

  asio::io_context io_;
  std::optional<testing::emulator_server> server_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("emulator steering: another process does what the test of one process does") {
  steered_server host;
  CHECK(host.steer("GET /-/health").body.at("status") == "ok");

  const auto added =
      host.steer("POST /-/runs", R"({"id":"mine","tasks":[{"id":"t","timeline":[{"after":0,"status":"QUEUED"},)"
                                 R"({"after":1000,"status":"RUNNING"},{"after":2000,"status":"SUCCESS"}]}]})");
  CHECK(added.status == 200);
  CHECK(added.text == "{\"workflow\":\"" + host.service.workflow_arn() + "\",\"id\":\"mine\"}\n");
  CHECK(added.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(added.head.find("RequestId") == std::string::npos);
  CHECK(host.list("mine") == "QUEUED");
  CHECK(host.steer("POST /-/advance", R"({"id":"mine","seconds":1000.5})").status == 200);
  CHECK(host.list("mine") == "RUNNING");
  CHECK(host.steer("POST /-/advance", R"({"id":"mine","seconds":1000000000})").status == 200);
  CHECK(host.list("mine") == "SUCCESS");

  CHECK(host.steer("POST /-/faults", R"({"faults":["throttle=7*2","status=500"]})").text == "{\"faults\":3}\n");
  CHECK(host.list("mine") == "ThrottlingException");
  CHECK(host.steer("GET /-/faults").text == "{\"faults\":2}\n");  // and struck none itself
  CHECK(host.steer("DELETE /-/faults").text == "{\"faults\":0}\n");
  CHECK(host.list("mine") == "SUCCESS");
  CHECK(host.steer("POST /-/faults", R"({"probability":1})").status == 200);
  (void)host.steer("DELETE /-/faults");
  CHECK(host.list("mine") == "SUCCESS");

  const auto log = host.steer("GET /-/requests").body;
  CHECK(log.at("count") == 6);
  const auto& requests = log.at("requests").as_array();
  REQUIRE(requests.size() == 6);
  const auto& throttled = requests.at(3);
  CHECK(throttled.at("operation") == "ListTaskInstances");
  CHECK(throttled.at("run") == "mine");
  CHECK(throttled.at("status") == 429);
  CHECK(throttled.at("code") == "ThrottlingException");
  CHECK(throttled.at("fault") == "throttle");
  CHECK(throttled.at("request_id").as_string().size() == 36);
  CHECK(throttled.at("time").as_string().size() == std::string{"2026-01-01T00:00:00.000Z"}.size());
  CHECK(host.steer("DELETE /-/requests").status == 200);
  CHECK(host.steer("GET /-/requests").text == "{\"count\":6,\"requests\":[]}\n");

  CHECK(host.steer("POST /-/reset").text == "{}\n");
  CHECK(host.list("mine") == "ValidationException");
  CHECK(host.service.request_count() == 1);
}

TEST_CASE("emulator steering: a workflow is described, and its run's state changed") {
  steered_server host;
  const std::string arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/reports-Zz98Yy76Xx";
  CHECK(host.steer("POST /-/workflows", R"({"arn":")" + arn + R"(","schedule":"@daily","tags":{"a":"b"}})").text ==
        "{\"workflow\":\"" + arn + "\"}\n");
  const std::string of_run = R"({"workflow":")" + arn + R"(","id":"r")";
  CHECK(host.steer("POST /-/runs", of_run + R"(,"timeline":[{"after":0,"status":"RUNNING"}],"tasks":[)"
                                            R"({"id":"t","status":"RUNNING","xcom":{"a":"b"}}],"scheduled":true})")
            .status == 200);
  const std::string asked = R"({"WorkflowArn":")" + arn + R"(","RunId":"r"})";
  const auto state = [&] {
    return std::string{host.ask("GetWorkflowRun", asked).at("RunDetail").at("RunState").as_string()};
  };
  CHECK(state() == "RUNNING");
  CHECK(host.steer("POST /-/status", of_run + R"(,"status":"FAILED","error":"no disk"})").status == 200);
  CHECK(state() == "FAILED");
  CHECK(host.ask("GetWorkflowRun", asked).at("RunDetail").at("ErrorMessage") == "no disk");
  CHECK(host.steer("POST /-/status", of_run + R"(,"task":"t","status":"CANCELLED"})").status == 200);
  CHECK(host.ask("ListTaskInstances", asked).at("TaskInstances").at(0).at("Status") == "CANCELLED");
  CHECK(
      host.ask("GetWorkflow", R"({"WorkflowArn":")" + arn + R"("})").at("ScheduleConfiguration").at("CronExpression") ==
      "@daily");
}

TEST_CASE("emulator steering: a run of another workflow") {
  steered_server host;
  const std::string arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/reports-Zz98Yy76Xx";
  CHECK(host.steer("POST /-/runs", R"({"workflow":")" + arn + R"(","id":"r"})").status == 200);
  CHECK(host.steer("POST /-/advance", R"({"workflow":")" + arn + R"(","id":"r","seconds":1})").status == 200);
  CHECK(host.steer("POST /-/advance", R"({"id":"r","seconds":1})").status == 400);
}

TEST_CASE("emulator steering: what is asked wrongly is refused with the place, and changes nothing") {
  steered_server host;
  struct row {
    const char* line;
    std::string body;
    int status;
    const char* words;
  };
  const std::vector<row> rows{
      {"GET /-/nothing", "", 404, "POST /-/reset"},
      {"GET /-", "", 404, "GET /-/health"},
      {"GET /-/", "", 404, "GET /-/health"},
      {"PUT /-/runs", "{}", 405, "POST"},
      {"GET /-/reset", "", 405, "POST"},
      {"OPTIONS /-/faults", "", 405, "GET, POST, DELETE"},
      {"POST /-/runs", "", 400, "not JSON"},
      {"POST /-/runs", "{} x", 400, "more text"},
      {"POST /-/runs", "[]", 400, "must be an object"},
      {"POST /-/runs", "{}", 400, "id: is missing"},
      {"POST /-/runs", R"({"id":"?"})", 400, "id: must be 1 to 255"},
      {"POST /-/runs", R"({"id":"r","task":[]})", 400, "task: is not a known member"},
      {"POST /-/runs", R"({"id":"r","workflow":"x"})", 400, "is not an ARN"},
      {"POST /-/runs", R"({"id":"r","tasks":[{"id":"t","status":"DONE"}]})", 400, "tasks[0].status"},
      {"POST /-/workflows", "{}", 400, "arn: is missing"},
      {"POST /-/workflows", R"({"arn":"x"})", 400, "is not an ARN"},
      {"POST /-/workflows", R"({"arn":")" + host.service.workflow_arn() + R"(","runs":[]})", 400, "POST /-/runs"},
      {"POST /-/status", R"({"id":"none","status":"FAILED"})", 400, "no run none"},
      {"POST /-/status", R"({"id":"run-live","status":"NONE"})", 400, "is not a status of a workflow run"},
      {"POST /-/status", R"({"id":"run-live","task":"t","status":"NONE"})", 400, "has no task t"},
      {"POST /-/status", R"({"id":"run-live","task":"step_001","status":"STARTING"})", 400, "of a task instance"},
      {"POST /-/faults", "{}", 400, "neither faults nor a probability"},
      {"POST /-/faults", R"({"faults":[7]})", 400, "array of strings"},
      {"POST /-/faults", R"({"faults":"throttle"})", 400, "must be an array"},
      {"POST /-/faults", R"({"faults":["throttle","nonsense"]})", 400, "fault 'nonsense'"},
      {"POST /-/faults", R"({"probability":1.5})", 400, "probability: must be from 0 to 1"},
      {"POST /-/advance", R"({"id":"run-live"})", 400, "seconds: is missing"},
      {"POST /-/advance", R"({"id":"run-live","seconds":-1})", 400, "seconds: must be from 0"},
      {"POST /-/advance", R"({"id":"\u001b[31m","seconds":1})", 400, "there is no run"},
  };
  for (const row& each : rows) {
    CAPTURE(each.line);
    CAPTURE(each.body);
    const auto got = host.steer(each.line, each.body);
    CAPTURE(got.text);
    CHECK(got.status == each.status);
    CHECK(std::string{got.body.at("error").as_string()}.find(each.words) != std::string::npos);
    CHECK(got.text.find('\x1b') == std::string::npos);
  }
  CHECK(host.service.scripted() == 0);
  CHECK(host.service.request_count() == 0);
}

TEST_CASE("emulator steering: neither clients of the service nor browsers steer") {
  steered_server host;
  host.service.script(testing::fault::status(500));
  struct row {
    const char* name;
    std::string more;
    int status;
  };
  const std::vector<row> rows{
      {"signed", "Authorization: AWS4-HMAC-SHA256 Credential=a\r\n", 400},
      {"half signed", "x-amz-date: 20260101T000000Z\r\n", 400},
      {"an operation", "X-Amz-Target: AmazonMWAAServerless.ListTaskInstances\r\n", 400},
      {"a page", "Origin: https://example.com\r\n", 403},
      {"a page of a file", "Origin: null\r\n", 403},
      {"a page of this port", "Origin: http://127.0.0.1\r\n", 403},
      {"an image in a page", "Sec-Fetch-Site: cross-site\r\n", 403},
      {"an address typed by a person", "Sec-Fetch-Site: none\r\n", 200},
      {"nothing of it", "", 200},
  };
  for (const row& each : rows) {
    CAPTURE(each.name);
    host.service.script(testing::fault::status(500));
    CHECK(host.steer("DELETE /-/faults", "", each.more).status == each.status);
    CHECK((host.service.scripted() == 0) == (each.status == 200));
  }
  for (const auto& [name, status] :
       {std::pair{"127.0.0.1", 200}, std::pair{"127.3.2.1:80", 200}, std::pair{"localhost", 200},
        std::pair{"localhost:1", 200}, std::pair{"[::1]:80", 200}, std::pair{"[::1]", 200},
        std::pair{"example.com", 403}, std::pair{"example.com:80", 403}, std::pair{"127.0.0.1.example.com", 403},
        std::pair{"10.0.0.1:80", 403}, std::pair{"localhost.example.com", 403}, std::pair{"", 403},
        std::pair{"[::1", 403}, std::pair{"[]", 403}, std::pair{"::", 403}}) {
    CAPTURE(std::string{name});
    CHECK(host.send(std::string{"GET /-/requests HTTP/1.1\r\nHost: "} + name + "\r\n").status == status);
  }
  CHECK(host.send("GET /-/requests HTTP/1.1\r\n").status == 403);  // no Host at all
  CHECK(host.service.request_count() == 0);
}

TEST_CASE("emulator steering: IPv4's loopback through a socket of IPv6 is this machine, too") {
  std::optional<steered_server> host;
  try {
    host.emplace(true, "::");
  } catch (const boost::system::system_error&) {
    MESSAGE("this machine has no IPv6");
    return;
  }
  CHECK(host->steer("GET /-/requests").status == 200);
}

TEST_CASE("emulator steering: only where it was asked for") {
  steered_server host{false};
  const auto got = host.steer("POST /-/reset");
  CHECK(got.status == 404);
  CHECK(got.text.find("UnknownOperationException") != std::string::npos);
}
