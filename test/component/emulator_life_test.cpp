// A workflow's life, through the client: all 16 operations.
#include <doctest/doctest.h>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <mwaa_serverless/as_result.hpp>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/model/airflow_ui.hpp>
#include <mwaa_serverless/model/tags.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_version.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/emulated_client.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using test::emulated_service;

namespace {

const std::string role = "arn:aws:iam::123456789012:role/airflow";

asio::awaitable<void> life(mwaa::client client, std::shared_ptr<mwaa::clock> time) {
  mwaa::workflow_definition_location definition{"definitions", "sales.yaml"};
  mwaa::create_workflow_request create{"sales", definition, role};
  create.description = "Counts what was sold";
  create.tags.emplace().emplace("team", "sales");
  create.client_token = "made-once";
  const auto made = co_await client.create_workflow(create);
  const std::string arn = made.workflow_arn.str();
  CHECK(made.workflow_status == mwaa::workflow_state::ready);
  const auto again = co_await client.create_workflow(create);
  CHECK(again.workflow_arn == arn);

  std::map<std::string, std::string, std::less<>> more_tags{{"cost", "low"}};
  mwaa::tag_resource_request tag{arn, more_tags};
  co_await client.tag_resource(tag);
  std::vector<std::string> old_tags{"team"};
  mwaa::untag_resource_request untag{arn, old_tags};
  co_await client.untag_resource(untag);
  const auto tags = co_await client.list_tags_for_resource(mwaa::list_tags_for_resource_request{arn});
  CHECK(tags.tags.size() == 1);
  CHECK(tags.tags.begin()->first == "cost");

  const auto started = co_await client.start_workflow_run(
      mwaa::start_workflow_run_request{arn}.with_override_parameters(mwaa::json_text{R"({"day":"2026-01-01"})"}));
  const std::string run = started.run_id.str();
  CHECK(started.status == mwaa::workflow_run_status::starting);
  std::vector<std::string> states;
  mwaa::get_workflow_run_response seen;
  do {
    seen = co_await client.get_workflow_run(mwaa::get_workflow_run_request{arn, run});
    REQUIRE(seen.run_detail.has_value());
    if (states.empty() || states.back() != seen.run_detail->run_state.name())
      states.emplace_back(seen.run_detail->run_state.name());
    co_await time->sleep_until(time->now() + 1s);
  } while (!seen.run_detail->run_state.is_terminal());
  CHECK(states == std::vector<std::string>{"STARTING", "QUEUED", "RUNNING", "SUCCESS"});
  CHECK(seen.override_parameters.view() == R"({"day":"2026-01-01"})");
  CHECK(seen.run_detail->duration == 25s);

  std::vector<std::string> tasks;
  auto items =
      client.paginate_list_task_instances(mwaa::list_task_instances_request{arn, run}).with_page_size(2).items();
  while (auto task = co_await items.next()) tasks.push_back(task->task_instance_id.str());
  CHECK(tasks == std::vector<std::string>{"extract", "transform", "load"});
  const auto task = co_await client.get_task_instance(mwaa::get_task_instance_request{arn, tasks[0], run});
  CHECK(task.status == mwaa::task_instance_status::success);
  CHECK(task.ended_at == seen.run_detail->started_on.value() + 7s);

  const auto second = co_await client.start_workflow_run(mwaa::start_workflow_run_request{arn});
  const auto stopped = co_await client.stop_workflow_run(mwaa::stop_workflow_run_request{arn, second.run_id.str()});
  CHECK(stopped.status == mwaa::workflow_run_status::stopping);
  co_await time->sleep_until(time->now() + 3s);
  std::vector<std::string> runs;
  auto all_runs = client.paginate_list_workflow_runs(mwaa::list_workflow_runs_request{arn}).with_page_size(1).items();
  while (auto each = co_await all_runs.next()) {
    REQUIRE(each->run_detail_summary.has_value());
    runs.emplace_back(each->run_detail_summary->status.name());
  }
  CHECK(runs == std::vector<std::string>{"SUCCESS", "STOPPED"});

  mwaa::update_workflow_request update{arn, definition, role};
  const auto updated = co_await client.update_workflow(update);
  std::vector<std::string> versions;
  auto all_versions =
      client.paginate_list_workflow_versions(mwaa::list_workflow_versions_request{arn}).with_page_size(1).items();
  while (auto each = co_await all_versions.next()) versions.push_back(each->workflow_version.str());
  CHECK(versions == std::vector<std::string>{made.workflow_version.str(), updated.workflow_version.str()});
  const auto old = co_await client.get_workflow(mwaa::get_workflow_request{arn}.with_workflow_version(versions[0]));
  CHECK(old.description == "Counts what was sold");
  CHECK(old.definition_s3_location == definition);

  const auto url = co_await client.create_airflow_ui_url(mwaa::create_airflow_ui_url_request{});
  CHECK(url.session_id.size() == 32);
  CHECK(url.session_expires_at == url.url_expires_at.value() - 5min + 12h);

  std::set<std::string> names;
  auto workflows = client.paginate_list_workflows(mwaa::list_workflows_request{}).with_page_size(1).items();
  while (auto each = co_await workflows.next()) names.insert(each->name.str());
  CHECK(names == std::set<std::string>{"etl-nightly", "sales"});

  const auto deleted = co_await client.delete_workflow(mwaa::delete_workflow_request{arn});
  CHECK(deleted.workflow_arn == arn);
  co_await time->sleep_until(time->now() + 5s);
  const auto gone = co_await mwaa::as_result(client.get_workflow(mwaa::get_workflow_request{arn}));
  REQUIRE(gone.has_error());
  CHECK(gone.error().code == mwaa::errc::resource_not_found);
  CHECK(gone.error().resource_id == arn);
}

}  // namespace

TEST_CASE("emulator and client: a workflow's life, by all 16 operations") {
  emulated_service service;
  const mwaa::client client{service.io.get_executor(), test::config_for(service)};
  test::run(service.io, *service.time, life(client, service.time));
  std::set<std::string> operations;
  for (const auto& each : service.emulator.requests()) operations.insert(each.operation);
  CHECK(operations.size() == 16);
}

// The model gives the operation this error and does not say when: a test that needs it scripts it.
TEST_CASE("emulator and client: CreateAirflowUiUrl may be a conflict") {
  emulated_service service;
  const mwaa::client client{service.io.get_executor(), test::config_for(service)};
  service.emulator.script(mwaa::testing::fault::status(409));
  const auto refused = test::run(service.io, *service.time,
                                 mwaa::as_result(client.create_airflow_ui_url(mwaa::create_airflow_ui_url_request{})));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == mwaa::errc::conflict);
  CHECK(refused.error().http_status == 409);
  CHECK(refused.error().operation == "CreateAirflowUiUrl");
  CHECK_FALSE(refused.error().resource_id.empty());
  CHECK_FALSE(refused.error().resource_type.empty());
  CHECK(service.emulator.requests().size() == 1);  // another try would not mend it
}
