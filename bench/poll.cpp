#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "allocation/counted.hpp"
#include "benchmarks.hpp"
#include "canned_service.hpp"
#include "collected.hpp"
#include "contest.hpp"
#include "poll_client.hpp"
#include "print_figures.hpp"
#include "process_figures.hpp"
#include "raw_stream.hpp"
#include "task_page.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using steady = std::chrono::steady_clock;

namespace {

std::size_t connections_of(const poll_options& options) {
  return static_cast<std::size_t>(options.connections > 0 ? options.connections : options.concurrency);
}

mwaa::client_config configured(const poll_options& options) {
  auto config = mwaa::client_config::from_environment();
  config.region = options.region;
  config.endpoint_url = options.endpoint_url;
  config.max_connections = connections_of(options);
  config.verify_tls = options.verify_tls;
  // Thousands of handshakes at once, on a machine that has other things to do.
  config.connect_timeout = config.attempt_timeout = std::chrono::minutes{2};
  if (!options.ca_bundle.empty()) config.ca_bundle = options.ca_bundle;
  // For any other server than the emulator, keys come from the environment.
  if (std::getenv("AWS_ACCESS_KEY_ID") == nullptr)
    config.credentials = mwaa::make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});
  return config;
}

mwaa::list_task_instances_request request_of(const poll_options& options) {
  mwaa::list_task_instances_request request{options.workflow_arn, options.run_id};
  request.max_results = options.max_results;
  return request;
}

class library_client final : public poll_client {
 public:
  explicit library_client(const poll_options& options)
      : options_(options), client_(io_.get_executor(), configured(options)) {}

  void run(poll_tally& counts) override {
    const auto retries_before = client_.metrics().retries;
    std::exception_ptr failure;
    for (int i = 0; i < options_.concurrency; ++i) {
      asio::co_spawn(io_, poller(client_, options_, counts), [&](std::exception_ptr e) {
        if (e) failure = e;
      });
    }
    io_.restart();
    io_.run();
    if (failure) std::rethrow_exception(failure);
    counts.retries = client_.metrics().retries - retries_before;
  }

 private:
  static asio::awaitable<void> poller(mwaa::client client, const poll_options& options, poll_tally& counts) {
    while (counts.left > 0) {
      --counts.left;
      auto request = request_of(options);
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

  const poll_options options_;
  asio::io_context io_{1};
  const mwaa::client client_;
};

/// Keeps what it is asked to send.
class keeping_transport final : public mwaa::transport {
 public:
  asio::awaitable<mwaa::result<mwaa::http_response>> send(const mwaa::http_request& request,
                                                          mwaa::clock::time_point) override {
    kept = request;
    mwaa::http_response response;
    response.status = 200;
    response.body = R"({"TaskInstances":[]})";
    co_return response;
  }
  asio::awaitable<void> close() override { co_return; }
  mwaa::transport_metrics metrics() const override { return {}; }

  mwaa::http_request kept;
};

double percentile(const std::vector<std::chrono::nanoseconds>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return std::chrono::duration<double, std::micro>(sorted[index]).count();
}

/// One of the three, with the figures of its rounds.
class contender {
 public:
  std::string_view name;
  std::unique_ptr<poll_client> client;
  std::vector<double> cpu_us;
  std::vector<double> seconds;
  poll_tally all{0};
  std::uint64_t requests = 0;
  std::size_t allocations = 0;
  std::size_t allocated_bytes = 0;

  void run(std::uint64_t wanted) {
    poll_tally counts{wanted};
    const std::size_t allocations_before = test::allocations();
    const std::size_t bytes_before = test::allocated_bytes();
    const auto cpu_before = thread_time();
    const auto started = steady::now();
    {
      const collected instructions;
      client->run(counts);
    }
    allocations += test::allocations() - allocations_before;
    allocated_bytes += test::allocated_bytes() - bytes_before;
    const double took = std::chrono::duration<double>(steady::now() - started).count();
    const std::chrono::duration<double, std::micro> cpu = thread_time() - cpu_before;
    seconds.push_back(took);
    cpu_us.push_back(cpu.count() / static_cast<double>(wanted));
    requests += wanted;
    if (all.errors == 0) all.first_error = counts.first_error;
    all.errors += counts.errors;
    all.items += counts.items;
    all.body_bytes += counts.body_bytes;
    all.retries += counts.retries;
    all.latencies.insert(all.latencies.end(), counts.latencies.begin(), counts.latencies.end());
  }

  [[nodiscard]] double ratio_to(const contender& other) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < cpu_us.size(); ++i) ratios.push_back(cpu_us[i] / other.cpu_us[i]);
    return median(std::move(ratios));
  }
};

contender make_contender(std::string_view name, const poll_options& options) {
  contender out;
  out.name = name;
  if (name == "library") {
    out.client = make_library_client(options);
    return out;
  }
  const mwaa::http_request ready = ready_request(options);
  raw_peer peer;
  peer.where = ready.destination();
  peer.verify = options.verify_tls;
  peer.ca_bundle = options.ca_bundle;
  out.client =
      (name == "beast" ? make_beast_client : make_epoll_client)(peer, std::string{ready.bytes()}, options.concurrency);
  return out;
}

void print(contender& of, const std::vector<contender>& all, const poll_options& options) {
  std::sort(of.all.latencies.begin(), of.all.latencies.end());
  const double seconds = median(of.seconds);
  boost::json::object figures{
      {"benchmark", "poll"},
      {"client", of.name},
      {"endpoint_url", options.endpoint_url},
      {"concurrency", options.concurrency},
      {"connections", connections_of(options)},
      {"requests", of.requests},
      {"errors", of.all.errors},
  };
  // The raw clients do not know what an item is.
  if (of.name == "library") {
    figures["items"] = of.all.items;
  } else {
    figures["body_bytes"] = of.all.body_bytes;
  }
  figures["seconds"] = seconds;
  figures["requests_per_second"] = static_cast<double>(of.requests) / static_cast<double>(of.seconds.size()) / seconds;
  figures["cpu_us_per_request"] = median(of.cpu_us);
  figures["p50_us"] = percentile(of.all.latencies, 0.50);
  figures["p99_us"] = percentile(of.all.latencies, 0.99);
  figures["max_rss_kib"] = max_rss_kib();
  figures["retries"] = of.all.retries;
  figures["operations"] = of.requests;  // whose instructions callgrind counts, of one client
  figures["allocations_per_request"] = static_cast<double>(of.allocations) / static_cast<double>(of.requests);
  figures["allocated_bytes_per_request"] = static_cast<double>(of.allocated_bytes) / static_cast<double>(of.requests);
  if (all.size() > 1) {
    figures["rounds"] = of.cpu_us.size();
    for (const contender& other : all)
      if (other.name != of.name) figures["cpu_ratio_to_" + std::string{other.name}] = of.ratio_to(other);
  }
  bench::print(figures, options.output);
  if (of.all.errors > 0) std::cerr << of.name << ": first error: " << of.all.first_error << '\n';
}

}  // namespace

mwaa::http_request ready_request(const poll_options& options) {
  const auto transport = std::make_shared<keeping_transport>();
  auto config = configured(options);
  config.network = transport;
  asio::io_context io{1};
  asio::co_spawn(
      io,
      [](mwaa::client client, mwaa::list_task_instances_request request) -> asio::awaitable<void> {
        (void)co_await client.list_task_instances(std::move(request));
      }(mwaa::client{io.get_executor(), config}, request_of(options)),
      [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
      });
  io.run();
  return transport->kept;
}

std::unique_ptr<poll_client> make_library_client(const poll_options& options) {
  return std::make_unique<library_client>(options);
}

int poll(const poll_options& given) {
  poll_options options = given;
  std::optional<canned_service> service;
  if (options.endpoint_url.empty()) {
    canned_options of;
    of.tls = options.tls;
    of.body = task_page(1, options.items);
    of.connections = (options.rounds > 0 ? 3 : 1) * connections_of(options);
    service.emplace(of);
    options.endpoint_url = service->endpoint_url();
    options.ca_bundle = service->ca_bundle();
  }
  std::vector<std::string_view> names{options.client};
  if (options.rounds > 0) names = {"library", "beast", "epoll"};
  allow_descriptors(names.size() * connections_of(options));
  std::vector<contender> contenders;
  for (const std::string_view name : names) contenders.push_back(make_contender(name, options));

  for (contender& each : contenders) {
    // Beside each other, none pays for opening its connections.
    std::uint64_t warm_up = options.warm_up;
    if (options.rounds > 0) warm_up = std::max(warm_up, 2 * static_cast<std::uint64_t>(options.concurrency));
    poll_tally ignored{warm_up};
    if (warm_up > 0) each.client->run(ignored);
  }
  for (int round = 0; round < std::max(1, options.rounds); ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i)
      contenders[(i + static_cast<std::size_t>(round)) % contenders.size()].run(options.requests);
  }
  int failed = 0;
  for (contender& each : contenders) {
    print(each, contenders, options);
    if (each.all.errors == each.requests) failed = 1;
  }
  return failed;
}

}  // namespace bench
