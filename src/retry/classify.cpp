#include "retry/classify.hpp"

#include <array>

namespace mwaa_serverless::retry {

namespace {

using enum verdict::kind;

constexpr verdict throttled{throttling, "the service throttled the request"};
constexpr verdict own_fault{transient, "a transient fault of the service"};
constexpr verdict refused{fatal, "the service refused the request for good"};
constexpr verdict identity{fatal, "other keys or another clock are needed"};
constexpr verdict gateway{transient, "a transient fault on the way to the service"};
constexpr verdict network{transient, "a transient fault of the network"};
constexpr verdict by_proxy{fatal, "the proxy refused the request, and would refuse the next"};
constexpr verdict slow{transient, "no response in time"};
constexpr verdict unusable{fatal, "the response cannot be used, and the next would be the same"};
constexpr verdict caller_error{fatal, "nothing that another attempt could change"};
constexpr verdict queue_full{fatal, "another attempt would only make the line longer"};
constexpr verdict redirection{fatal, "redirections are not followed: a request is signed for its host"};
constexpr verdict unlisted{fatal, "an error that this library does not know to pass"};

constexpr verdict_row named(std::string_view name, verdict judgement) {
  return {name, 0, errc{}, judgement};
}
constexpr verdict_row bare(int status, verdict judgement) {
  return {{}, status, errc{}, judgement};
}
constexpr verdict_row ours(errc code, verdict judgement) {
  return {{}, 0, code, judgement};
}

// Sources: the service's model; botocore's retries/standard.py and the Rust SDK's classifiers for the names of
// throttling and transient errors.
constexpr std::array table{
    // The service's own errors.
    named("ThrottlingException", throttled),
    named("InternalServerException", own_fault),
    // A fault without a retryable trait; retried by botocore, Go, Rust and JavaScript, as its status is 504.
    named("OperationTimeoutException", own_fault),
    named("ValidationException", refused),
    named("AccessDeniedException", refused),
    named("ResourceNotFoundException", refused),
    named("ConflictException", refused),
    named("ServiceQuotaExceededException", refused),
    // Other names of throttling that AWS's services use.
    named("Throttling", throttled),
    named("ThrottledException", throttled),
    named("RequestThrottledException", throttled),
    named("TooManyRequestsException", throttled),
    named("ProvisionedThroughputExceededException", throttled),
    named("TransactionInProgressException", throttled),
    named("RequestLimitExceeded", throttled),
    named("BandwidthLimitExceeded", throttled),
    named("LimitExceededException", throttled),
    named("RequestThrottled", throttled),
    named("SlowDown", throttled),
    named("PriorRequestNotComplete", throttled),
    named("EC2ThrottledException", throttled),
    // Other names of transient faults.
    named("RequestTimeout", own_fault),
    named("RequestTimeoutException", own_fault),
    named("InternalFailure", own_fault),
    named("InternalError", own_fault),
    named("ServiceUnavailable", own_fault),
    named("ServiceUnavailableException", own_fault),
    // Keys, signatures, clocks.
    named("UnrecognizedClientException", identity),
    named("InvalidClientTokenId", identity),
    named("InvalidSignatureException", identity),
    named("SignatureDoesNotMatch", identity),
    named("IncompleteSignatureException", identity),
    named("MissingAuthenticationTokenException", identity),
    named("ExpiredTokenException", identity),
    named("RequestExpired", identity),
    named("RequestTimeTooSkewed", identity),
    named("UnknownOperationException", refused),
    named("SerializationException", refused),
    // Responses without a name, or with one that is not above: proxies and load balancers answer so.
    bare(408, gateway),
    bare(429, throttled),
    bare(500, gateway),
    bare(502, gateway),
    bare(503, gateway),
    bare(504, gateway),
    bare(3, redirection),
    bare(4, refused),
    bare(5, unlisted),
    // This side.
    ours(errc::resolve_failed, network),
    ours(errc::connect_failed, network),
    ours(errc::proxy_refused, by_proxy),
    ours(errc::connection_lost, network),
    ours(errc::connect_timeout, slow),
    ours(errc::acquire_timeout, slow),
    ours(errc::read_timeout, slow),
    ours(errc::attempt_timeout, slow),
    ours(errc::credentials_timeout, slow),
    ours(errc::tls_failed, unusable),
    ours(errc::malformed_response, unusable),
    ours(errc::response_too_large, unusable),
    ours(errc::unsupported_response, unusable),
    ours(errc::operation_timeout, caller_error),
    ours(errc::no_region, caller_error),
    ours(errc::no_profile, caller_error),
    ours(errc::no_credentials, caller_error),
    ours(errc::credentials_failed, caller_error),
    ours(errc::process_timeout, caller_error),
    ours(errc::invalid_argument, caller_error),
    ours(errc::invalid_configuration, caller_error),
    ours(errc::too_many_waiting, queue_full),
    ours(errc::invalid_page_token, caller_error),
    ours(errc::repeated_page_token, unusable),
    ours(errc::broken_contract, caller_error),
    ours(errc::client_closed, caller_error),
};

}  // namespace

std::span<const verdict_row> verdict_table() noexcept {
  return table;
}

verdict classify(const error& failure) noexcept {
  // A response's name first, then its status; an error of this side has neither, or (a page that cannot be read) its
  // own code counts.
  if (!failure.aws_code.empty()) {
    for (const verdict_row& row : table)
      if (row.name == failure.aws_code) return row.judgement;
  }
  const bool from_service = failure.http_status >= 300;
  for (const verdict_row& row : table) {
    if (from_service ? row.status == failure.http_status || row.status == failure.http_status / 100
                     : row.code != errc{} && failure.code == row.code)
      return row.judgement;
  }
  return unlisted;
}

verdict clock_verdict() noexcept {
  return {verdict::kind::transient, "this machine's clock is wrong, and the response told the right time"};
}

verdict keys_verdict() noexcept {
  return {verdict::kind::transient, "the keys were refused, and others can be fetched"};
}

bool blames_keys(const error& failure) noexcept {
  return failure.code == errc::expired_token || failure.code == errc::unrecognized_client;
}

}  // namespace mwaa_serverless::retry
