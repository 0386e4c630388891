// Completion of command lines by shells.
#pragma once

#include <string>
#include <vector>

namespace mwaa_serverless::cli {

/// A flag and what may follow it.
struct completed_flag {
  std::string flag;
  bool takes_value = true;
  bool takes_file = false;
  std::vector<std::string> values;  ///< Those that are offered. What ends in `=`, `{` or `/` goes on.
};

struct completed_command {
  std::string words;  ///< Such as `list-workflows` or `wait run-finished`.
  std::vector<completed_flag> flags;
};

/// A script for bash. `globals`: the flags of all commands.
[[nodiscard]] std::string bash_completion(const std::vector<completed_flag>& globals,
                                          const std::vector<completed_command>& commands);

}  // namespace mwaa_serverless::cli
