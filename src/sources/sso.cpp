// IAM Identity Center: https://docs.aws.amazon.com/sdkref/latest/guide/understanding-sso.html
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstdio>
#include <utility>

#include "protocol/endpoint.hpp"
#include "protocol/url.hpp"
#include "protocol/whole_number.hpp"
#include "sources/fetch.hpp"
#include "sources/secret_json.hpp"
#include "strings/date_time.hpp"
#include "strings/percent.hpp"
#include "strings/redact.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

// As the AWS CLI: a token with less time left is refreshed.
constexpr std::chrono::minutes refresh_window = 15min;

std::string log_in(const sso& from) {
  return from.profile.empty() ? "log in again with `aws sso login`"
                              : "log in again with `aws sso login --profile " + from.profile + "`";
}

// Replaces the file in one step, readable by its owner only: other programs read it too. It failing costs only that
// the next program refreshes the token anew.
void save(const std::string& path, const json::object& token) {
  const strings::secret_string text = serialize_secret(token);
  std::string temporary = path + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return;
  std::size_t written = 0;
  while (written < text.size()) {
    const auto more = ::write(file, text.data() + written, text.size() - written);
    if (more <= 0) break;
    written += static_cast<std::size_t>(more);
  }
  const bool whole = written == text.size() && ::fsync(file) == 0;
  ::close(file);
  if (!whole || std::rename(temporary.c_str(), path.c_str()) != 0) ::unlink(temporary.c_str());
}

/// The login's token.
class access_token {
 public:
  access_token(const sso& from, fetch_context& with, http_client& client, const std::string& name)
      : from_(from), with_(with), client_(client), name_(name) {}
  access_token(const access_token&) = delete;
  access_token& operator=(const access_token&) = delete;

  /// Reads it and refreshes it when it is time.
  asio::awaitable<std::optional<error>> load(clock::time_point deadline);

  strings::secret_string value;

 private:
  [[nodiscard]] error unusable(const std::string& why) const {
    return {errc::credentials_failed,
            name_ + ": the login's token in " + from_.token_path + " " + why + ": " + log_in(from_)};
  }
  asio::awaitable<bool> refresh(const json::object& token, clock::time_point deadline);

  const sso& from_;
  fetch_context& with_;
  http_client& client_;
  const std::string& name_;
};

asio::awaitable<std::optional<error>> access_token::load(clock::time_point deadline) {
  const auto file = co_await read_small_file(from_.token_path, with_.time(), deadline);
  if (!file) co_return error{errc::credentials_failed, name_ + ": " + file.error().message + "; " + log_in(from_)};
  const auto document = secret_document::parse(file->text());
  if (!document) co_return unusable("cannot be read (" + document.error().message + ")");
  const json::object& token = document->root();
  const auto given = text_of(token, "accessToken");
  const auto expires = strings::parse_expiration(text_of(token, "expiresAt").value_or(std::string_view{}));
  if (!given || !expires) co_return unusable("lacks accessToken or expiresAt");
  value = *given;
  const auto left = *expires - with_.options.time->wall_now();
  if (left > refresh_window) co_return std::nullopt;
  bool refreshed = false;
  if (!from_.session.empty()) refreshed = co_await refresh(token, deadline);
  if (!refreshed && left <= 0s) co_return unusable("has expired");
  co_return std::nullopt;
}

// OIDC CreateToken. False when it cannot be, for whatever reason: the old token may still serve.
asio::awaitable<bool> access_token::refresh(const json::object& token, clock::time_point deadline) {
  json::object form{token.storage()};
  form["grantType"] = "refresh_token";
  for (const char* member : {"clientId", "clientSecret", "refreshToken"}) {
    const auto part = text_of(token, member);
    if (!part) co_return false;
    form[member] = *part;
  }
  const auto registered =
      strings::parse_expiration(text_of(token, "registrationExpiresAt").value_or(std::string_view{}));
  const auto now = with_.options.time->wall_now();
  if (!registered || *registered <= now) co_return false;
  const auto to = protocol::resolve_identity_endpoint("oidc", from_.region, from_.use_fips, from_.oidc_url);
  if (!to) co_return false;
  const strings::secret_string body = serialize_secret(form);
  std::vector<web_header> headers;
  headers.emplace_back("Content-Type", "application/json");
  const std::string target = to->below("/token");
  auto got = co_await client_.send(make_request("POST", to->where, target, headers, view(body)),
                                   retry_schedule{3, 5s, 500ms}, deadline);
  if (!got) co_return false;
  const strings::cleanse_at_end cleansed{got->body};
  if (got->status != 200) co_return false;
  const auto answer = secret_document::parse(got->body);
  if (!answer) co_return false;
  const auto fresh = text_of(answer->root(), "accessToken");
  const json::value* const lasting = answer->root().if_contains("expiresIn");
  const auto seconds = lasting != nullptr ? protocol::whole_number(*lasting) : std::nullopt;
  if (!fresh || !seconds || *seconds < 1 || *seconds > 366 * 86'400) co_return false;
  json::object renewed{token, token.storage()};
  renewed["accessToken"] = *fresh;
  renewed["expiresAt"] = strings::format_shortest_timestamp(std::chrono::floor<std::chrono::seconds>(now) +
                                                            std::chrono::seconds{*seconds});
  if (const auto next = text_of(answer->root(), "refreshToken")) renewed["refreshToken"] = *next;
  save(from_.token_path, renewed);
  value = *fresh;
  co_return true;
}

}  // namespace

fetched fetch_from(const sso& from, fetch_context& with, clock::time_point deadline) {
  const std::string name = "SSO, account " + from.account_id + ", role " + from.role_name;
  http_client client{with.options, http_client::route::by_proxy};
  access_token token{from, with, client, name};
  if (auto wrong = co_await token.load(deadline)) co_return *std::move(wrong);
  if (has_control_character(view(token.value)))
    co_return error{errc::credentials_failed, name + ": the login's token in " + from.token_path +
                                                  " has a control character in it: " + log_in(from)};
  const auto to = protocol::resolve_identity_endpoint("portal.sso", from.region, from.use_fips, from.portal_url);
  if (!to) co_return failed(name, to.error());
  const std::string target = to->below("/federation/credentials?role_name=" + strings::percent_encoded(from.role_name) +
                                       "&account_id=" + strings::percent_encoded(from.account_id));
  std::vector<web_header> headers;
  headers.emplace_back("Accept", "application/json");
  headers.emplace_back("x-amz-sso_bearer_token", view(token.value));
  auto got =
      co_await client.send(make_request("GET", to->where, target, headers), retry_schedule{3, 5s, 500ms}, deadline);
  if (!got) co_return failed(name, got.error());
  const strings::cleanse_at_end cleansed{got->body};
  const auto document = secret_document::parse(got->body);
  if (got->status == 401) {
    co_return error{
        errc::credentials_failed,
        name + ": the SSO session associated with this profile has expired or is otherwise invalid: " + log_in(from)};
  }
  if (got->status != 200) {
    const auto said = document ? text_of(document->root(), "message") : std::nullopt;
    co_return failed(name, *got, said.value_or(std::string_view{}).substr(0, 200));
  }
  if (!document) co_return failed(name, document.error());
  const json::value* const parts = document->root().if_contains("roleCredentials");
  if (parts == nullptr || !parts->is_object())
    co_return error{errc::credentials_failed, name + ": the response lacks roleCredentials"};
  constexpr member_names names{"accessKeyId", "secretAccessKey", "sessionToken", "expiration"};
  auto keys = read_credentials(parts->get_object(), names, "sso");
  if (!keys) co_return failed(name, keys.error());
  co_return std::move(keys);
}

}  // namespace mwaa_serverless::sources
