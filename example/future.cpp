// Operations from code that is no coroutine: initiate() takes any completion token of Asio's.
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/initiate.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

int main() {
  asio::thread_pool pool{1};
  const mwaa::client client{pool.get_executor(), mwaa::client_config::from_environment()};
  const std::string workflow_arn = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef";

  // a future, for a thread that waits
  auto page = mwaa::initiate(client.get_executor(), client.list_task_instances({workflow_arn, "run-finished"}),
                             asio::use_future);
  std::cout << "first page: " << page.get().task_instances.size() << " task instances\n";

  // a callback, on the executor of the client
  mwaa::initiate(client.get_executor(), client.list_task_instances({workflow_arn, "run-failed"}),
                 [](std::exception_ptr failure, mwaa::list_task_instances_response failed) {
                   if (failure) std::rethrow_exception(failure);
                   std::cout << "first page: " << failed.task_instances.size() << " task instances\n";
                 });
  pool.join();
}
