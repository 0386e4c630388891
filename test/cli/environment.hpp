// Environment variables for the length of a test.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace test {

/// Takes every variable that the program reads out of the environment, puts the given ones in, and the old ones back at
/// the end.
class environment {
 public:
  explicit environment(const std::map<std::string, std::string>& set = {}) {
    for (const char* name : {"AWS_ACCESS_KEY_ID",
                             "AWS_SECRET_ACCESS_KEY",
                             "AWS_SESSION_TOKEN",
                             "AWS_REGION",
                             "AWS_DEFAULT_REGION",
                             "AWS_ENDPOINT_URL",
                             "AWS_ENDPOINT_URL_MWAA_SERVERLESS",
                             "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                             "AWS_USE_FIPS_ENDPOINT",
                             "AWS_CA_BUNDLE",
                             "AWS_RETRY_MODE",
                             "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
                             "AWS_MAX_ATTEMPTS",
                             "AWS_PROFILE",
                             "AWS_DEFAULT_PROFILE",
                             "AWS_CONFIG_FILE",
                             "AWS_SHARED_CREDENTIALS_FILE",
                             "HOME",
                             "USERPROFILE",
                             "HOMEDRIVE",
                             "HOMEPATH",
                             "AWS_SDK_UA_APP_ID",
                             "AWS_DEFAULT_OUTPUT",
                             "AWS_CLI_ERROR_FORMAT"}) {
      const char* value = std::getenv(name);
      before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>{value};
      ::unsetenv(name);
    }
    for (const auto& [name, value] : set) ::setenv(name.c_str(), value.c_str(), 1);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() {
    for (const auto& [name, value] : before_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace test
