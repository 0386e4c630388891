// `configure list`: what the program would use, and where each value comes from.
#pragma once

#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace mwaa_serverless::cli {

/// The table of the AWS CLI v2. `keys` may be null: not set. `config_file` is the config file's name as it is shown.
[[nodiscard]] std::string format_configuration(const config::settings& found, const credentials* keys,
                                               std::string_view config_file);

}  // namespace mwaa_serverless::cli
