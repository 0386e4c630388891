// Settings of a client.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mwaa_serverless/attempt_gate.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/credentials_provider.hpp>
#include <mwaa_serverless/observer.hpp>
#include <mwaa_serverless/retry.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace mwaa_serverless {

/// One setting of a client_config, for a person.
class configured_value {
 public:
  configured_value(std::string name_value, std::string value_value, std::string origin_value);

  std::string name;   ///< Of the member, such as `retry.max_attempts`.
  std::string value;  ///< As text; of credentials, where they come from. Never a secret.
  /// `default`, `code`, `environment variable AWS_REGION`, `/home/me/.aws/config, line 3: region`,
  /// `instance metadata (...)`.
  std::string origin;
};
static_assert(!std::is_aggregate_v<configured_value>);

/// Everything that a client can be told. Checked once, by the client's constructor, which throws
/// exception(errc::invalid_configuration) naming the member.
class client_config {
 public:
  client_config();

  /// Reads the environment and the shared configuration files as AWS's tools do; a blank variable counts as unset. The
  /// environment counts before the files, and ~/.aws/credentials before ~/.aws/config (AWS_SHARED_CREDENTIALS_FILE,
  /// AWS_CONFIG_FILE). The profile is `profile`, else AWS_PROFILE, else AWS_DEFAULT_PROFILE, else `default`.
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
  /// answers (off instances that takes a second, once). `options` as for from_environment().
  [[nodiscard]] static boost::asio::awaitable<client_config> load(std::string profile = {},
                                                                  provider_options options = {});

  /// Every setting with where its value came from.
  [[nodiscard]] std::vector<configured_value> describe() const;
  /// One line for each setting.
  friend std::ostream& operator<<(std::ostream& out, const client_config& config);

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
  /// Limit of opening a connection: name look-up, TCP and TLS handshakes. Positive, at most a year. Default
  /// 3.1 s (as the Rust SDK).
  std::chrono::milliseconds connect_timeout{3100};
  /// Default of call_options::attempt_timeout. Positive. Default 30 s.
  std::chrono::milliseconds attempt_timeout{30'000};
  /// Limit of silence: the longest time in which a request under way neither sends nor receives a byte (boto3's
  /// read_timeout). Then errc::attempt_timeout. Positive; absent: attempt_timeout alone. Default absent.
  std::optional<std::chrono::milliseconds> read_timeout;
  /// Default of call_options::operation_timeout. Positive; absent: no limit. Default absent.
  std::optional<std::chrono::milliseconds> operation_timeout;

  /// Connections open at once; further requests wait in line, first come first served. From 1. Default 64.
  std::size_t max_connections = 64;
  /// Requests that may wait for a connection at once; one more is errc::too_many_waiting. Absent: no limit.
  std::optional<std::size_t> max_waiting;
  /// Limit of the wait for a connection: errc::attempt_timeout in phase::waiting_for_connection. Positive; absent: the
  /// attempt's own.
  std::optional<std::chrono::milliseconds> acquire_timeout;
  /// A connection that has been open for longer is closed when a request gives it back, so that a service of many
  /// addresses is shared out anew now and then. Up to a tenth of it is taken off at random. Positive, at most a year.
  /// Default an hour (as nginx's keepalive_time).
  std::chrono::milliseconds max_connection_age{3'600'000};
  /// A connection unused for longer is closed instead of used; up to a tenth is taken off at random. Positive, at most
  /// a year. Default 50 s: AWS's load balancers close idle connections after 60 s.
  std::chrono::milliseconds max_idle_time{50'000};
  /// Limit of a response body; a longer one is errc::response_too_large. From 1024. Default 16 MiB.
  std::size_t max_response_bytes = std::size_t{16} * 1024 * 1024;

  /// File of PEM certificates to trust instead of the system's.
  std::string ca_bundle;
  /// For endpoints that ask who calls: a file of PEM with the client's certificate and those it was signed by, and one
  /// with its key, unencrypted. Without the second the key is in the first.
  std::string client_certificate;
  std::string client_key;
  /// False accepts any certificate, also that of someone in between who reads and changes everything: for experiments
  /// against a server of one's own only. No variable and no file can switch it; describe() and the command-line program
  /// say so in capitals, and transport_metrics::tls_unverified counts.
  bool verify_tls = true;
  /// A caller's own TLS settings, used as they are instead of the four above (the host name is still checked when the
  /// context verifies the peer). Its sessions are not resumed.
  std::shared_ptr<boost::asio::ssl::context> tls_context;

  /// Proxies for an https:// and for an http:// endpoint, `http://[user:password@]host:port`; empty: none. To https the
  /// proxy opens a tunnel (CONNECT); name and password (percent-encoded) are sent by the scheme Basic and never shown.
  std::string https_proxy;
  std::string http_proxy;
  /// Hosts that are reached without a proxy: host names with all below them, addresses, blocks (`10.0.0.0/8`), each
  /// also with `:port`, or `*`; by commas.
  std::string no_proxy;

  /// Added to the user agent as `app/ID`. At most 50 characters.
  std::string app_id;

  /// Learn from the `Date` of responses how wrong this machine's clock is, sign with the time that the service has, and
  /// repeat a request that was refused for it when the clocks differ by more than 4 minutes. Default true.
  bool correct_clock_skew = true;

  /// Told of every attempt and operation. Null: nobody is.
  std::shared_ptr<mwaa_serverless::observer> observer;
  /// Awaited before each attempt. Null: none.
  std::shared_ptr<mwaa_serverless::attempt_gate> attempt_gate;

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
