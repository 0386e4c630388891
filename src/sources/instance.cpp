// The metadata service of EC2, version 2:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
#include <algorithm>
#include <utility>

#include "protocol/url.hpp"
#include "sources/fetch.hpp"
#include "sources/secret_json.hpp"
#include "strings/ascii_case.hpp"
#include "strings/redact.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view roles_path = "/latest/meta-data/iam/security-credentials/";

bool fits_a_header(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// What IAM allows in the name of a role.
bool is_role_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return strings::is_letter(c) || strings::is_digit(c) ||
           std::string_view{"_+=,.@-"}.find(c) != std::string_view::npos;
  });
}

/// Asks the service, with a session token of its own.
class metadata {
 public:
  metadata(const instance& from, fetch_context& with) : from_(from), with_(with), client_(with_.options) {}
  metadata(const metadata&) = delete;
  metadata& operator=(const metadata&) = delete;
  ~metadata() { strings::cleanse(token_); }

  asio::awaitable<std::optional<error>> begin(clock::time_point deadline) {
    if (from_.disabled)
      co_return error{errc::no_credentials, "instance metadata: switched off by AWS_EC2_METADATA_DISABLED"};
    name_ = "instance metadata (" + from_.endpoint_url + ")";
    auto where = protocol::parse_url(from_.endpoint_place, from_.endpoint_url);
    if (!where) co_return std::move(where).error();
    where_ = *std::move(where);
    while (where_.path.ends_with('/')) where_.path.pop_back();
    std::vector<web_header> headers;
    headers.emplace_back("x-aws-ec2-metadata-token-ttl-seconds", "21600");
    const std::string target = where_.path + "/latest/api/token";
    auto got = co_await client_.send(make_request("PUT", where_.where, target, headers), patiently(), deadline);
    if (!got) co_return not_there(got.error());
    if (got->status != 200) co_return not_there(failed(name_, *got, "for the session token"));
    if (!fits_a_header(got->body))
      co_return error{errc::credentials_failed, name_ + ": its session token is not valid"};
    token_ = std::move(got->body);
    co_return std::nullopt;
  }

  asio::awaitable<result<http_response>> get(std::string_view path, clock::time_point deadline) {
    const std::string target = where_.path + std::string{path};
    std::vector<web_header> headers;
    headers.emplace_back("x-aws-ec2-metadata-token", token_);
    auto got = co_await client_.send(make_request("GET", where_.where, target, headers), patiently(), deadline);
    if (!got) co_return failed(name_, got.error());
    co_return std::move(got);
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  [[nodiscard]] retry_schedule patiently() const { return {from_.attempts, from_.timeout, 200ms}; }

  // Most machines are no instances: that is no failure of a source.
  [[nodiscard]] error not_there(const error& why) const {
    std::string message = why.message.starts_with(name_) ? why.message : name_ + ": " + why.message;
    return {errc::no_credentials, std::move(message)};
  }

  const instance& from_;
  fetch_context& with_;
  http_client client_;
  std::string name_;
  protocol::url where_;
  std::string token_;
};

// An instance whose keys cannot be renewed goes on with those it has ("static stability" of AWS's SDKs).
credentials extended(credentials keys, fetch_context& with) {
  const auto now = with.options.time->wall_now();
  if (!keys.expiration() || *keys.expiration() > now) return keys;
  const auto more = 15min + std::chrono::duration_cast<std::chrono::seconds>(10min * with.random.unit());
  credentials out{keys.access_key_id(), keys.secret_access_key(), keys.session_token(), now + more};
  return std::move(out).with_source(keys.source());
}

}  // namespace

fetched fetch_from(const instance& from, fetch_context& with, clock::time_point deadline) {
  metadata service{from, with};
  if (auto wrong = co_await service.begin(deadline)) co_return *std::move(wrong);
  auto roles = co_await service.get(roles_path, deadline);
  if (!roles) co_return std::move(roles).error();
  const std::string role_name = roles->body.substr(0, roles->body.find_first_of("\r\n"));
  if (roles->status == 404 || (roles->status == 200 && role_name.empty()))
    co_return error{errc::no_credentials, service.name() + ": the instance has no role"};
  if (roles->status != 200) co_return failed(service.name(), *roles, "for the name of the role");
  if (!is_role_name(role_name))
    co_return error{errc::credentials_failed, service.name() + ": the role name is not valid"};

  auto got = co_await service.get(std::string{roles_path} + role_name, deadline);
  if (!got) co_return std::move(got).error();
  const strings::cleanse_at_end cleansed{got->body};
  const std::string name = service.name() + ", role " + role_name;
  if (got->status != 200) co_return failed(name, *got);
  const auto document = secret_document::parse(got->body);
  if (!document) co_return failed(name, document.error());
  const auto code = text_of(document->root(), "Code");
  if (code && *code != "Success") {
    std::string message = name + ": " + std::string{*code};
    if (const auto detail = text_of(document->root(), "Message")) message += ", " + std::string{detail->substr(0, 200)};
    co_return error{errc::credentials_failed, std::move(message)};
  }
  auto keys = read_credentials(document->root(), member_names{}, "iam-role");
  if (!keys) co_return failed(name, keys.error());
  co_return extended(*std::move(keys), with);
}

asio::awaitable<result<std::string>> fetch_region(const instance& from, fetch_context& with,
                                                  clock::time_point deadline) {
  metadata service{from, with};
  if (auto wrong = co_await service.begin(deadline)) co_return *std::move(wrong);
  auto got = co_await service.get("/latest/meta-data/placement/region", deadline);
  if (!got) co_return std::move(got).error();
  if (got->status != 200) co_return failed(service.name(), *got, "for the region");
  co_return std::move(got->body);
}

}  // namespace mwaa_serverless::sources
