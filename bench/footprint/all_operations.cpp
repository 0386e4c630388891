// A program that uses all operations, the paginators and the watcher.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/model/airflow_ui.hpp>
#include <mwaa_serverless/model/tags.hpp>
#include <mwaa_serverless/model/workflow.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <mwaa_serverless/model/workflow_version.hpp>
#include <mwaa_serverless/run_watcher.hpp>
#include <mwaa_serverless/wait_for_run.hpp>

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

asio::awaitable<void> all_operations(mwaa::client client, std::string arn, std::string id) {
  const std::string role = "arn:aws:iam::123456789012:role/workflows";
  const mwaa::workflow_definition_location definition{"bucket", "key"};
  const std::map<std::string, std::string, std::less<>> tags{{"team", "etl"}};
  const std::vector<std::string> keys{"team"};
  std::cout << co_await client.create_workflow({id, definition, role});
  std::cout << co_await client.update_workflow({arn, definition, role});
  std::cout << co_await client.get_workflow(mwaa::get_workflow_request{arn});
  std::cout << co_await client.start_workflow_run(mwaa::start_workflow_run_request{arn});
  std::cout << co_await client.get_workflow_run({arn, id});
  std::cout << co_await client.get_task_instance({arn, id, id});
  std::cout << co_await client.create_airflow_ui_url(mwaa::create_airflow_ui_url_request{});
  std::cout << co_await client.list_tags_for_resource(mwaa::list_tags_for_resource_request{arn});
  (void)co_await client.tag_resource({arn, tags});
  (void)co_await client.untag_resource({arn, keys});
  auto workflows = client.paginate_list_workflows(mwaa::list_workflows_request{}).items();
  while (auto workflow = co_await workflows.next()) std::cout << *workflow;
  auto versions = client.paginate_list_workflow_versions(mwaa::list_workflow_versions_request{arn}).items();
  while (auto version = co_await versions.next()) std::cout << *version;
  auto runs = client.paginate_list_workflow_runs(mwaa::list_workflow_runs_request{arn}).items();
  while (auto run = co_await runs.next()) std::cout << *run;
  auto tasks = client.paginate_list_task_instances({arn, id}).items();
  while (auto task = co_await tasks.next()) std::cout << *task;
  mwaa::run_watcher watcher{client};
  watcher.add({arn, id});
  while (auto event = co_await watcher.next()) std::cout << *event;
  (void)co_await mwaa::wait_for_run(client, arn, id);
  (void)co_await client.stop_workflow_run({arn, id});
  (void)co_await client.delete_workflow(mwaa::delete_workflow_request{arn});
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  asio::io_context io;
  const mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
  asio::co_spawn(io, all_operations(client, argv[1], argv[2]), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
  io.run();
}
