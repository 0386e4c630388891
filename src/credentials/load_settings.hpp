// The settings of this process's environment and of the files that it names.
#pragma once

#include <mwaa_serverless/error.hpp>
#include <string_view>

#include "credentials/settings.hpp"

namespace mwaa_serverless::profiles {

/// Reads the environment and both files, and resolves. Blocks for as long as reading two small files takes. A file that
/// is not there is empty; one that cannot be read or is larger than 4 MiB is errc::invalid_configuration.
[[nodiscard]] result<settings> load_settings(std::string_view profile);

}  // namespace mwaa_serverless::profiles
