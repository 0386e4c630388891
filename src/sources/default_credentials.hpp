// The chain of AWS's CLI over files that have been read.
#pragma once

#include <memory>
#include <mwaa_serverless/credentials_provider.hpp>
#include <string>

#include "config/profile_file.hpp"
#include "config/settings.hpp"

namespace mwaa_serverless::sources {

/// make_default_credentials() with `environment`. It reads the files again for each fetch, but where `files` came from
/// a pipe or a device: those are used for as long as it lives. `files` may be null.
[[nodiscard]] std::shared_ptr<credentials_provider> make_default_from(config::variables environment,
                                                                      std::shared_ptr<const config::profile_set> files,
                                                                      std::string profile, provider_options options);

}  // namespace mwaa_serverless::sources
