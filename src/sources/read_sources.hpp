// This process's environment, and the files that an environment names.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>

#include "config/profile_file.hpp"
#include "config/settings.hpp"

namespace mwaa_serverless::sources {

/// A configuration file may be this long.
inline constexpr std::size_t longest_file = std::size_t{64} * 1024 * 1024;

/// The variables of variable_names() that are set, and those that the names of the files are made of. Where no variable
/// names a home directory (a service under systemd), HOME is that of the user database.
[[nodiscard]] config::variables read_environment();

/// Both files. One that is not there, or cannot be read (a directory, no permission, a pipe that nobody writes to), is
/// empty and has a profile_set::unread(). One that is larger than longest_file or cannot be understood is
/// errc::invalid_configuration. Blocks for the disk, and for 5 seconds at most with a pipe or a device.
[[nodiscard]] result<config::profile_set> read_files(const config::variables& environment);
/// The same for a coroutine: waits for pipes and devices on its executor.
[[nodiscard]] boost::asio::awaitable<result<config::profile_set>> async_read_files(config::variables environment,
                                                                                   clock& time,
                                                                                   clock::time_point deadline);

/// make_default_credentials() with `environment`. It reads the files again for each fetch, but where `files` came from
/// a pipe or a device: those are used for as long as it lives. `files` may be null.
[[nodiscard]] std::shared_ptr<credentials_provider> make_default_from(config::variables environment,
                                                                      std::shared_ptr<const config::profile_set> files,
                                                                      std::string profile, provider_options options);

}  // namespace mwaa_serverless::sources
