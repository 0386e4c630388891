// Roles of the Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#include <utility>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/url.hpp"
#include "retry/classify.hpp"
#include "signing/sigv4.hpp"
#include "sources/fetch.hpp"
#include "sources/secret_xml.hpp"
#include "strings/date_time.hpp"
#include "strings/hex.hpp"
#include "strings/percent.hpp"
#include "strings/redact.hpp"

namespace mwaa_serverless::sources {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view content_type = "application/x-www-form-urlencoded; charset=utf-8";

// Into room that is there: a text that grows leaves copies of secrets behind.
void add_parameter(std::string& form, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  std::string encoded = strings::percent_encoded(value);
  const strings::cleanse_at_end cleansed{encoded};
  strings::grow_cleansing(form, name.size() + encoded.size() + 2);
  form.append(form.empty() ? "" : "&").append(name).append("=").append(encoded);
}

std::string session_name(const assume_role_options& from, fetch_context& with) {
  if (!from.session_name.empty()) return from.session_name;
  const auto now = std::chrono::floor<std::chrono::seconds>(with.options.time->wall_now());
  return "mwaa-serverless-" + std::to_string(now.time_since_epoch().count());
}

std::string begin_form(std::string_view action, const assume_role_options& from, fetch_context& with) {
  std::string form;
  form.reserve(8192);
  add_parameter(form, "Action", action);
  add_parameter(form, "Version", "2011-06-15");
  add_parameter(form, "RoleArn", from.role_arn);
  add_parameter(form, "RoleSessionName", session_name(from, with));
  if (from.duration) add_parameter(form, "DurationSeconds", std::to_string(from.duration->count()));
  return form;
}

http_request signed_request(const protocol::endpoint& to, const std::string& form, const credentials& keys,
                            clock::wall_time_point now) {
  const std::string date = strings::format_signing_time(now);
  const std::string host = to.where->authority();
  std::vector<signing::header> headers;
  headers.emplace_back("content-type", content_type);
  headers.emplace_back("host", host);
  headers.emplace_back("x-amz-date", date);
  if (!keys.session_token().empty()) headers.emplace_back("x-amz-security-token", keys.session_token());
  signing::signer signer{to.signing_region, "sts"};
  signing::sha256 hasher{signer.algorithm()};
  const auto payload_hash = strings::hex_characters(hasher.hash(form));
  auto canonical = signing::make_canonical_request("POST", to.path, {}, std::move(headers),
                                                   {payload_hash.data(), payload_hash.size()});
  const strings::cleanse_at_end cleansed{canonical.text};
  const std::string authorization = signer.authorization(hasher, keys.access_key_id(), keys.secret_access_key(), date,
                                                         canonical.text, canonical.signed_headers);
  std::vector<web_header> fields;
  fields.emplace_back("Content-Type", content_type);
  fields.emplace_back("X-Amz-Date", date);
  if (!keys.session_token().empty()) fields.emplace_back("X-Amz-Security-Token", keys.session_token());
  fields.emplace_back("Authorization", authorization);
  return make_request("POST", to.where, to.path, fields, form);
}

// In the words of AWS's CLI.
error refusal(const std::string& name, const std::string& action, const http_response& response,
              const secret_xml& answer, const std::vector<std::string_view>& secrets) {
  const std::string code{answer.at("ErrorResponse.Error.Code")};
  if (code.empty()) return failed(name, response);
  error said{errc::other_service_error, "An error occurred (" + code + ") when calling the " + action +
                                            " operation: " + std::string{answer.at("ErrorResponse.Error.Message")}};
  for (const std::string_view each : secrets) strings::redact(said.message, each);
  said.aws_code = code;
  said.http_status = response.status;
  // The identity provider could not be reached by STS: a transient fault in spite of its status of 400.
  const bool transient = retry::classify(said).retryable() || code == "IDPCommunicationError";
  return {transient ? errc::connection_lost : errc::credentials_failed, name + ": " + said.message};
}

result<protocol::endpoint> endpoint_of(const assume_role_options& from) {
  if (from.region.empty() && from.endpoint_url.empty())
    return error{errc::credentials_failed, "no region to ask STS in: set AWS_REGION, or region in the profile"};
  return protocol::resolve_identity_endpoint("sts", from.region.empty() ? "us-east-1" : from.region, from.use_fips,
                                             from.endpoint_url);
}

result<credentials> read_response(const std::string& name, const std::string& action, const secret_xml& answer,
                                  std::string source) {
  const std::string at = action + "Response." + action + "Result.Credentials.";
  const std::string_view key = answer.at(at + "AccessKeyId");
  const std::string_view secret = answer.at(at + "SecretAccessKey");
  const std::string_view token = answer.at(at + "SessionToken");
  const auto end = strings::parse_expiration(answer.at(at + "Expiration"));
  if (key.empty() || secret.empty() || token.empty() || !end)
    return error{errc::credentials_failed, name + ": the response of STS lacks a part of the credentials"};
  try {
    credentials out{std::string{key}, std::string{secret}, std::string{token}, end};
    return std::move(out).with_source(std::move(source));
  } catch (const exception& wrong) {
    return error{errc::credentials_failed, name + ": " + wrong.details().message};
  }
}

// `secrets`: what STS may repeat in an error.
fetched ask_sts(std::string name, std::string action, std::string source, http_request request,
                std::vector<std::string_view> secrets, fetch_context& with, clock::time_point deadline) {
  http_client client{with.options, http_client::route::by_proxy};
  auto got = co_await client.send(std::move(request), retry_schedule{3, 5s, 500ms}, deadline);
  if (!got) co_return failed(name, got.error());
  const strings::cleanse_at_end cleansed{got->body};
  secret_xml answer;
  const bool readable = answer.parse(got->body);
  if (got->status != 200) co_return refusal(name, action, *got, answer, secrets);
  if (!readable) co_return error{errc::credentials_failed, name + ": the response of STS is no XML that can be read"};
  co_return read_response(name, action, answer, std::move(source));
}

}  // namespace

fetched fetch_role(const assume_role_options& from, const credentials& base, fetch_context& with,
                   clock::time_point deadline) {
  const std::string name = "role " + from.role_arn;
  const auto to = endpoint_of(from);
  if (!to) co_return failed(name, to.error());
  std::string form = begin_form("AssumeRole", from, with);
  const strings::cleanse_at_end cleansed_form{form};
  add_parameter(form, "ExternalId", from.external_id);
  if (!from.mfa_serial.empty()) {
    if (!with.options.mfa_code) {
      co_return error{errc::credentials_failed, name + " needs the code of the MFA device " + from.mfa_serial +
                                                    ": give a function to ask for it, provider_options::mfa_code"};
    }
    const std::string code = co_await with.options.mfa_code(from.mfa_serial);
    add_parameter(form, "SerialNumber", from.mfa_serial);
    add_parameter(form, "TokenCode", code);
  }
  auto request = signed_request(*to, form, base, with.options.time->wall_now());
  std::vector<std::string_view> secrets{base.session_token(), base.secret_access_key()};
  co_return co_await ask_sts(name, "AssumeRole", "assume-role", std::move(request), std::move(secrets), with, deadline);
}

fetched fetch_from(const web_identity& from, fetch_context& with, clock::time_point deadline) {
  const std::string name = "web identity, role " + from.what.role_arn;
  const auto to = endpoint_of(from.what);
  if (!to) co_return failed(name, to.error());
  const auto file = co_await read_small_file(from.token_file, with.time(), deadline);
  if (!file) co_return failed(name, file.error());
  std::string_view token = file->text();
  while (token.ends_with('\n') || token.ends_with('\r')) token.remove_suffix(1);
  if (token.empty()) co_return error{errc::credentials_failed, name + ": " + from.token_file + " is empty"};
  std::string form = begin_form("AssumeRoleWithWebIdentity", from.what, with);
  const strings::cleanse_at_end cleansed_form{form};
  add_parameter(form, "WebIdentityToken", token);
  std::vector<web_header> fields;
  fields.emplace_back("Content-Type", content_type);
  auto request = make_request("POST", to->where, to->path, fields, form);
  std::vector<std::string_view> secrets{token};
  co_return co_await ask_sts(name, "AssumeRoleWithWebIdentity", "assume-role-with-web-identity", std::move(request),
                             std::move(secrets), with, deadline);
}

}  // namespace mwaa_serverless::sources
