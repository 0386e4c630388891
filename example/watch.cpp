// Watches two runs until they have ended, and tells what failed.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <mwaa_serverless/run_watcher.hpp>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

asio::awaitable<void> tell(mwaa::client client, std::string workflow_arn) {
  mwaa::watch_options options;
  options.share = 0.5;  // the other half of the quota is for others
  mwaa::run_watcher watcher{client, options};
  watcher.add({workflow_arn, "run-failed"});
  watcher.add({workflow_arn, "run-finished"});
  int events = 0;
  while (auto event = co_await watcher.next()) {
    ++events;
    if (event->kind == mwaa::watch_event_kind::task_added && event->task_status == mwaa::task_instance_status::failed)
      std::cout << event->run.run_id << ": task " << event->task_instance_id << " failed\n";
    if (event->kind == mwaa::watch_event_kind::run_finished)
      std::cout << event->run.run_id << ": " << event->run_status << '\n';
  }
  std::cout << events << " events for " << watcher.metrics().looks << " requests\n";
}

int main() {
  asio::io_context io;
  mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
  asio::co_spawn(io, tell(client, "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef"),
                 [](std::exception_ptr e) {
                   if (e) std::rethrow_exception(e);
                 });
  io.run();
}
