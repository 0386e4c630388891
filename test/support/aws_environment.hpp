// The environment that AWS's tools read, for the length of a test.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace test {

/// Sets the variables that AWS's tools read, all others of them unset, and puts back what was there. The metadata
/// service of instances is switched off and the home directory is nowhere unless `values` say otherwise: this machine
/// may have one, and files for AWS's tools.
class aws_environment {
 public:
  explicit aws_environment(std::map<std::string, std::string> values = {}) {
    values.emplace("AWS_EC2_METADATA_DISABLED", "true");
    values.emplace("HOME", "/nonexistent");
    std::vector<const char*> names{"AWS_CLI_ERROR_FORMAT"};
    for (const char* name : mwaa_serverless::config::variable_names()) names.push_back(name);
    for (const char* name : names) {
      const char* const before = std::getenv(name);
      before_[name] = before == nullptr ? std::nullopt : std::optional<std::string>{before};
      const auto wanted = values.find(name);
      put(name, wanted == values.end() ? std::nullopt : std::optional<std::string>{wanted->second});
    }
  }
  aws_environment(const aws_environment&) = delete;
  aws_environment& operator=(const aws_environment&) = delete;
  ~aws_environment() {
    for (const auto& [name, value] : before_) put(name, value);
  }

 private:
  static void put(const std::string& name, const std::optional<std::string>& value) {
    if (value)
      ::setenv(name.c_str(), value->c_str(), 1);
    else
      ::unsetenv(name.c_str());
  }
  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace test
