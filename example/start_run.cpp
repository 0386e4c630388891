// Starts a run, waits for its end, and shows what failed.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/wait_for_run.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

asio::awaitable<void> start_and_watch(mwaa::client client, std::string workflow_arn) {
  // A program that kept its token somewhere safe, and crashed here, asks with it for the same run again.
  auto request = mwaa::start_workflow_run_request{workflow_arn}
                     .with_client_token(mwaa::make_client_token())
                     .with_override_parameters(mwaa::json_text{R"({"day": "2026-11-30"})"});
  const auto started = co_await client.start_workflow_run(request);
  std::cout << "started: " << started.status << '\n';

  mwaa::wait_options options;
  options.min_delay = 100ms;  // default: 2 s
  options.timeout = 1min;
  const std::string run_id = started.run_id.str();
  auto looks = mwaa::watch_run(client, workflow_arn, run_id, options);
  mwaa::workflow_run_status shown;
  while (auto look = co_await looks.next()) {
    if (look->status() != shown) std::cout << "now: " << (shown = look->status()) << '\n';
    if (look->outcome == mwaa::wait_outcome::still_running) std::cout << "gave up waiting\n";
  }

  auto tasks = client.paginate_list_task_instances({workflow_arn, run_id}).items();
  while (auto task = co_await tasks.next()) {
    if (task->status != mwaa::task_instance_status::failed) continue;
    const auto failed = co_await client.get_task_instance({workflow_arn, task->task_instance_id.str(), run_id});
    std::cout << failed.task_instance_id << " failed: " << failed.error_message << '\n';
  }
}

int main() {
  asio::io_context io;
  mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
  asio::co_spawn(
      io, start_and_watch(client, "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef"),
      [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
      });
  io.run();
}
