// What the environment and the shared configuration files say together.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <mwaa_serverless/configured_value.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/profile_file.hpp"

namespace mwaa_serverless::config {

/// Environment variables by name. A blank one counts as unset, as in AWS's own tools.
using variables = strings::secret_map<strings::secret_string>;

/// The variables that are read.
[[nodiscard]] std::vector<const char*> variable_names();
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

/// A value with where it stands, for messages.
class found_value {
 public:
  found_value() {}

  strings::secret_string value;
  setting_origin kind = setting_origin::by_default;
  std::string place;  ///< Such as `environment variable AWS_REGION`, or file, line and setting.

  [[nodiscard]] bool empty() const noexcept { return value.empty(); }
  /// For what is no secret.
  [[nodiscard]] std::string text() const { return std::string{view(value)}; }
  /// Repeats the value: not for secrets.
  [[nodiscard]] error refuse(std::string_view rule) const;
};

/// What a value must be, and how it is shown.
enum class value_kind : std::uint8_t {
  text,
  line,      ///< No line end or other control character.
  url,       ///< Shown without user name and password.
  truth,     ///< `true` or `false`.
  negation,  ///< `true` or `false`, and the member is the opposite.
  count,     ///< A whole number from 1.
  retry_mode,
};

/// A setting that environment or profile may give. Its default is that of the member.
class setting {
 public:
  constexpr setting(std::string_view name_value, std::array<const char*, 2> variables_value, std::string_view key_value,
                    value_kind kind_value)
      : name(name_value), variables(variables_value), key(key_value), kind(kind_value) {}

  std::string_view name;                 ///< Of the member of client_config; there is none of `profile` and `output`.
  std::array<const char*, 2> variables;  ///< The first that is set takes precedence, and over the profile.
  std::string_view key;                  ///< In the profile; empty: none.
  value_kind kind;
};

/// All of them. The endpoint URL is in the profile's section of services too, see lookup::endpoint_url().
inline constexpr std::array setting_table{
    setting{"profile", {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, "", value_kind::text},
    setting{"output", {"AWS_DEFAULT_OUTPUT"}, "output", value_kind::text},
    setting{"region", {"AWS_REGION", "AWS_DEFAULT_REGION"}, "region", value_kind::line},
    setting{"endpoint_url", {"AWS_ENDPOINT_URL_MWAA_SERVERLESS", "AWS_ENDPOINT_URL"}, "endpoint_url", value_kind::url},
    setting{"use_fips", {"AWS_USE_FIPS_ENDPOINT"}, "use_fips_endpoint", value_kind::truth},
    setting{"retry.mode", {"AWS_RETRY_MODE"}, "retry_mode", value_kind::retry_mode},
    setting{"retry.max_attempts", {"AWS_MAX_ATTEMPTS"}, "max_attempts", value_kind::count},
    setting{"ca_bundle", {"AWS_CA_BUNDLE"}, "ca_bundle", value_kind::line},
    // In lower case first, as everybody else does.
    setting{"https_proxy", {"https_proxy", "HTTPS_PROXY"}, "", value_kind::url},
    setting{"http_proxy", {"http_proxy", "HTTP_PROXY"}, "", value_kind::url},
    setting{"no_proxy", {"no_proxy", "NO_PROXY"}, "", value_kind::text},
    setting{"app_id", {"AWS_SDK_UA_APP_ID"}, "sdk_ua_app_id", value_kind::line},
    setting{"correct_clock_skew",
            {"AWS_DISABLE_CLOCK_SKEW_CORRECTION"},
            "disable_clock_skew_correction",
            value_kind::negation},
};

/// Null when the table has no row of that name.
[[nodiscard]] constexpr const setting* find_setting(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(setting_table, name, &setting::name);
  return found == setting_table.end() ? nullptr : found;
}

/// All rows of setting_table by name, each from where it counts first, as what the member has: `true` or `false`,
/// digits, a retry mode in lower case. Empty where nothing gives it.
using settings = std::map<std::string_view, found_value>;

/// The environment takes precedence over the profile. The profile is `wanted`, else AWS_PROFILE, else
/// AWS_DEFAULT_PROFILE (the order of AWS's CLI, version 2), else `default`, of no origin. errc::invalid_configuration
/// names the setting, where it stands and the rule; errc::no_profile names the profile that is not there and those that
/// are spelled alike.
[[nodiscard]] result<settings> resolve_settings(const variables& environment, const profile_set& files,
                                                std::string_view wanted);

}  // namespace mwaa_serverless::config
