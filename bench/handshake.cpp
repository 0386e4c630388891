#include <time.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <string>
#include <vector>

#include "benchmarks.hpp"
#include "process_figures.hpp"
#include "testing/local_service.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
namespace testing = mwaa_serverless::testing;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

struct figures {
  double p50_us = 0;
  double client_cpu_us = 0;
  double service_cpu_us = 0;
  std::uint64_t opened = 0;
  std::uint64_t resumed = 0;
};

double this_thread_us() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

asio::awaitable<void> call(mwaa::client client, int times, std::vector<double>& took) {
  const std::string arn = testing::emulator::default_workflow_arn;
  for (int i = 0; i < times; ++i) {
    const auto started = steady::now();
    (void)co_await client.list_task_instances({arn, testing::emulator::run_empty});
    took.push_back(std::chrono::duration<double, std::micro>(steady::now() - started).count());
  }
}

figures measure(mwaa::client_config config, int requests) {
  asio::io_context io{1};
  const mwaa::client client{io.get_executor(), std::move(config)};
  const auto run = [&](int times, std::vector<double>& took) {
    io.restart();
    asio::co_spawn(io, call(client, times, took), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
    io.run();
  };
  std::vector<double> took;
  run(10, took);  // the first has nothing to resume
  took.clear();
  const auto before = client.metrics().transport;
  const double process = static_cast<double>(cpu_time().count());
  const double mine = this_thread_us();
  run(requests, took);
  figures out;
  out.client_cpu_us = (this_thread_us() - mine) / requests;
  out.service_cpu_us = (static_cast<double>(cpu_time().count()) - process) / requests - out.client_cpu_us;
  std::nth_element(took.begin(), took.begin() + requests / 2, took.end());
  out.p50_us = took[static_cast<std::size_t>(requests / 2)];
  const auto after = client.metrics().transport;
  out.opened = after.connections_opened - before.connections_opened;
  out.resumed = after.tls_resumptions - before.tls_resumptions;
  return out;
}

void print(const char* what, const figures& of, format output) {
  if (output == format::json) {
    const boost::json::object row{{"what", what},
                                  {"p50_us", of.p50_us},
                                  {"client_cpu_us", of.client_cpu_us},
                                  {"service_cpu_us", of.service_cpu_us},
                                  {"connections", of.opened},
                                  {"resumed", of.resumed}};
    std::cout << boost::json::serialize(row) << '\n';
  } else {
    std::printf("%-18s p50 %6.0f us, CPU of the client %4.0f us, of the service %4.0f us\n", what, of.p50_us,
                of.client_cpu_us, of.service_cpu_us);
  }
}

}  // namespace

int handshake(int requests, format output) {
  testing::local_service service{{}, true};
  const figures kept = measure(service.config(), requests);
  // From here on each request needs a connection of its own.
  service.emulator.strike_randomly(1, {testing::fault::delay(0ms).with_header("Connection", "close")});
  const figures resumed = measure(service.config(), requests);
  // A context of the caller's has no sessions to resume.
  auto config = service.config();
  config.tls_context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  config.tls_context->add_certificate_authority(asio::buffer(service.certificate_pem()));
  config.tls_context->set_verify_mode(asio::ssl::verify_peer);
  const figures full = measure(config, requests);

  const auto wanted = static_cast<std::uint64_t>(requests);
  print("kept connection", kept, output);
  print("resumed handshake", resumed, output);
  print("full handshake", full, output);
  const bool as_named = kept.opened == 0 && resumed.opened == wanted && resumed.resumed == wanted &&
                        full.opened == wanted && full.resumed == 0;
  if (!as_named) std::cerr << "mwaa-serverless-bench: connections were not opened as the rows say\n";
  return as_named ? 0 : 1;
}

}  // namespace bench
