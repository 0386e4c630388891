// Parameters whose value is in a file.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace mwaa_serverless::cli {

/// `value` itself, or what is in the file that it names as `file://PATH` or `fileb://PATH`, as the AWS CLI reads it:
/// `~`, `~NAME` and `$VARIABLE` in PATH are expanded, and the line ends of file:// become `\n`. Throws failure that
/// names `flag` when the file cannot be read, is no UTF-8, or gives bytes where `kind` wants text.
[[nodiscard]] std::string parameter_value(std::string_view flag, parameter_kind kind, std::string value);

}  // namespace mwaa_serverless::cli
