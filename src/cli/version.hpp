// The version of the program.
#pragma once

#include <string_view>

namespace mwaa_serverless::cli {

inline constexpr std::string_view version = MWAA_SERVERLESS_VERSION;

}  // namespace mwaa_serverless::cli
