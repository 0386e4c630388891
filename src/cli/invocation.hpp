// A command line, understood.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/output_format.hpp"

namespace mwaa_serverless::cli {

/// What the program is asked to do.
class invocation {
 public:
  invocation() {}

  /// Printed instead of doing anything: help, version.
  std::optional<std::string> answer;

  const command* what = nullptr;     ///< Null with lists_configuration.
  bool lists_configuration = false;  ///< `configure list`
  arguments given;
  paging pages;

  std::optional<output_format> output;  ///< Absent: as the environment or the profile says.
  color_choice color = color_choice::automatic;
  bool debug = false;
  bool verify_tls = true;
  std::string region;
  std::string profile;
  std::string endpoint_url;
  std::string ca_bundle;
  std::optional<std::chrono::seconds> connect_timeout;  ///< Zero: no limit.
  std::optional<std::chrono::seconds> read_timeout;     ///< Zero: no limit.
};

/// Reads the arguments (without the program's name). Throws failure. `errors` is set as soon as it is known, so that
/// a command line that fails is told in the format that it asks for.
[[nodiscard]] invocation parse_command_line(std::vector<std::string> args, error_format& errors);

}  // namespace mwaa_serverless::cli
