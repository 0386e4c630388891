// What the environment and the shared configuration files say together.
#pragma once

#include <map>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/retry.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "credentials/profile_file.hpp"

namespace mwaa_serverless::profiles {

/// Environment variables by name. A blank one counts as unset, as in AWS's own tools.
using variables = std::map<std::string, std::string, std::less<>>;

/// The variables that are read.
[[nodiscard]] std::span<const char* const> variable_names() noexcept;

/// Where the two files are: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else `config` and `credentials` in
/// `.aws` of the home directory (HOME, USERPROFILE, HOMEDRIVE and HOMEPATH, in this order). Empty when there is no home
/// to look in. A `~/` at the beginning is the home directory.
[[nodiscard]] std::string config_path(const variables& environment);
[[nodiscard]] std::string credentials_path(const variables& environment);

/// Settings, each from where it counts first.
class settings {
 public:
  settings() {}

  std::string profile;  ///< The profile in use; `default` when none was named.
  std::string region;
  std::string endpoint_url;
  std::string ca_bundle;
  std::string app_id;
  bool use_fips = false;
  bool correct_clock_skew = true;
  std::optional<retry_mode> mode;
  std::optional<int> max_attempts;

  std::optional<credentials> keys;
  /// Set when the profile names a source of credentials that is not read: what and where.
  std::string other_source;
};

/// The environment counts before the profile. The profile is `wanted`, else AWS_DEFAULT_PROFILE, else AWS_PROFILE (the
/// order of AWS's CLI), else `default`. With a `wanted` profile the keys of the environment do not count (AWS's CLI,
/// `--profile`). errc::invalid_configuration names the setting, where it stands and the rule; errc::no_profile
/// names the profile that is not there and those that are spelled alike.
[[nodiscard]] result<settings> resolve_settings(const variables& environment, const profile_set& files,
                                                std::string_view wanted);

}  // namespace mwaa_serverless::profiles
