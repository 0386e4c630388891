// What a scenario file is made of: docs/emulator.md describes it to its writers.
#pragma once

#include <mwaa_serverless/testing/emulator.hpp>
#include <string>
#include <vector>

#include "testing/json_section.hpp"

namespace mwaa_serverless::testing {

struct described_run {
  std::string id;
  std::vector<emulated_task> tasks;
};

/// The `id` and `tasks` of `run`. Refuses what breaks a rule.
[[nodiscard]] described_run read_run(const json_section& run);
/// Refuses what is no ARN of a workflow.
[[nodiscard]] std::string read_workflow_arn(const json_section& in, const char* member);

}  // namespace mwaa_serverless::testing
