// A service of somebody else's, and its test: lists a run from the in-process emulator, in virtual time.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

asio::awaitable<std::size_t> count(mwaa::client client, std::string workflow_arn, std::string run_id) {
  const auto tasks = co_await mwaa::collect(client.paginate_list_task_instances({workflow_arn, run_id}).items(), 1000);
  co_return tasks.size();
}

int main() {
  asio::io_context io;
  mwaa::client_config config;
  config.region = "us-east-1";
  config.credentials = mwaa::make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});
  const auto time = std::make_shared<mwaa::testing::virtual_clock>();
  mwaa::testing::emulator_options options;
  options.time = time;
  options.latency = std::chrono::milliseconds{50};
  mwaa::testing::emulator service{options};
  service.script(mwaa::testing::fault::throttle(std::chrono::seconds{30}));
  config.time = time;
  config.network = service.in_memory_transport();
  std::size_t listed = 0;
  asio::co_spawn(io, count({io.get_executor(), config}, service.workflow_arn(), "run-finished"),
                 [&](std::exception_ptr e, std::size_t n) {
                   if (e) std::rethrow_exception(e);
                   listed = n;
                 });
  time->run(io);
  std::cout << listed << " tasks\n";
  return listed == 250 && time->elapsed() > std::chrono::seconds{30} ? 0 : 1;
}
