// `wait run-finished`.
#pragma once

#include "cli/command.hpp"

namespace mwaa_serverless::cli {

/// Waits for the end of a run. Ends with success when the run does; all else is a failure that says the run's state.
[[nodiscard]] const command& wait_for_run_command();

}  // namespace mwaa_serverless::cli
