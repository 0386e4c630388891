// What `watch` is asked to watch.
#pragma once

#include <chrono>
#include <mwaa_serverless/run_watcher.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace mwaa_serverless::cli {

class watch_request {
 public:
  watch_request() = default;

  std::vector<std::string> workflow_arns;  ///< Empty: all of the account.
  std::vector<std::string> run_ids;        ///< Runs of the one workflow; empty: all of its runs.
  bool only_active = false;                ///< Those that have not ended now, and no later ones.
  std::optional<std::chrono::system_clock::time_point> since;
  std::string checkpoint;  ///< A file; empty: none.
  watch_options options;
};

[[nodiscard]] std::vector<parameter> watch_parameters();
/// Throws failure naming what is wrong. Durations of --since count back from `now`.
[[nodiscard]] watch_request read_watch_request(const arguments& given, std::chrono::system_clock::time_point now);

}  // namespace mwaa_serverless::cli
