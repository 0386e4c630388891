#include <algorithm>
#include <array>
#include <utility>

#include "model/printable.hpp"
#include "protocol/aws_json.hpp"
#include "protocol/json_reader.hpp"

namespace mwaa_serverless::protocol {

namespace {

/// The members that the service's errors have among them, and the places of a name and a message.
class error_body {
 public:
  error_body() {}

  std::string type;
  std::string code;
  std::string message;
  std::string capital_message;
  std::string error_message;
  std::optional<std::chrono::seconds> retry_after;
  std::string service_code;
  std::string quota_code;
  std::string resource_id;
  std::string resource_type;
  std::string reason;
  std::vector<field_error> field_list;
};

constexpr std::array field_members{
    text_member<&field_error::name>("Name"),
    text_member<&field_error::message>("Message"),
};
constexpr structure_schema field_schema{field_members};

constexpr std::array error_members{
    text_member<&error_body::type>("__type"),
    text_member<&error_body::code>("code"),
    text_member<&error_body::message>("message"),
    text_member<&error_body::capital_message>("Message"),
    text_member<&error_body::error_message>("errorMessage"),
    integer_member<&error_body::retry_after>("RetryAfterSeconds"),
    text_member<&error_body::service_code>("ServiceCode"),
    text_member<&error_body::quota_code>("QuotaCode"),
    text_member<&error_body::resource_id>("ResourceId"),
    text_member<&error_body::resource_type>("ResourceType"),
    text_member<&error_body::reason>("Reason"),
    list_member<&error_body::field_list, field_schema>("FieldList"),
};
constexpr structure_schema error_schema{error_members};

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
constexpr std::array names{
    named_code{"ThrottlingException", errc::throttled},
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
    named_code{"InternalServerException", errc::internal_server},
    named_code{"InternalFailure", errc::internal_server},
    named_code{"InternalError", errc::internal_server},
    named_code{"ServiceUnavailable", errc::internal_server},
    named_code{"ServiceUnavailableException", errc::internal_server},
    named_code{"OperationTimeoutException", errc::service_timeout},
    named_code{"RequestTimeout", errc::service_timeout},
    named_code{"RequestTimeoutException", errc::service_timeout},
    named_code{"ValidationException", errc::validation},
    named_code{"SerializationException", errc::validation},
    named_code{"AccessDeniedException", errc::access_denied},
    named_code{"ResourceNotFoundException", errc::resource_not_found},
    named_code{"ConflictException", errc::conflict},
    named_code{"ServiceQuotaExceededException", errc::service_quota_exceeded},
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
  error_body body;
  const bool unreadable = response.body.size() > max_error_bytes ||
                          read_json(response.body, error_schema, &body, strictness::lenient).has_value();
  std::string_view name;
  if (const auto header = response.header("x-amzn-errortype")) name = bare_name(*header);
  if (name.empty()) name = bare_name(body.type);
  if (name.empty()) name = bare_name(body.code);

  error out{code_of(name, response.status), first_filled(body.message, body.capital_message, body.error_message)};
  out.aws_code = printable(std::string{name});
  out.http_status = response.status;
  if (const auto id = response.header("x-amzn-requestid")) out.request_id = printable(std::string{*id});
  if (out.message.empty() && (name.empty() || unreadable)) {
    out.message = "HTTP status " + std::to_string(response.status);
    if (unreadable) out.message += ": " + printable(excerpt(response.body));
  }
  out.retry_after = body.retry_after;
  out.service_code = printable(std::move(body.service_code));
  out.quota_code = printable(std::move(body.quota_code));
  out.resource_id = printable(std::move(body.resource_id));
  out.resource_type = printable(std::move(body.resource_type));
  out.reason = printable(std::move(body.reason));
  for (field_error& each : body.field_list)
    out.field_list.emplace_back(printable(std::move(each.name)), printable(std::move(each.message)));
  return out;
}

}  // namespace mwaa_serverless::protocol
