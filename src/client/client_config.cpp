#include <memory>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "credentials/load_settings.hpp"

namespace mwaa_serverless {

namespace {

/// Stands for a source of credentials that this library does not read: says so when keys are needed.
class unread_source final : public credentials_provider {
 public:
  explicit unread_source(error why) : why_(std::move(why)) {}

  boost::asio::awaitable<result<std::shared_ptr<const credentials>>> get(clock::time_point) override { co_return why_; }

 private:
  const error why_;
};

}  // namespace

client_config::client_config() = default;

client_config client_config::from_environment(std::string_view profile) {
  auto found = profiles::load_settings(profile);
  if (!found) throw exception(std::move(found).error());
  client_config config;
  config.region = std::move(found->region);
  config.endpoint_url = std::move(found->endpoint_url);
  config.use_fips = found->use_fips;
  config.ca_bundle = std::move(found->ca_bundle);
  config.app_id = std::move(found->app_id);
  config.correct_clock_skew = found->correct_clock_skew;
  if (found->mode) config.retry.mode = *found->mode;
  if (found->max_attempts) config.retry.max_attempts = *found->max_attempts;
  if (found->keys) {
    config.credentials = make_static_credentials(*std::move(found->keys));
  } else if (!found->other_source.empty()) {
    config.credentials = std::make_shared<unread_source>(error(
        errc::credentials_failed, "profile " + found->profile + " takes its credentials from a source that is not " +
                                      "supported (" + found->other_source +
                                      "): give static keys, or set client_config::credentials"));
  }
  return config;
}

call_options::call_options() = default;

}  // namespace mwaa_serverless
