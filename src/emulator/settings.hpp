// The command line of mwaa-serverless-emulator.
#pragma once

#include <mwaa_serverless/testing/emulator.hpp>
#include <mwaa_serverless/testing/emulator_server.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mwaa_serverless::emulator {

struct settings {
  testing::emulator_options service;
  testing::emulator_server_options server;
  std::vector<testing::fault> faults;
  double fault_probability = 0;
  std::string certificate_file;  ///< Empty: none.
  bool verbose = false;
};

/// What was asked for, or nullopt and the program's exit code when there is nothing to serve (help, a mistake: both
/// already printed).
[[nodiscard]] std::optional<settings> read_command_line(int argc, char** argv, int& exit_code);

}  // namespace mwaa_serverless::emulator
