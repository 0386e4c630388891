// What list_workflow_alerts.patch, and nothing else, makes of a new operation.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <mwaa_serverless/model/workflow.hpp>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "support/canned_transport.hpp"

namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

TEST_CASE("a new operation: listed page by page, with a list, a map, a time and an enum") {
  test::canned_service service;
  service.network->script.emplace_back(test::response(
      200, R"({"Alerts":[{"AlertId":"a","Severity":"CRITICAL","RaisedAt":"1970-01-01T00:01:00Z",)"
           R"("TaskIds":["t1","t2"],"Labels":{"team":"red"}},{"AlertId":"b","Severity":"DIRE"}],"NextToken":"t"})"));
  service.network->script.emplace_back(test::throttle());
  service.network->script.emplace_back(test::response(200, R"({"Alerts":[{"AlertId":"c","RaisedAt":60.5}]})"));
  const auto client = service.make_client();
  const auto all = service.run(
      mwaa::collect(client.paginate_list_workflow_alerts(mwaa::list_workflow_alerts_request{"arn"}).items(), 10));
  REQUIRE(all.size() == 3);
  CHECK(all[0].alert_id == "a");
  CHECK(all[0].severity == mwaa::workflow_alert_severity::critical);
  CHECK(all[0].raised_at == std::chrono::system_clock::time_point{1min});
  REQUIRE(all[0].task_ids);
  CHECK(all[0].task_ids->at(1) == "t2");
  REQUIRE(all[0].labels);
  CHECK(all[0].labels->begin()->second == "red");
  CHECK(all[1].severity == mwaa::workflow_alert_severity::unknown);
  CHECK(all[1].severity.name() == "DIRE");
  CHECK(all[2].raised_at == std::chrono::system_clock::time_point{60500ms});
  REQUIRE(service.network->requests.size() == 3);
  CHECK(service.network->requests[0].bytes().find("AmazonMWAAServerless.ListWorkflowAlerts") != std::string::npos);
  CHECK(service.network->requests[2].bytes().ends_with(R"({"WorkflowArn":"arn","NextToken":"t"})"));

  const auto refused =
      service.run(mwaa::as_result(client.list_workflow_alerts(mwaa::list_workflow_alerts_request{""})));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == mwaa::errc::invalid_argument);
  CHECK(refused.error().message.find("WorkflowArn") != std::string::npos);
}

TEST_CASE("a new operation: a command of the program, with its flags") {
  const auto commands = mwaa::cli::commands();
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [](const mwaa::cli::command& each) { return each.name == "list-workflow-alerts"; });
  REQUIRE(found != commands.end());
  CHECK(found->paginated);
  CHECK(static_cast<bool>(found->run));
  std::vector<std::string> flags;
  for (const auto& each : found->parameters) flags.push_back(each.flag);
  CHECK(flags == std::vector<std::string>{"--workflow-arn", "--max-results", "--next-token"});
  CHECK(commands.size() == 17);
}
