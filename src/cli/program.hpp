// The program from its arguments to its exit code.
#pragma once

#include <functional>
#include <mwaa_serverless/client_config.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"
#include "cli/live_screen.hpp"

namespace mwaa_serverless::cli {

/// What the program has around it.
class process_environment {
 public:
  process_environment() {}

  /// Standard output and standard error; the first throws std::system_error when it cannot write.
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int terminal_width = 80;
  /// What can be drawn on; null when standard output is no terminal, or one in whose background the program runs.
  live_terminal* terminal = nullptr;
  /// Asks the person at the terminal for something that is not shown; empty when nobody answers. May be null.
  std::function<std::string(const std::string& prompt)> ask;
  /// Of the sources of credentials: tests put their own network and clock there.
  provider_options fetching;
  /// Applied last to the client's settings: tests put their own network there.
  std::function<void(client_config&)> adjust;
};

/// Runs one command. `args`: without the program's name. Throws nothing that a person should read.
[[nodiscard]] exit_code run_program(std::vector<std::string> args, const process_environment& around);

}  // namespace mwaa_serverless::cli
