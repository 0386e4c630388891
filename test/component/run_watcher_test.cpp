// A watcher of runs beside the emulated service, in virtual time.
#include <mwaa_serverless/run_watcher.hpp>

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <map>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/emulated_client.hpp"

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using namespace std::chrono_literals;
using mwaa::watch_event_kind;
using mwaa::testing::emulated_run;
using mwaa::testing::emulated_task;
using mwaa::testing::emulator;
using test::emulated_service;

namespace {

const std::string arn = emulator::default_workflow_arn;

emulated_run three_tasks() {
  using changes = std::vector<mwaa::testing::status_change>;
  emulated_run run{emulated_task{"extract", changes{{0s, "QUEUED"}, {5s, "RUNNING"}, {60s, "SUCCESS"}}},
                   emulated_task{"transform", changes{{60s, "QUEUED"}, {66s, "RUNNING"}, {120s, "SUCCESS"}}},
                   emulated_task{"load", changes{{120s, "QUEUED"}, {125s, "RUNNING"}, {200s, "SUCCESS"}}}};
  return run;
}

asio::awaitable<std::vector<mwaa::watch_event>> all_events(mwaa::run_watcher& watcher) {
  std::vector<mwaa::watch_event> out;
  while (auto event = co_await watcher.next()) out.push_back(*std::move(event));
  co_return out;
}

std::string line(const mwaa::watch_event& event) {
  std::ostringstream out;
  out << event;
  return out.str().substr(out.str().find(' ') + 1);
}

}  // namespace

TEST_CASE("run_watcher: a run from its first sight to its end") {
  emulated_service service;
  service.emulator.add_run(arn, "daily", three_tasks());
  const mwaa::client client{service.io.get_executor(), test::config_for(service)};
  mwaa::run_watcher watcher{client};
  watcher.add(mwaa::run_key{arn, "daily"});
  const auto events = test::run(service.io, *service.time, all_events(watcher));
  std::vector<std::string> lines;
  for (const auto& event : events) lines.push_back(line(event));
  for (const auto& each : lines) MESSAGE(each);
  CHECK(lines.front().starts_with("run_added daily"));
  CHECK(lines.back() == "run_finished daily RUNNING -> SUCCESS");
}
