#include <algorithm>
#include <array>
#include <utility>

#include "protocol/aws_json.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/model/errors.hpp"
#include "strings/printable.hpp"

namespace mwaa_serverless::protocol {

namespace {

/// An error with the places of a name and a message.
class envelope : public error {
 public:
  envelope() {}

  std::string type;
  std::string code_name;
  std::string small_message;
  std::string capital_message;
  std::string error_message;
};

template <std::size_t... Index>
constexpr auto envelope_rows(std::index_sequence<Index...>) {
  return std::array{
      member<&envelope::type>("__type"),
      member<&envelope::code_name>("code"),
      member<&envelope::small_message>("message"),
      member<&envelope::capital_message>("Message"),
      member<&envelope::error_message>("errorMessage"),
      inherited<error, envelope, error_members::all, Index>()...,
  };
}
constexpr auto envelope_members = envelope_rows(std::make_index_sequence<error_members::all.size()>{});

// `com.amazon.coral.service#ThrottlingException:http://internal/` is a ThrottlingException.
std::string_view bare_name(std::string_view sent) noexcept {
  sent = sent.substr(0, sent.find(':'));
  const auto hash = sent.rfind('#');
  return hash == std::string_view::npos ? sent : sent.substr(hash + 1);
}

struct named_code {
  std::string_view name;
  errc code;
};
// Beside those of the model: of AWS's other services, proxies and the layer in front of the service.
constexpr std::array names{
    named_code{"Throttling", errc::throttled},
    named_code{"ThrottledException", errc::throttled},
    named_code{"RequestThrottledException", errc::throttled},
    named_code{"TooManyRequestsException", errc::throttled},
    named_code{"ProvisionedThroughputExceededException", errc::throttled},
    named_code{"TransactionInProgressException", errc::throttled},
    named_code{"RequestLimitExceeded", errc::throttled},
    named_code{"BandwidthLimitExceeded", errc::throttled},
    named_code{"LimitExceededException", errc::throttled},
    named_code{"RequestThrottled", errc::throttled},
    named_code{"SlowDown", errc::throttled},
    named_code{"PriorRequestNotComplete", errc::throttled},
    named_code{"EC2ThrottledException", errc::throttled},
    named_code{"InternalFailure", errc::internal_server},
    named_code{"InternalError", errc::internal_server},
    named_code{"ServiceUnavailable", errc::internal_server},
    named_code{"ServiceUnavailableException", errc::internal_server},
    named_code{"RequestTimeout", errc::service_timeout},
    named_code{"RequestTimeoutException", errc::service_timeout},
    named_code{"SerializationException", errc::validation},
    named_code{"UnrecognizedClientException", errc::unrecognized_client},
    named_code{"InvalidClientTokenId", errc::unrecognized_client},
    named_code{"InvalidSignatureException", errc::invalid_signature},
    named_code{"SignatureDoesNotMatch", errc::invalid_signature},
    named_code{"IncompleteSignatureException", errc::invalid_signature},
    named_code{"RequestExpired", errc::invalid_signature},
    named_code{"RequestTimeTooSkewed", errc::invalid_signature},
    named_code{"MissingAuthenticationTokenException", errc::missing_authentication_token},
    named_code{"ExpiredTokenException", errc::expired_token},
    named_code{"UnknownOperationException", errc::unknown_operation},
};

errc code_of(std::string_view name, int status) noexcept {
  if (const modelled_error* const known = find_error(name)) return known->code;
  for (const named_code& each : names)
    if (each.name == name) return each.code;
  // Without a name of ours: what the status says, as proxies and load balancers have no other language.
  switch (status) {
    case 407:
      return errc::proxy_refused;  // no service answers so (RFC 9110, section 15.5.8)
    case 408:
      return errc::service_timeout;
    case 429:
      return errc::throttled;
    case 500:
    case 502:
    case 503:
      return errc::internal_server;
    case 504:
      return errc::service_timeout;
    default:
      return errc::other_service_error;
  }
}

std::string first_filled(std::string& one, std::string& two, std::string& three) {
  return std::move(!one.empty() ? one : !two.empty() ? two : three);
}

// The beginning of a body that is not the service's, on one line.
std::string excerpt(std::string_view body) {
  constexpr std::size_t shown = 200;
  auto end = std::min(body.size(), shown);
  // Not through the middle of a UTF-8 character.
  while (end > 0 && end < body.size() && (static_cast<unsigned char>(body[end]) & 0xc0U) == 0x80) --end;
  std::string out;
  for (const char c : body.substr(0, end)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return end < body.size() ? out + "..." : out;
}

}  // namespace

error decode_error(const http_response& response) {
  envelope body;
  const bool unreadable = response.body.size() > max_error_bytes ||
                          read_json(response.body, structure{envelope_members}, &body, strictness::lenient).has_value();
  std::string_view name;
  if (const auto header = response.header("x-amzn-errortype")) name = bare_name(*header);
  if (name.empty()) name = bare_name(body.type);
  if (name.empty()) name = bare_name(body.code_name);

  error out{code_of(name, response.status), first_filled(body.small_message, body.capital_message, body.error_message)};
  out.aws_code = strings::printable(std::string{name});
  out.http_status = response.status;
  if (const auto id = response.header("x-amzn-requestid")) out.request_id = strings::printable(std::string{*id});
  if (out.message.empty() && (name.empty() || unreadable)) {
    out.message = "HTTP status " + std::to_string(response.status);
    if (unreadable) out.message += ": " + strings::printable(excerpt(response.body));
  }
  out.retry_after = body.retry_after;
  out.service_code = strings::printable(std::move(body.service_code));
  out.quota_code = strings::printable(std::move(body.quota_code));
  out.resource_id = strings::printable(std::move(body.resource_id));
  out.resource_type = strings::printable(std::move(body.resource_type));
  out.reason = strings::printable(std::move(body.reason));
  for (field_error& each : body.field_list)
    out.field_list.emplace_back(strings::printable(std::move(each.name)), strings::printable(std::move(each.message)));
  return out;
}

error unreadable_response(const operation& of, const json_error& wrong) {
  return {errc::malformed_response, std::string{of.name} + " response: " + wrong.message()};
}

}  // namespace mwaa_serverless::protocol
