// A setting of a client, and where its value comes from.
#pragma once

#include <cstdint>
#include <mwaa_serverless/export.hpp>
#include <string>
#include <type_traits>

namespace mwaa_serverless {

/// Where a value comes from.
enum class setting_origin : std::uint8_t {
  by_default,
  code,
  environment,
  config_file,
  credentials_file,
  instance_metadata,
};

/// One setting of a client_config, for a person.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API configured_value {
 public:
  /// `place_value` is for an origin that has one.
  configured_value(std::string name_value, std::string value_value, setting_origin origin_value,
                   std::string place_value = {});

  std::string name;   ///< Of the member, such as `retry.max_attempts`.
  std::string value;  ///< As text; of credentials, where they come from. Never a secret.
  setting_origin origin;
  /// The origin in words: `default`, `code`, `environment variable AWS_REGION`, `/home/me/.aws/config, line 3: region`,
  /// `instance metadata (...)`.
  std::string place;
};
static_assert(!std::is_aggregate_v<configured_value>);

}  // namespace mwaa_serverless
