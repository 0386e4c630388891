// Where a client gets its keys from.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/network_options.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/role_options.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <type_traits>

namespace mwaa_serverless {

/// A source of credentials, asked before each attempt.
///
/// Errors: a provider cannot break its caller: one that has not ended a moment (1 ms) after `deadline` is cancelled and
/// left alone, and the attempt ends with errc::credentials_timeout; one that throws ends it with
/// errc::credentials_failed (an exception of this library's counts as the error it carries); one that returns a null
/// pointer, empty keys, or an error whose code is that of success, with errc::broken_contract.
///
/// Cancellation: see get().
///
/// Lifetime: shared by the clients that it is set for, and by calls under way.
///
/// Threads: called from all threads of the client's coroutines; one of a user's runs on a strand of the awaiting
/// coroutine's executor.
class MWAA_SERVERLESS_API credentials_provider {
 public:
  virtual ~credentials_provider() = default;
  /// The current keys, or an error (errc::no_credentials, errc::credentials_failed), at the latest at `deadline`.
  /// The same pointer as before means the same keys: the client then reuses its signing key.
  /// Cancelled through Asio: throws system_error(asio::error::operation_aborted). The caller does not wait for that.
  [[nodiscard]] virtual boost::asio::awaitable<result<std::shared_ptr<const credentials>>> get(
      clock::time_point deadline) = 0;
  /// The service refused these keys (unknown, expired). True when the next get() may bring others: the client then
  /// tries the call once more. Throwing counts as false.
  virtual bool rejected(const credentials& /*refused*/) { return false; }

 protected:
  credentials_provider() = default;
  credentials_provider(const credentials_provider&) = default;
  credentials_provider& operator=(const credentials_provider&) = default;
};

/// What the providers below that fetch have in common.
///
/// They share one fetch among all callers and keep what it brought, by the rules of AWS's SDKs of 2026. By the lifetime
/// of the credentials (up to 20 minutes, under 90, longer) a fetch begins 5, 15 or 60 minutes before their end, beside
/// the calls, which go on with the old ones; in the last minute calls wait for it. When it fails, the last ones stay in
/// use, beyond their end too, and the source is left alone for 5 to 10 minutes; only a source that refuses for good
/// (access denied, a session that is over) makes expired ones an error. A failure with nothing to fall back on is
/// given to all who ask in the next 1 to 5 seconds.
///
/// Of the inherited members, proxies are for STS and SSO only: containers and instances are asked directly.
///
/// Regular files are read while the loop waits; a pipe or a device is waited for without blocking, for 5 seconds at
/// most, and read once in the life of a provider.
///
/// Errors: those of the source. The make_ functions throw exception(errc::invalid_configuration) that names the member
/// out of its range.
///
/// Cancellation: a caller waits until its own deadline, and no longer; a caller that is cancelled leaves the fetch to
/// the others, and the last one to be cancelled ends it.
///
/// Lifetime: a fetch runs on the executor of the caller that began it, as pending work of its context, for
/// `fetch_timeout` at most; destroying the last handle of the provider cancels it.
///
/// Threads: the providers may be asked from any threads at once.
///
/// Source: the rules of AWS's SDKs of 2026 for credentials that expire.
class MWAA_SERVERLESS_API provider_options : public egress_options {
 public:
  provider_options();

  /// Limit of one fetch, with its retries. Positive, at most an hour. Default 30 s.
  std::chrono::milliseconds fetch_timeout{30'000};
  /// Asked for the code of an MFA device, which a role with `mfa_serial` needs. Null: such a role is an error.
  std::function<boost::asio::awaitable<std::string>(std::string mfa_serial)> mfa_code;
  /// Whether the program of a `credential_process` reads this process's standard input, to ask for a code there,
  /// instead of an empty one. Default: no, as a service has nobody to ask; the program mwaa-serverless says yes.
  bool share_standard_input = false;

  // Seams for tests and simulations. Null: the real thing.
  std::shared_ptr<clock> time;
  /// Null: connections that are opened for a fetch and closed after it.
  std::shared_ptr<transport> network;
  /// Uniform in [0, 1), called under a lock of the provider. Other values, and exceptions, are replaced.
  std::function<double()> random;
};
static_assert(!std::is_aggregate_v<provider_options>);

/// Always these keys. Throws exception(errc::invalid_configuration) for credentials that were moved from.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_static_credentials(credentials value);

/// Any source of yours, asked once for all callers and kept, as provider_options says. Its get() is a fetch; of its
/// errors those are transient that the client would retry, and errc::no_credentials. A fetch that has not ended
/// a moment after `fetch_timeout` is cancelled and left alone. Throws exception(errc::invalid_configuration) for a null
/// `source`.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_cached_credentials(
    std::shared_ptr<credentials_provider> source, provider_options options = {});

/// The chain of AWS's CLI: the first of these that is configured. The environment is read now, files at each fetch.
///   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (not with `profile` given);
///   2. the profile's role_arn with source_profile or credential_source;
///   3. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the profile's web_identity_token_file with role_arn;
///   4. the profile's SSO session; 5. its keys in the credentials file; 6. its login_session, an error that says what
///   to use instead; 7. its credential_process; 8. its keys in the config file;
///   9. the container (ECS, EKS Pod Identity); 10. the instance (EC2, IMDSv2).
/// errc::no_credentials tells each source: what was looked for, where, and why it is not the one.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_default_credentials(
    std::string profile = {}, provider_options options = {});

/// What the profile itself names (2 to 8 above), nothing of the environment but the places of the files.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_profile_credentials(
    std::string profile, provider_options options = {});

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read now.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_environment_credentials(
    provider_options options = {});

/// The role, taken on with the credentials of `base` (STS AssumeRole).
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_assume_role_credentials(
    std::shared_ptr<credentials_provider> base, assume_role_options role, provider_options options = {});

/// The role, taken on with the token in `token_file`, read at each fetch (STS AssumeRoleWithWebIdentity; EKS's IAM
/// roles for service accounts). Of `role`, external_id and mfa_serial are ignored.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_web_identity_credentials(
    std::string token_file, assume_role_options role, provider_options options = {});

/// With the token that `aws sso login` left in ~/.aws/sso/cache, refreshed when it has less than 15 minutes left.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_sso_credentials(
    sso_options from, provider_options options = {});

/// What a program prints, as `credential_process` of AWS's tools: split into words as by a shell, but run without one.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_process_credentials(
    std::string command, provider_options options = {});

/// The agent of an ECS task or EKS pod that AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI names. Plain http only
/// to loopback addresses and the agents' own.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_container_credentials(
    provider_options options = {});

/// The role of an EC2 instance, by IMDSv2. AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT,
/// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_METADATA_SERVICE_TIMEOUT (seconds, default 1) and
/// AWS_METADATA_SERVICE_NUM_ATTEMPTS (default 1) count. Credentials that it gives out expired are used for another 15
/// to 25 minutes: the service decides.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<credentials_provider> make_instance_credentials(
    provider_options options = {});

}  // namespace mwaa_serverless
