// The least that a program does with the library: it lists the tasks of one run.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

asio::awaitable<void> list_tasks(mwaa::client client, std::string workflow_arn, std::string run_id) {
  auto tasks = client.paginate_list_task_instances({workflow_arn, run_id}).items();
  while (auto task = co_await tasks.next()) std::cout << task->task_instance_id << '\t' << task->status << '\n';
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  asio::io_context io;
  const mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
  asio::co_spawn(io, list_tasks(client, argv[1], argv[2]), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
  io.run();
}
