#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <vector>

#include "benchmarks.hpp"
#include "print_figures.hpp"
#include "process_figures.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using steady = std::chrono::steady_clock;

namespace {

class tally {
 public:
  explicit tally(std::uint64_t requests) : left(requests) { latencies.reserve(requests); }

  std::uint64_t left;
  std::uint64_t errors = 0;
  std::uint64_t items = 0;
  std::vector<std::chrono::nanoseconds> latencies;
  std::string first_error;
};

asio::awaitable<void> poller(mwaa::client client, const poll_options& options, tally& counts) {
  while (counts.left > 0) {
    --counts.left;
    mwaa::list_task_instances_request request{options.workflow_arn, options.run_id};
    request.max_results = options.max_results;
    const auto started = steady::now();
    auto page = co_await mwaa::as_result(client.list_task_instances(std::move(request)));
    counts.latencies.push_back(steady::now() - started);
    if (page) {
      counts.items += page->task_instances.size();
    } else {
      if (counts.errors++ == 0) counts.first_error = page.error().message;
    }
  }
}

void run(const mwaa::client& client, asio::io_context& io, const poll_options& options, tally& counts) {
  std::exception_ptr failure;
  for (int i = 0; i < options.concurrency; ++i) {
    asio::co_spawn(io, poller(client, options, counts), [&](std::exception_ptr e) {
      if (e) failure = e;
    });
  }
  io.restart();
  io.run();
  if (failure) std::rethrow_exception(failure);
}

double percentile(const std::vector<std::chrono::nanoseconds>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return std::chrono::duration<double, std::micro>(sorted[index]).count();
}

}  // namespace

int poll(const poll_options& options) {
  auto config = mwaa::client_config::from_environment();
  config.region = options.region;
  config.endpoint_url = options.endpoint_url;
  config.max_connections = static_cast<std::size_t>(options.concurrency);
  config.verify_tls = options.verify_tls;
  if (!options.ca_bundle.empty()) config.ca_bundle = options.ca_bundle;
  // For any other server than the emulator, keys come from the environment.
  if (std::getenv("AWS_ACCESS_KEY_ID") == nullptr)
    config.credentials = mwaa::make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});

  asio::io_context io{1};
  const mwaa::client client{io.get_executor(), config};
  if (options.warm_up > 0) {
    tally ignored{options.warm_up};
    run(client, io, options, ignored);
  }
  tally counts{options.requests};
  const auto retries_before = client.metrics().retries;
  const auto cpu_before = cpu_time();
  const auto started = steady::now();
  run(client, io, options, counts);
  const double seconds = std::chrono::duration<double>(steady::now() - started).count();
  const double cpu_us = static_cast<double>((cpu_time() - cpu_before).count());

  std::sort(counts.latencies.begin(), counts.latencies.end());
  const auto requests = counts.latencies.size();
  const boost::json::object figures{
      {"benchmark", "poll"},
      {"endpoint_url", options.endpoint_url},
      {"concurrency", options.concurrency},
      {"requests", requests},
      {"errors", counts.errors},
      {"items", counts.items},
      {"seconds", seconds},
      {"requests_per_second", static_cast<double>(requests) / seconds},
      {"cpu_us_per_request", cpu_us / static_cast<double>(requests)},
      {"p50_us", percentile(counts.latencies, 0.50)},
      {"p99_us", percentile(counts.latencies, 0.99)},
      {"max_rss_kib", max_rss_kib()},
      {"retries", client.metrics().retries - retries_before},
  };
  print(figures, options.output);
  if (counts.errors > 0) std::cerr << "first error: " << counts.first_error << '\n';
  return counts.errors == requests ? 1 : 0;
}

}  // namespace bench
