// Where the service is.
#pragma once

#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <string_view>

namespace mwaa_serverless::protocol {

struct endpoint {
  std::shared_ptr<const origin> where;
  std::string authority;  ///< Of `where`, for the header `Host`.
  std::string path{'/'};  ///< From the endpoint URL, if it has one.
  std::string signing_region;

  /// `more`, which begins with a slash, below the path: with one slash between them, as botocore joins them.
  [[nodiscard]] std::string below(std::string_view more) const {
    return path.substr(0, path.size() - (path.ends_with('/') ? 1 : 0)).append(more);
  }
};

/// The service's endpoint rules (endpoint-rule-set-1.json): `endpoint_url` when there is one, else the region's
/// dual-stack name in its partition, with `-fips` when asked for. Errors: errc::no_region, errc::invalid_configuration
/// naming the setting.
[[nodiscard]] result<endpoint> resolve_endpoint(const std::string& region, bool use_fips,
                                                const std::string& endpoint_url);

/// Of the services that give out credentials, `sts`, `portal.sso` or `oidc`: `endpoint_url` when there is one, else the
/// region's.
[[nodiscard]] result<endpoint> resolve_identity_endpoint(std::string_view service, const std::string& region,
                                                         bool use_fips, const std::string& endpoint_url);

}  // namespace mwaa_serverless::protocol
