// Configurations from environment and files that are read once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <string>
#include <string_view>

#include "config/profile_file.hpp"
#include "config/settings.hpp"

namespace mwaa_serverless {

/// What client_config::from_environment() and load() are made of, for a program that needs more than one of them: a
/// pipe can be read once only.
class config_loader {
 public:
  /// Reads. Throws exception(errc::invalid_configuration).
  config_loader();

  [[nodiscard]] const config::variables& environment() const noexcept { return environment_; }
  [[nodiscard]] const config::profile_set& files() const noexcept { return *files_; }

  [[nodiscard]] client_config from_environment(std::string_view profile, provider_options options) const;
  /// The loader outlives the awaitable.
  [[nodiscard]] boost::asio::awaitable<client_config> load(std::string profile, provider_options options) const;

 private:
  config::variables environment_;
  std::shared_ptr<const config::profile_set> files_;
};

}  // namespace mwaa_serverless
