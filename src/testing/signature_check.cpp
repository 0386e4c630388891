#include "testing/signature_check.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "strings/ascii_case.hpp"
#include "strings/date_time.hpp"
#include "strings/hex.hpp"
#include "strings/percent.hpp"
#include "strings/trim.hpp"
#include "testing/operations.hpp"

namespace mwaa_serverless::testing {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view algorithm = signing::algorithm_name;
constexpr std::string_view terminator = "aws4_request";
constexpr auto tolerance = 5min;

constexpr std::string_view incomplete = "IncompleteSignatureException";
constexpr std::string_view invalid = "InvalidSignatureException";
constexpr std::string_view unrecognized = "UnrecognizedClientException";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

/// A query's part with what is percent-encoded decoded and encoded again: the one form that is signed.
std::string canonical_part(std::string_view part) {
  return strings::percent_encoded(strings::percent_decoded(part));
}

/// A query as clients sign it, in the order in which it came.
std::string canonical_query(std::string_view query) {
  std::string out;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    if (!out.empty()) out += '&';
    out += canonical_part(part.substr(0, equals));
    out += '=';
    if (equals < part.size()) out += canonical_part(part.substr(equals + 1));
  }
  return out;
}

}  // namespace

/// An Authorization header, taken apart.
struct signature_check::authorization {
  std::string access_key_id;
  std::string_view date;  ///< Of the credential's scope, as are region, service and end.
  std::string_view region;
  std::string_view service;
  std::string_view end;
  std::vector<std::string_view> signed_headers;
  std::string_view signature;
};

signature_check::signature_check(const emulator_options& options)
    : access_key_id_(options.access_key_id),
      secret_access_key_(options.secret_access_key),
      session_token_(options.session_token),
      session_token_expiration_(options.session_token_expiration),
      region_(options.region),
      signer_(options.region, std::string{signing_name}),
      status_(options.signature_error_status) {}

reply signature_check::front_error_of(std::string_view code, std::string_view message) const {
  return front_error(status_, code, message);
}

std::optional<reply> signature_check::refusal(const incoming_request& request, clock::wall_time_point now) const {
  const auto header = request.header("authorization");
  if (!header || header->empty())
    return front_error_of("MissingAuthenticationTokenException", "Missing Authentication Token");
  authorization by;
  if (auto refused = read_authorization(*header, by)) return refused;
  if (auto refused = check_headers(request, by)) return refused;
  const std::string_view amz_date = request.header("x-amz-date").value_or("");
  if (auto refused = check_scope(by, amz_date)) return refused;
  if (auto refused = check_key(request, by, now)) return refused;
  if (auto refused = check_date(amz_date, now)) return refused;
  return check_signature(request, by, amz_date);
}

std::optional<reply> signature_check::read_authorization(std::string_view header, authorization& out) const {
  header = strings::trimmed(header);
  if (!header.starts_with(algorithm) || !header.substr(algorithm.size()).starts_with(' '))
    return front_error_of(incomplete, "Unsupported AWS 'algorithm': '" + std::string{split(header, ' ')[0]} + "'");
  std::string_view credential;
  std::string_view signed_headers;
  for (const std::string_view part : split(header.substr(algorithm.size()), ',')) {
    const std::string_view field = strings::trimmed(part);
    const auto equals = field.find('=');
    if (equals == std::string_view::npos)
      return front_error_of(
          incomplete,
          "'" + std::string{field} + "' not a valid key=value pair (missing equal-sign) in Authorization header");
    const std::string_view name = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (name == "Credential") credential = value;
    if (name == "SignedHeaders") signed_headers = value;
    if (name == "Signature") out.signature = value;
  }
  std::string missing;
  for (const auto& [name, value] : {std::pair{"Credential", credential}, std::pair{"Signature", out.signature},
                                    std::pair{"SignedHeaders", signed_headers}}) {
    if (value.empty()) missing += std::string{"Authorization header requires '"} + name + "' parameter. ";
  }
  if (!missing.empty()) return front_error_of(incomplete, strings::trimmed(missing));

  const auto scope = split(credential, '/');
  if (scope.size() != 5)
    return front_error_of(incomplete,
                          "Credential must have exactly 5 slash-delimited elements, e.g. "
                          "keyid/date/region/service/term, got '" +
                              std::string{credential} + "'");
  out.access_key_id = scope[0];
  out.date = scope[1];
  out.region = scope[2];
  out.service = scope[3];
  out.end = scope[4];
  out.signed_headers = split(signed_headers, ';');
  return std::nullopt;
}

// Host and every x-amz- header must be signed (AWS documentation: Create a signed AWS API request, CanonicalHeaders).
std::optional<reply> signature_check::check_headers(const incoming_request& request, const authorization& by) const {
  const auto is_signed = [&](std::string_view name) {
    return std::find(by.signed_headers.begin(), by.signed_headers.end(), name) != by.signed_headers.end();
  };
  if (!is_signed("host"))
    return front_error_of(incomplete, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  if (!request.header("x-amz-date"))
    return front_error_of(incomplete,
                          "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                          "header.");
  for (const auto& [name, value] : request.headers) {
    const std::string lowered = strings::lower_case(name);
    if (lowered.starts_with("x-amz-") && !is_signed(lowered))
      return front_error_of(incomplete, "'" + lowered + "' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const std::string_view name : by.signed_headers) {
    if (!request.header(name))
      return front_error_of(incomplete, "The signed header '" + std::string{name} + "' is not in the request.");
  }
  if (!std::is_sorted(by.signed_headers.begin(), by.signed_headers.end()))
    return front_error_of(incomplete, "SignedHeaders must be in alphabetical order.");
  return std::nullopt;
}

std::optional<reply> signature_check::check_scope(const authorization& by, std::string_view amz_date) const {
  if (!strings::parse_signing_time(amz_date))
    return front_error_of(incomplete, "Date must be in ISO-8601 'basic format'. Got '" + std::string{amz_date} +
                                          "'. See http://en.wikipedia.org/wiki/ISO_8601");
  if (by.end != terminator)
    return front_error_of(invalid, "Credential should be scoped with a valid terminator: 'aws4_request', not '" +
                                       std::string{by.end} + "'.");
  if (by.service != signing_name)
    return front_error_of(invalid,
                          "Credential should be scoped to correct service: '" + std::string{signing_name} + "'.");
  if (by.region != region_)
    return front_error_of(invalid,
                          "Credential should be scoped to a valid region, not '" + std::string{by.region} + "'.");
  const std::string_view day = amz_date.substr(0, 8);
  if (by.date != day)
    return front_error_of(invalid,
                          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
                          "HTTP: '" +
                              std::string{by.date} + "' != '" + std::string{day} + "', from '" + std::string{amz_date} +
                              "'.");
  return std::nullopt;
}

std::optional<reply> signature_check::check_key(const incoming_request& request, const authorization& by,
                                                clock::wall_time_point now) const {
  const std::string_view token = request.header("x-amz-security-token").value_or("");
  if (by.access_key_id != access_key_id_ || token != session_token_)
    return front_error_of(unrecognized, "The security token included in the request is invalid.");
  if (!session_token_.empty() && session_token_expiration_ && now >= *session_token_expiration_)
    return front_error_of("ExpiredTokenException", "The security token included in the request is expired");
  return std::nullopt;
}

std::optional<reply> signature_check::check_date(std::string_view amz_date, clock::wall_time_point now) const {
  const auto date = *strings::parse_signing_time(amz_date);  // check_scope() let it pass
  const std::string stated{amz_date};
  if (date < now - tolerance)
    return front_error_of(invalid, "Signature expired: " + stated + " is now earlier than " +
                                       strings::format_signing_time(now - tolerance) + " (" +
                                       strings::format_signing_time(now) + " - 5 min.)");
  if (date > now + tolerance)
    return front_error_of(invalid, "Signature not yet current: " + stated + " is still later than " +
                                       strings::format_signing_time(now + tolerance) + " (" +
                                       strings::format_signing_time(now) + " + 5 min.)");
  return std::nullopt;
}

std::optional<reply> signature_check::check_signature(const incoming_request& request, const authorization& by,
                                                      std::string_view amz_date) const {
  std::vector<signing::header> headers;
  for (const auto& [name, value] : request.headers) {
    const std::string lowered = strings::lower_case(name);
    if (std::find(by.signed_headers.begin(), by.signed_headers.end(), lowered) != by.signed_headers.end())
      headers.emplace_back(name, value);
  }
  signing::sha256 hasher{signer_.algorithm()};
  const auto canonical =
      signing::make_canonical_request(request.method, request.path(), canonical_query(request.query()),
                                      std::move(headers), strings::to_hex(hasher.hash(request.body)));
  const std::string genuine = signer_.authorization(hasher, access_key_id_, secret_access_key_, amz_date,
                                                    canonical.text, canonical.signed_headers);
  constexpr std::size_t signature_size = 64;
  if (by.signature.size() == signature_size &&
      CRYPTO_memcmp(genuine.data() + genuine.size() - signature_size, by.signature.data(), signature_size) == 0)
    return std::nullopt;
  const std::string to_sign =
      signing::string_to_sign(amz_date, signing::scope(amz_date.substr(0, 8), region_, signing_name),
                              strings::to_hex(hasher.hash(canonical.text)));
  return front_error_of(invalid,
                        "The request signature we calculated does not match the signature you provided. Check your AWS "
                        "Secret Access Key and signing method. Consult the service documentation for details.\n\n"
                        "The Canonical String for this request should have been\n'" +
                            canonical.text + "'\n\nThe String-to-Sign should have been\n'" + to_sign + "'\n");
}

}  // namespace mwaa_serverless::testing
