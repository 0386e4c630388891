// What a scenario file is made of: docs/emulator.md describes it to its writers.
#pragma once

#include <mwaa_serverless/testing/emulator.hpp>
#include <string>
#include <vector>

#include "testing/json_section.hpp"

namespace mwaa_serverless::testing {

struct described_run {
  std::string id;
  emulated_run course;
};

/// A run of a workflow: `workflow` is for who steers.
[[nodiscard]] json_section run_section(const boost::json::value& value, std::string path);
/// Refuses what breaks a rule, but for versions that there are not.
[[nodiscard]] described_run read_run(const json_section& run);
/// A workflow. Its `runs` are read one by one.
[[nodiscard]] json_section workflow_section(const boost::json::value& value, std::string path);
[[nodiscard]] emulated_workflow read_workflow(const json_section& workflow);
/// Refuses what is no ARN of a workflow.
[[nodiscard]] std::string read_workflow_arn(const json_section& in, const char* member);
/// Refuses what is no status of a run, of a task instance.
[[nodiscard]] std::string read_run_status(const json_section& in, const char* member);
[[nodiscard]] std::string read_task_status(const json_section& in, const char* member);

}  // namespace mwaa_serverless::testing
