// What the environment and the shared configuration files say together.
#pragma once

#include <cstdint>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/retry.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/profile_file.hpp"

namespace mwaa_serverless::config {

/// Environment variables by name. A blank one counts as unset, as in AWS's own tools.
using variables = strings::secret_map<strings::secret_string>;

/// The variables that are read.
[[nodiscard]] std::span<const char* const> variable_names() noexcept;
/// The variables that a path names, as `$NAME` or `${NAME}`.
[[nodiscard]] std::vector<std::string> variables_in(std::string_view text);

/// The home directory; empty when no variable names one.
[[nodiscard]] std::string home(const variables& environment);

/// Where the two files are: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else `config` and `credentials` in
/// `.aws` of the home directory (HOME, USERPROFILE, HOMEDRIVE and HOMEPATH, in this order). Empty when there is no home
/// to look in. Variables in the two (`$HOME/aws`) are replaced by their values where they are set, and then a `~/` at
/// the beginning by the home directory, as the AWS CLI does.
[[nodiscard]] std::string config_path(const variables& environment);
[[nodiscard]] std::string credentials_path(const variables& environment);

/// Where a value came from.
enum class origin_kind : std::uint8_t { none, code, environment, config_file, credentials_file, instance_metadata };

/// A value with where it stands, for messages.
class found_value {
 public:
  found_value() {}

  strings::secret_string value;
  origin_kind kind = origin_kind::none;
  std::string place;  ///< Such as `environment variable AWS_REGION`, or file, line and setting.

  [[nodiscard]] bool empty() const noexcept { return value.empty(); }
  /// For what is no secret.
  [[nodiscard]] std::string text() const { return std::string{view(value)}; }
  /// Repeats the value: not for secrets.
  [[nodiscard]] error refuse(std::string_view rule) const;
};

/// A value as text and as what it means.
template <class T>
class typed_value {
 public:
  typed_value() {}

  found_value from;
  T value{};
};

/// Settings, each from where it counts first.
class settings {
 public:
  settings() {}

  found_value profile;  ///< The profile in use; `default`, of no origin, when none was named.
  found_value region;
  found_value endpoint_url;
  found_value ca_bundle;
  found_value app_id;
  found_value output;  ///< How programs print: not the library's concern.
  found_value https_proxy;
  found_value http_proxy;
  found_value no_proxy;
  typed_value<bool> use_fips;
  typed_value<bool> no_clock_skew_correction;
  typed_value<std::optional<retry_mode>> mode;
  typed_value<std::optional<int>> max_attempts;
};

/// The environment counts before the profile. The profile is `wanted`, else AWS_PROFILE, else AWS_DEFAULT_PROFILE (the
/// order of AWS's CLI, version 2), else `default`. errc::invalid_configuration names the setting, where it stands and
/// the rule; errc::no_profile names the profile that is not there and those that are spelled alike.
[[nodiscard]] result<settings> resolve_settings(const variables& environment, const profile_set& files,
                                                std::string_view wanted);

}  // namespace mwaa_serverless::config
