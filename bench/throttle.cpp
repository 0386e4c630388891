// Many callers under one quota, in virtual time.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/virtual_clock.hpp>
#include <random>
#include <utility>
#include <vector>

#include "benchmarks.hpp"
#include "process_figures.hpp"

namespace bench {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;

namespace {

constexpr auto settled_for_throttles = 10s;
constexpr auto settled_for_waits = 20s;

class tally {
 public:
  mwaa::clock::time_point start;
  std::uint64_t accepted = 0;
  std::uint64_t throttled = 0;
  std::uint64_t answered_settled = 0;
  std::uint64_t throttled_settled = 0;
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  std::string first_error;
  std::vector<std::chrono::nanoseconds> durations;
  std::chrono::nanoseconds longest_settled{0};
};

const mwaa::list_task_instances_request the_request{mwaa::testing::emulator::default_workflow_arn,
                                                    mwaa::testing::emulator::run_empty};

asio::awaitable<void> caller(mwaa::client client, std::shared_ptr<mwaa::clock> time, mwaa::clock::time_point end,
                             tally& counts) {
  while (time->now() < end) {
    const auto started = time->now();
    auto page = co_await mwaa::as_result(client.list_task_instances(the_request));
    const auto took = time->now() - started;
    ++counts.calls;
    counts.durations.push_back(took);
    if (time->now() - counts.start > settled_for_waits) counts.longest_settled = std::max(counts.longest_settled, took);
    if (!page && counts.failed++ == 0) counts.first_error = page.error().message;
  }
}

// One call every `interval`, or as soon as the one before has ended.
asio::awaitable<void> paced_caller(mwaa::client client, std::shared_ptr<mwaa::clock> time,
                                   mwaa::clock::time_point first, mwaa::clock::time_point end,
                                   mwaa::clock::time_point::duration interval, std::uint64_t& failed) {
  for (auto next = first; next < end; next = std::max(next + interval, time->now())) {
    co_await time->sleep_until(next);
    next = time->now();
    auto page = co_await mwaa::as_result(client.list_task_instances(the_request));
    if (!page) ++failed;
  }
}

mwaa::client_config config_for(const mwaa::testing::emulator& service, std::shared_ptr<mwaa::clock> time,
                               std::mt19937_64& generator) {
  mwaa::client_config config;
  config.region = "us-east-1";
  config.credentials = mwaa::make_static_credentials({"AKIDEMULATOR", "emulator-secret-key"});
  config.network = service.in_memory_transport();
  config.time = std::move(time);
  config.random = [&generator] { return static_cast<double>(generator() >> 11) * 0x1.0p-53; };
  return config;
}

void print(const boost::json::object& figures, format output) {
  if (output == format::json) {
    std::cout << boost::json::serialize(figures) << '\n';
  } else {
    for (const auto& figure : figures) std::cout << figure.key() << ": " << figure.value() << '\n';
  }
}

double seconds(std::chrono::nanoseconds value) {
  return std::chrono::duration<double>(value).count();
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

int throttle(const throttle_options& options) {
  const auto time = std::make_shared<mwaa::testing::virtual_clock>();
  tally counts;
  counts.start = time->now();
  const auto end = counts.start + std::chrono::seconds{options.seconds};

  mwaa::testing::emulator_options service_options;
  service_options.rate_limit = options.rate_limit;
  service_options.burst = options.burst;
  service_options.latency = std::chrono::milliseconds{options.round_trip_ms};
  service_options.retry_after = options.hints;
  service_options.time = time;
  service_options.log_capacity = 0;
  service_options.on_request = [&](const mwaa::testing::request_record& record) {
    if (record.time >= end) return;  // those who were in line at the end
    const bool settled = record.time - counts.start > settled_for_throttles;
    ++(record.status == 429 ? counts.throttled : counts.accepted);
    if (settled) ++counts.answered_settled;
    if (settled && record.status == 429) ++counts.throttled_settled;
  };
  const mwaa::testing::emulator service{service_options};

  std::mt19937_64 generator{options.seed};
  mwaa::client_config config = config_for(service, time, generator);
  config.retry.mode = options.mode;

  asio::io_context io{1};
  const mwaa::client client{io.get_executor(), config};
  std::exception_ptr failure;
  for (int i = 0; i < options.callers; ++i) {
    asio::co_spawn(io, caller(client, time, end, counts), [&](std::exception_ptr e) {
      if (e) failure = e;
    });
  }
  const auto cpu_before = cpu_time();
  double rate_half_way = 0;
  time->run_until(io, counts.start + (end - counts.start) / 2);
  for (const auto& gate : client.metrics().gates) rate_half_way = std::max(rate_half_way, gate.rate);
  time->run(io);
  if (failure) std::rethrow_exception(failure);
  const double cpu_us = static_cast<double>((cpu_time() - cpu_before).count());

  std::sort(counts.durations.begin(), counts.durations.end());
  const auto answered = counts.accepted + counts.throttled;
  const double throttled = share(counts.throttled, answered);
  const double throttled_settled = share(counts.throttled_settled, counts.answered_settled);
  const double used = static_cast<double>(counts.accepted) / (options.rate_limit * options.seconds);
  const double longest = seconds(counts.longest_settled);
  const boost::json::object figures{
      {"benchmark", "throttle"},
      {"mode", std::string{to_string(options.mode)}},
      {"hints", options.hints},
      {"callers", options.callers},
      {"virtual_seconds", options.seconds},
      {"round_trip_ms", options.round_trip_ms},
      {"rate_limit", options.rate_limit},
      {"burst", options.burst},
      {"seed", options.seed},
      {"requests", answered},
      {"calls", counts.calls},
      {"failed_calls", counts.failed},
      {"throttled_share", throttled},
      {"throttled_share_after_10_s", throttled_settled},
      {"limit_used", used},
      {"median_call_s", counts.durations.empty() ? 0 : seconds(counts.durations[counts.durations.size() / 2])},
      {"longest_call_after_20_s", longest},
      {"gate_rate_half_way", rate_half_way},
      {"cpu_us_per_request", cpu_us / static_cast<double>(std::max<std::uint64_t>(answered, 1))},
  };
  print(figures, options.output);
  if (counts.failed > 0) std::cerr << "first error: " << counts.first_error << '\n';
  const bool kept = counts.failed == 0 && throttled <= options.max_throttled &&
                    throttled_settled <= options.max_throttled_settled && used >= options.min_used &&
                    longest <= options.max_call_seconds;
  return kept ? 0 : 1;
}

int strays(const stray_options& options) {
  constexpr std::size_t settled = 10;
  constexpr std::size_t disturbed = 60;
  constexpr std::size_t after = 60;
  bool kept = true;
  for (int run = 0; run < options.seeds; ++run) {
    const auto time = std::make_shared<mwaa::testing::virtual_clock>();
    const auto start = time->now();
    std::vector<int> accepted(settled + disturbed + after);  // by second
    std::uint64_t requests = 0;
    mwaa::testing::emulator_options service_options;
    service_options.seed = options.seed + static_cast<std::uint64_t>(run);
    service_options.latency = std::chrono::milliseconds{options.round_trip_ms};
    service_options.time = time;
    service_options.log_capacity = 0;
    service_options.on_request = [&](const mwaa::testing::request_record& record) {
      ++requests;
      const auto second = static_cast<std::size_t>((record.time - start) / 1s);
      if (record.status == 200 && second < accepted.size()) ++accepted[second];
    };
    mwaa::testing::emulator service{service_options};
    std::mt19937_64 generator{service_options.seed};
    asio::io_context io{1};
    const mwaa::client client{io.get_executor(), config_for(service, time, generator)};

    const auto end = start + std::chrono::seconds{accepted.size()};
    const std::chrono::duration<double> between{1 / options.wanted};
    std::uint64_t failed = 0;
    std::exception_ptr failure;
    for (int i = 0; i < options.callers; ++i) {
      const auto first = start + std::chrono::duration_cast<std::chrono::nanoseconds>(between * i);
      const auto interval = std::chrono::duration_cast<std::chrono::nanoseconds>(between * options.callers);
      asio::co_spawn(io, paced_caller(client, time, first, end, interval, failed), [&](std::exception_ptr e) {
        if (e) failure = e;
      });
    }
    time->run_until(io, start + std::chrono::seconds{settled});
    service.strike_randomly(options.share, {mwaa::testing::fault::throttle(1s)});
    time->run_until(io, start + std::chrono::seconds{settled + disturbed});
    service.strike_randomly(0);
    time->run(io);
    if (failure) std::rethrow_exception(failure);

    int during = 0;
    std::size_t recovery = 0;  // seconds after the minute, to the last with less than 95 %
    for (std::size_t i = settled; i < accepted.size(); ++i) {
      if (i < settled + disturbed)
        during += accepted[i];
      else if (accepted[i] < 0.95 * options.wanted)
        recovery = i + 1 - settled - disturbed;
    }
    const double during_per_second = static_cast<double>(during) / disturbed;
    print(boost::json::object{{"benchmark", "throttle_at_random"},
                              {"share", options.share},
                              {"callers", options.callers},
                              {"wanted_per_s", options.wanted},
                              {"round_trip_ms", options.round_trip_ms},
                              {"seed", service_options.seed},
                              {"requests", requests},
                              {"failed_calls", failed},
                              {"accepted_per_s_during", during_per_second},
                              {"recovery_s", recovery}},
          options.output);
    kept = kept && during_per_second >= options.min_during &&
           recovery <= static_cast<std::size_t>(options.max_recovery_seconds);
  }
  return kept ? 0 : 1;
}

}  // namespace bench
