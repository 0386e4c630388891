// What can go wrong, as values and as the one exception.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mwaa_serverless {

/// Why an operation failed.
enum class errc {
  // Answers of the service, by the name it gave.
  throttled = 1,                 ///< ThrottlingException and the other throttling names.
  internal_server,               ///< InternalServerException.
  service_timeout,               ///< OperationTimeoutException.
  validation,                    ///< ValidationException.
  access_denied,                 ///< AccessDeniedException.
  resource_not_found,            ///< ResourceNotFoundException.
  conflict,                      ///< ConflictException.
  service_quota_exceeded,        ///< ServiceQuotaExceededException.
  unrecognized_client,           ///< The access key is not known (UnrecognizedClientException, InvalidClientTokenId).
  invalid_signature,             ///< InvalidSignatureException, SignatureDoesNotMatch, IncompleteSignatureException.
  missing_authentication_token,  ///< MissingAuthenticationTokenException.
  expired_token,                 ///< ExpiredTokenException.
  unknown_operation,             ///< UnknownOperationException.
  other_service_error,           ///< An error of the service that this library has no name for: see error::aws_code.
  // Answers that are not the service's, or not readable.
  malformed_response,    ///< Broken JSON, a wrong type, or bytes that are not HTTP.
  response_too_large,    ///< Over client_config::max_response_bytes.
  unsupported_response,  ///< An encoding or protocol switch that was not asked for.
  // The way to the service.
  resolve_failed,     ///< The host name has no usable address.
  connect_failed,     ///< Refused, unreachable.
  proxy_refused,      ///< A proxy will not pass the request on (407 and other 4xx): another try would end the same.
  tls_failed,         ///< Handshake or certificate; the message says which check failed.
  connection_lost,    ///< Reset, closed or truncated in the middle of an exchange.
  connect_timeout,    ///< No connection within client_config::connect_timeout.
  acquire_timeout,    ///< No connection of the pool was free within client_config::acquire_timeout or the attempt's
                      ///< limit.
  read_timeout,       ///< Not a byte was sent or received for client_config::read_timeout.
  attempt_timeout,    ///< No complete response within the attempt timeout.
  operation_timeout,  ///< call_options::operation_timeout or deadline ended the operation.
  // This side.
  invalid_argument,       ///< A request member or option; the message names it and the rule.
  invalid_configuration,  ///< A setting; the message names it and where it came from.
  no_region,              ///< No region and no endpoint were configured.
  no_profile,             ///< The named profile is in none of the shared configuration files.
  no_credentials,         ///< No credentials were configured or found.
  credentials_failed,     ///< A credentials provider failed.
  credentials_timeout,    ///< A credentials provider had no keys within the attempt's limit.
  process_timeout,        ///< The program of a `credential_process` did not end in time.
  too_many_waiting,       ///< client_config::max_waiting requests wait for a connection already.
  invalid_page_token,     ///< Not a valid starting or resume token.
  repeated_page_token,    ///< The service's page tokens lead back to an earlier page: the listing would never end.
  /// A user's object (credentials provider, attempt gate, transport, clock) broke the contract of its interface; the
  /// message names the interface and what to do.
  broken_contract,
  client_closed,  ///< client::close() was called, or the client's execution context was destroyed.
};

/// Groups of errors, to compare error_code values with: `if (e.code() == condition::throttled)`.
///
/// | errc | conditions |
/// |---|---|
/// | `throttled` | throttled, retryable, service |
/// | `internal_server` | retryable, service |
/// | `service_timeout` | retryable, timeout, service |
/// | `validation` | service, caller, permanent |
/// | `access_denied` | service, permanent |
/// | `resource_not_found` | service, permanent |
/// | `conflict` | service |
/// | `service_quota_exceeded` | service |
/// | `unrecognized_client` | credentials, service, permanent |
/// | `invalid_signature` | credentials, service, permanent |
/// | `missing_authentication_token` | credentials, service, permanent |
/// | `expired_token` | credentials, service, permanent |
/// | `unknown_operation` | service, caller, permanent |
/// | `other_service_error` | service |
/// | `malformed_response` | |
/// | `response_too_large` | permanent |
/// | `unsupported_response` | permanent |
/// | `resolve_failed` | retryable, connection |
/// | `connect_failed` | retryable, connection |
/// | `proxy_refused` | connection, permanent |
/// | `tls_failed` | connection, permanent |
/// | `connection_lost` | retryable, connection |
/// | `connect_timeout` | retryable, timeout, connection |
/// | `acquire_timeout` | retryable, timeout |
/// | `read_timeout` | retryable, timeout |
/// | `attempt_timeout` | retryable, timeout |
/// | `operation_timeout` | timeout |
/// | `invalid_argument` | caller, permanent |
/// | `invalid_configuration` | caller, permanent |
/// | `no_region` | caller, permanent |
/// | `no_profile` | caller, permanent |
/// | `no_credentials` | credentials, caller, permanent |
/// | `credentials_failed` | credentials |
/// | `credentials_timeout` | retryable, timeout, credentials |
/// | `process_timeout` | timeout, credentials |
/// | `too_many_waiting` | |
/// | `invalid_page_token` | caller, permanent |
/// | `repeated_page_token` | |
/// | `broken_contract` | caller, permanent |
/// | `client_closed` | caller, permanent |
enum class condition {
  throttled = 1,  ///< The service asked to slow down.
  retryable,      ///< Another attempt may succeed; the library's own retries are exhausted or refused.
  timeout,        ///< A time limit of this side or of the service.
  credentials,    ///< Missing, failed, wrong or expired credentials.
  connection,     ///< The peer could not be reached or the exchange broke.
  service,        ///< The service answered, with an error.
  caller,         ///< The request, an option or the configuration is wrong: retrying cannot help.
  permanent,      ///< Another try cannot succeed before somebody changes the request, the keys, the settings or a peer.
};

[[nodiscard]] MWAA_SERVERLESS_API const boost::system::error_category& error_category() noexcept;
[[nodiscard]] MWAA_SERVERLESS_API const boost::system::error_category& condition_category() noexcept;
[[nodiscard]] MWAA_SERVERLESS_API boost::system::error_code make_error_code(errc value) noexcept;
[[nodiscard]] MWAA_SERVERLESS_API boost::system::error_condition make_error_condition(condition value) noexcept;

}  // namespace mwaa_serverless

template <>
struct boost::system::is_error_code_enum<mwaa_serverless::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<mwaa_serverless::condition> : std::true_type {};

namespace mwaa_serverless {

/// What an exchange was doing when it failed.
enum class operation_phase : std::uint8_t {
  none,                    ///< Not in an exchange.
  throttle_gate,           ///< Waiting in the throttle queue until the gate let the attempt pass.
  attempt_gate,            ///< In client_config::attempt_limiter.
  credentials,             ///< Fetching credentials.
  waiting_for_connection,  ///< All connections of the pool were in use.
  resolving,
  connecting,
  tls_handshake,
  writing_request,
  reading_response,
  backing_off,  ///< Waiting before the next attempt.
};
[[nodiscard]] MWAA_SERVERLESS_API std::string_view to_string(operation_phase value) noexcept;

/// One attempt of an operation: in error::attempts, call_options::attempt_log and observer::attempt_ended.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API attempt_record {
 public:
  attempt_record();

  int number = 1;                         ///< From 1.
  std::chrono::nanoseconds gate_wait{0};  ///< In line and in the caller's gate, before it.
  std::chrono::nanoseconds took{0};       ///< From asking for keys and a connection to the end of the response.
  boost::system::error_code code;         ///< Clear on success.
  std::string aws_code;                   ///< The error's name as sent, if it was the service's.
  int http_status = 0;                    ///< 0 when no response came.
  std::string request_id;
  bool connection_reused = false;  ///< False also when no response came.
  std::size_t bytes_sent = 0;      ///< Of the request; 0 when it was not made.
  std::size_t bytes_received = 0;  ///< Header fields and body of the response.
  /// The longest hint that the response gave on when to come back, at most retry_options::max_hint.
  std::optional<std::chrono::milliseconds> hint;
  std::string hint_note;  ///< Set when a hint was malformed and ignored, or longer than max_hint and capped.
  /// The wait that followed, before the next attempt could enter the gates; zero after the last.
  std::chrono::nanoseconds wait_after{0};
  std::string reason;   ///< Why it was or was not followed by another attempt; empty on success.
  int quota_after = 0;  ///< Tokens of the client's retry quota then.
};
static_assert(!std::is_aggregate_v<attempt_record>);

/// One entry of a ValidationException's `FieldList`.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API field_error {
 public:
  field_error();
  field_error(std::string name_value, std::string message_value);

  std::string name;
  std::string message;
};
static_assert(!std::is_aggregate_v<field_error>);

/// A failure with everything known about it. Holds no secret. Text that others have sent (services, proxies, files) is
/// safe to print and to log: control characters in it are escaped (`\n`, `\u001b`), the direction marks of Unicode and
/// bytes that are no UTF-8 too.
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: the members that the service's model gives its errors.
class MWAA_SERVERLESS_API error {
 public:
  error();
  /// Escapes `message_text` as above.
  error(errc value, std::string message_text);
  error(boost::system::error_code value, std::string message_text);

  boost::system::error_code code;
  std::string message;     ///< For a person, on one line; a service error's message.
  std::string request_id;  ///< `x-amzn-requestid`, empty when no response came.
  int http_status = 0;     ///< 0 when no response came.
  std::string aws_code;    ///< The error's name as sent, such as `ThrottlingException`; empty when not the service's.
  std::string operation;   ///< Such as `ListTaskInstances`.

  // Members that the service's errors carry (ThrottlingException, ValidationException, ...).
  std::optional<std::chrono::seconds> retry_after;  ///< `RetryAfterSeconds` as sent.
  std::string service_code;                         ///< `ServiceCode`.
  std::string quota_code;                           ///< `QuotaCode`.
  std::string resource_id;                          ///< `ResourceId`.
  std::string resource_type;                        ///< `ResourceType`.
  std::string reason;                               ///< `Reason`, such as `fieldValidationFailed`.
  std::vector<field_error> field_list;              ///< `FieldList`.

  operation_phase phase = operation_phase::none;  ///< What was under way when this side gave up.
  /// The service may have acted on the request (bytes of it were sent). Harmless for reads.
  bool may_have_reached_service = false;
  /// The retries ran out; false when the error was not retryable or the retry quota or deadline forbade more.
  bool attempts_exhausted = false;
  std::vector<attempt_record> attempts;  ///< Every attempt, in order; empty when none was made.
};
static_assert(!std::is_aggregate_v<error>);
MWAA_SERVERLESS_API std::ostream& operator<<(std::ostream& out, const error& value);

/// The one exception of the library: a boost::system::system_error that carries the whole error.
/// Cancellation is not one of them: it leaves as boost::system::system_error with asio::error::operation_aborted.
///
/// Lifetime: copying does not throw. A move is a copy, so an exception that was moved from still has its error.
///
/// Threads: copies share what they hold, which nobody changes: they may be used from any threads at once.
class MWAA_SERVERLESS_API exception : public boost::system::system_error {
 public:
  explicit exception(error details);
  exception(const exception&) noexcept = default;
  exception& operator=(const exception&) noexcept = default;
  [[nodiscard]] const error& details() const noexcept { return *details_; }
  [[nodiscard]] const char* what() const noexcept override;

 private:
  std::shared_ptr<const error> details_;
  std::shared_ptr<const std::string> what_;
};

}  // namespace mwaa_serverless
