// The ranges of network_options.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/network_options.hpp>
#include <optional>
#include <string_view>

namespace mwaa_serverless::net {

/// errc::invalid_configuration naming the first member out of its range; `owner`, such as `client_config::`, stands
/// before the name. Files and proxies are not looked at.
[[nodiscard]] std::optional<error> validate(const network_options& options, std::string_view owner = {});

}  // namespace mwaa_serverless::net
