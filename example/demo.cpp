// What scripts/demo shows: a run of several pages, listed through a throttle or two. Takes its settings from the
// environment, as example/report.cpp does.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <map>
#include <mwaa_serverless/client.hpp>
#include <string>
#include <vector>
namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;

namespace {

constexpr const char* workflow_arn =
    "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef";
constexpr const char* run_id = "run-finished";

std::vector<mwaa::task_instance> tasks;
int pages = 0;

// [the ten lines]
asio::awaitable<void> list_run(mwaa::client client) {
  auto stream = client.paginate_list_task_instances({workflow_arn, run_id}).with_page_size(25).pages();
  while (auto page = co_await stream.next()) {
    ++pages;
    for (const mwaa::task_instance& task : page->task_instances) tasks.push_back(task);
  }
}
// [end of the ten lines]

void print_table() {
  std::cout << std::left << std::setw(24) << "TASK" << std::setw(20) << "STATUS" << std::setw(10) << "SECONDS"
            << "OPERATOR\n";
  constexpr std::size_t shown = 12;
  for (std::size_t i = 0; i < tasks.size() && i < shown; ++i) {
    const mwaa::task_instance& task = tasks[i];
    const std::string seconds = task.duration_in_seconds ? std::to_string(task.duration_in_seconds->count()) : "-";
    std::cout << std::setw(24) << task.task_instance_id.str() << std::setw(20) << task.status.name() << std::setw(10)
              << seconds << task.operator_name << '\n';
  }
  if (tasks.size() > shown) std::cout << "... and " << tasks.size() - shown << " more\n";
  std::map<std::string, int> by_status;
  for (const mwaa::task_instance& task : tasks) ++by_status[std::string{task.status.name()}];
  std::cout << '\n';
  for (const auto& [status, count] : by_status)
    std::cout << std::setw(24) << status << std::right << std::setw(5) << count << std::left << '\n';
}

}  // namespace

int main() {
  try {
    asio::io_context io;
    const mwaa::client client{io.get_executor(), mwaa::client_config::from_environment()};
    const auto started = std::chrono::steady_clock::now();
    asio::co_spawn(io, list_run(client), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
    io.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    print_table();
    const auto metrics = client.metrics();
    std::cout << '\n'
              << pages << " pages, " << tasks.size() << " items, " << "retries: " << metrics.retries
              << ", throttled: " << metrics.throttled << ", connections: " << metrics.transport.connections_opened
              << ", " << std::fixed << std::setprecision(2) << took.count() << " s\n";
    return EXIT_SUCCESS;
  } catch (const std::exception& e) {
    std::cerr << "demo: " << e.what() << '\n';
    return EXIT_FAILURE;
  }
}
