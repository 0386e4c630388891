#include <array>
#include <cstddef>
#include <random>

#include "testing/account.hpp"

namespace mwaa_serverless::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<const char*, 6> operators{
    "S3KeySensor",         "GlueJobOperator", "PythonOperator", "AthenaOperator", "EmrServerlessStartJobOperator",
    "S3CopyObjectOperator"};

std::string numbered(std::string_view name, std::size_t number) {
  std::string digits = std::to_string(number);
  return std::string{name} + "_" + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

// Uniform in [low, high]. The standard's distributions differ between libraries; this is the same everywhere.
std::uint64_t between(std::mt19937_64& random, std::uint64_t low, std::uint64_t high) {
  return low + random() % (high - low + 1);
}

/// 250 tasks: mostly done, and each of the other statuses a few times.
std::vector<emulated_task> finished_tasks(std::mt19937_64& random) {
  constexpr std::array<const char*, 13> others{
      "QUEUED",  "FAILED",     "SCHEDULED", "RUNNING", "UP_FOR_RESCHEDULE", "UP_FOR_RETRY", "UPSTREAM_FAILED",
      "REMOVED", "RESTARTING", "DEFERRED",  "NONE",    "CANCELLED",         "TIMEOUT"};
  std::vector<emulated_task> tasks;
  for (std::size_t i = 0; i < 250; ++i) {
    const bool odd_one = i % 5 == 4;
    const char* status = odd_one ? others[(i / 5) % others.size()] : "SUCCESS";
    emulated_task task{numbered("task", i + 1), status};
    task.operator_name = operators[i % operators.size()];
    if (std::string_view{status} != "UPSTREAM_FAILED" && std::string_view{status} != "REMOVED")
      task.duration = seconds{between(random, 1, 900)};
    tasks.push_back(std::move(task));
  }
  return tasks;
}

/// Waves of tasks that are scheduled, queue, run, and now and then fail and try again.
std::vector<emulated_task> live_tasks(std::mt19937_64& random) {
  std::vector<emulated_task> tasks;
  for (std::size_t i = 0; i < 40; ++i) {
    milliseconds at{static_cast<milliseconds::rep>((i / 8) * 45'000 + between(random, 0, 10'000))};
    const auto pass = [&](std::uint64_t low, std::uint64_t high) {
      at += milliseconds{static_cast<milliseconds::rep>(between(random, low, high))};
    };
    std::vector<status_change> timeline;
    const auto run_once = [&] {
      timeline.emplace_back(at, "SCHEDULED");
      pass(500, 3'000);
      timeline.emplace_back(at, "QUEUED");
      pass(500, 5'000);
      timeline.emplace_back(at, "RUNNING");
      pass(4'000, 60'000);
    };
    run_once();
    if (between(random, 1, 6) == 1) {
      timeline.emplace_back(at, "UP_FOR_RETRY");
      pass(5'000, 15'000);
      run_once();
    }
    timeline.emplace_back(at, between(random, 1, 12) == 1 ? "FAILED" : "SUCCESS");
    emulated_task task{numbered("step", i + 1), std::move(timeline)};
    task.operator_name = operators[i % operators.size()];
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::vector<emulated_task> failed_tasks() {
  std::vector<emulated_task> tasks;
  for (std::size_t i = 0; i < 12; ++i) {
    emulated_task task{numbered("load", i + 1), i < 5 ? "SUCCESS" : i == 5 ? "FAILED" : "UPSTREAM_FAILED"};
    task.operator_name = operators[i % operators.size()];
    if (i <= 5) task.duration = seconds{static_cast<seconds::rep>(10 + 7 * i)};
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace

void add_default_scenario(account& to, const std::string& workflow_arn, std::uint64_t seed, clock::time_point start) {
  std::mt19937_64 random{seed};
  emulated_run finished{finished_tasks(random)};
  finished.timeline = {
      {seconds{-900}, "STARTING"}, {seconds{-898}, "QUEUED"}, {seconds{-895}, "RUNNING"}, {seconds{0}, "SUCCESS"}};
  to.add_run(workflow_arn, emulator::run_finished, finished, start);
  to.add_run(workflow_arn, emulator::run_live, live_tasks(random), start);
  to.add_run(workflow_arn, emulator::run_failed, failed_tasks(), start);
  to.add_run(workflow_arn, emulator::run_empty, {}, start);
}

}  // namespace mwaa_serverless::testing
