// The benchmarks of mwaa-serverless-bench. Each prints its figures to standard output.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

enum class format : std::uint8_t { text, json };

struct poll_options {
  std::string endpoint_url;
  std::string region = "us-east-1";
  std::string workflow_arn;
  std::string run_id;
  std::string ca_bundle;
  bool verify_tls = true;
  int concurrency = 16;
  int max_results = 100;
  std::uint64_t requests = 10'000;
  std::uint64_t warm_up = 0;
  format output = format::text;
};

/// `concurrency` coroutines on one thread call list_task_instances back to back until `requests` calls have ended.
/// Returns the exit code: 1 when every request failed.
int poll(const poll_options& options);

/// The cost of one next() whose item is already here: median of `rounds` pages of 100 items.
int items(int rounds, format output);

}  // namespace bench
