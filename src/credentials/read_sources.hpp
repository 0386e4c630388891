// This process's environment, and the files that an environment names.
#pragma once

#include <mwaa_serverless/error.hpp>

#include "credentials/profile_file.hpp"
#include "credentials/settings.hpp"

namespace mwaa_serverless::profiles {

/// The variables of variable_names() that are set.
[[nodiscard]] variables read_environment();

/// Both files. Blocks for as long as reading two small files takes. A file that is not there is empty; one that cannot
/// be read or is larger than 4 MiB is errc::invalid_configuration.
[[nodiscard]] result<profile_set> read_files(const variables& environment);

}  // namespace mwaa_serverless::profiles
