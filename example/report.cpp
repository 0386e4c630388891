// One page, a whole run, and a failure as a value. The client takes its settings from the environment:
// AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, against the emulator, AWS_ENDPOINT_URL_MWAA_SERVERLESS.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

asio::awaitable<void> report(mwaa::client client, std::string workflow_arn, std::string run_id) {
  // one page
  auto page = co_await client.list_task_instances({workflow_arn, run_id});
  std::cout << "first page: " << page.task_instances.size() << " task instances\n";

  // a whole run, fetched page by page as the loop asks for more
  auto tasks = client.paginate_list_task_instances({workflow_arn, run_id}).items();
  while (auto task = co_await tasks.next())
    std::cout << task->task_instance_id << '\t' << task->status << '\n';

  // failures as values, where a catch block would be in the way (co_await is illegal inside catch)
  auto result = co_await mwaa::as_result(client.list_task_instances({workflow_arn, "another-run"}));
  if (!result) std::cerr << result.error().message << " [" << result.error().request_id << "]\n";
}

int main() {
  asio::io_context io;
  mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
  asio::co_spawn(io, report(client, "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",
                            "run-finished"),
                 [](std::exception_ptr e) { if (e) std::rethrow_exception(e); });
  io.run();
}
