// `watch`: what changes in many runs, as lines or as a live view.
#pragma once

#include "cli/command.hpp"

namespace mwaa_serverless::cli {

[[nodiscard]] const command& watch_command();

}  // namespace mwaa_serverless::cli
