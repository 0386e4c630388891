// Settings of a client.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mwaa_serverless/attempt_gate.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/configured_value.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/network_options.hpp>
#include <mwaa_serverless/observer.hpp>
#include <mwaa_serverless/retry.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mwaa_serverless {

/// Everything that a client can be told.
///
/// Errors: checked once, by the client's constructor, which throws exception(errc::invalid_configuration) naming the
/// member.
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: each member's; unless it says otherwise, the AWS SDKs' and the AWS CLI's settings of that name.
class MWAA_SERVERLESS_API client_config : public network_options {
 public:
  client_config();

  /// Reads the environment and the shared configuration files as AWS's tools do; a blank variable counts as unset. The
  /// environment takes precedence over the files, and ~/.aws/credentials over ~/.aws/config
  /// (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE). The profile is `profile`, else AWS_PROFILE, else
  /// AWS_DEFAULT_PROFILE, else `default`.
  ///
  ///   * region: AWS_REGION, AWS_DEFAULT_REGION; `region`
  ///   * endpoint_url: AWS_ENDPOINT_URL_MWAA_SERVERLESS, AWS_ENDPOINT_URL; `mwaa_serverless` in the section that
  ///     `services` names, `endpoint_url`; none when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or
  ///     `ignore_configured_endpoint_urls` is true
  ///   * use_fips: AWS_USE_FIPS_ENDPOINT; `use_fips_endpoint`
  ///   * ca_bundle: AWS_CA_BUNDLE; `ca_bundle`
  ///   * retry.mode: AWS_RETRY_MODE; `retry_mode`
  ///   * retry.max_attempts: AWS_MAX_ATTEMPTS; `max_attempts`
  ///   * correct_clock_skew: AWS_DISABLE_CLOCK_SKEW_CORRECTION; `disable_clock_skew_correction`
  ///   * app_id: AWS_SDK_UA_APP_ID; `sdk_ua_app_id`
  ///   * https_proxy, http_proxy, no_proxy: the variables of these names in lower case, else in upper case
  ///   * credentials: make_default_credentials(profile, options); `options.ca_bundle` and its proxies when empty as
  ///   above
  ///
  /// Blocks while it reads two small files; asks no source of credentials. Throws exception: errc::no_profile;
  /// errc::invalid_configuration naming the variable, or the file and line, that cannot be used (half a key pair, a
  /// count that is no number, source profiles in a loop).
  [[nodiscard]] static client_config from_environment(std::string_view profile = {}, provider_options options = {});

  /// The same, and then the region of the EC2 instance when there is no other and the instance's metadata service
  /// responds (off instances that takes a second, once). `options` as for from_environment().
  [[nodiscard]] static boost::asio::awaitable<client_config> load(std::string profile = {},
                                                                  provider_options options = {});

  /// Every setting with where its value came from. Before them, what does not count: as `unread_file` each shared
  /// configuration file that is there, or that a variable names, and could not be read; as `unread_section` each
  /// section that may be meant as the profile [default] and is not.
  [[nodiscard]] std::vector<configured_value> describe() const;
  /// One line for each setting.
  friend MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const client_config& config);

  /// Such as `us-east-1`. Required (it is also what requests are signed for), no default.
  std::string region;
  /// `http://` or `https://`, host, port, path; overrides the region's endpoint. Empty: the region's own endpoint. The
  /// path is sent as it is written (percent-encodings, `//`, dot segments, a final slash) and signed as botocore signs
  /// it: without dot segments and double slashes, and percent-encoded once more. A query or fragment is refused.
  std::string endpoint_url;
  /// Use the region's FIPS 140 endpoint. Not together with endpoint_url.
  bool use_fips = false;
  /// Null: every call fails with errc::no_credentials.
  std::shared_ptr<credentials_provider> credentials;

  retry_options retry;
  /// Default of call_options::attempt_timeout. Positive. Default 30 s.
  std::chrono::milliseconds attempt_timeout{30'000};
  /// Default of call_options::operation_timeout. Positive; absent: no limit. Default absent.
  std::optional<std::chrono::milliseconds> operation_timeout;

  /// Added to the user agent as `app/ID`. At most 50 characters.
  std::string app_id;

  /// Learn from the `Date` of responses how wrong this machine's clock is, sign with the time that the service has, and
  /// repeat a request that was refused for it when the clocks differ by more than 4 minutes. Default true.
  bool correct_clock_skew = true;

  /// Told of every attempt and operation. Null: nobody is.
  std::shared_ptr<observer> attempt_observer;
  /// Awaited before each attempt. Null: none.
  std::shared_ptr<attempt_gate> attempt_limiter;

  // Seams for tests and simulations. Null: the real thing.
  std::shared_ptr<clock> time;
  std::shared_ptr<transport> network;
  /// Uniform in [0, 1), for jitter; called under a lock of the client. Other values, and exceptions, are replaced.
  /// Default: seeded per client by the machine.
  std::function<double()> random;

 private:
  friend class config_loader;
  // As from_environment() and load() found them.
  std::vector<configured_value> loaded_;
  std::weak_ptr<credentials_provider> loaded_credentials_;
};
static_assert(!std::is_aggregate_v<client_config>);

}  // namespace mwaa_serverless
