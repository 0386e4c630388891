// Roles that make_assume_role_credentials(), make_web_identity_credentials() and make_sso_credentials() take on.
#pragma once

#include <chrono>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string>
#include <type_traits>

namespace mwaa_serverless {

/// A role in AWS's Security Token Service (STS).
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: STS, AssumeRole and AssumeRoleWithWebIdentity.
class MWAA_SERVERLESS_API assume_role_options {
 public:
  /// Such as `arn:aws:iam::123456789012:role/name`, and the region whose STS is asked.
  assume_role_options(std::string role_arn_value, std::string region_value);

  std::string role_arn;
  std::string region;
  std::string session_name;  ///< Default: one of this library's with the time.
  std::string external_id;
  std::string mfa_serial;  ///< See provider_options::mfa_code.
  /// From 15 minutes up to what the role allows, at most 12 hours: else the provider's factory throws
  /// exception(errc::invalid_configuration). Default: an hour.
  std::optional<std::chrono::seconds> duration;
  std::string endpoint_url;  ///< Of STS; empty: the region's.
  bool use_fips = false;
};
static_assert(!std::is_aggregate_v<assume_role_options>);

/// A role in IAM Identity Center.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API sso_options {
 public:
  sso_options(std::string start_url_value, std::string region_value, std::string account_id_value,
              std::string role_name_value);

  std::string start_url;
  std::string region;
  std::string account_id;
  std::string role_name;
  /// Name of the sso-session that `aws sso login` was for; empty: a login without one, whose token is not refreshed.
  std::string session;
};
static_assert(!std::is_aggregate_v<sso_options>);

}  // namespace mwaa_serverless
