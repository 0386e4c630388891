// The agents of ECS and EKS Pod Identity:
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "protocol/url.hpp"
#include "sources/fetch.hpp"
#include "sources/secret_json.hpp"
#include "strings/redact.hpp"

namespace mwaa_serverless::sources {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// Plain http carries keys: only to this machine and to the agents' own addresses.
bool is_allowed(const origin& to) {
  if (to.tls || to.host == "localhost") return true;
  boost::system::error_code none;
  const auto address = asio::ip::make_address(to.host, none);
  if (none) return false;
  return address.is_loopback() || address == asio::ip::make_address("169.254.170.2") ||
         address == asio::ip::make_address("169.254.170.23") || address == asio::ip::make_address("fd00:ec2::23");
}

}  // namespace

fetched fetch_from(const container& from, fetch_context& with, clock::time_point deadline) {
  const auto where = protocol::parse_url(from.uri_place, from.uri);
  if (!where) co_return failed("container credentials", where.error());
  if (!is_allowed(*where->where)) {
    co_return failed("container credentials",
                     protocol::refuse_url(from.uri_place, from.uri,
                                          "plain http is for loopback addresses, 169.254.170.2, 169.254.170.23 and "
                                          "[fd00:ec2::23] only; use https"));
  }
  const std::string name = "container credentials (" + where->where->authority() + ")";
  std::string_view token = view(from.token);
  file_text file;
  if (!from.token_file.empty()) {
    auto read = co_await read_small_file(from.token_file, with.time(), deadline);
    if (!read) co_return failed(name + ", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", read.error());
    file = *std::move(read);
    token = file.text();
  }
  if (has_control_character(token))
    co_return error{errc::credentials_failed,
                    name + ": the authorization token has a line break or another control character in it"};
  std::vector<web_header> headers;
  headers.emplace_back("Accept", "application/json");
  if (!token.empty()) headers.emplace_back("Authorization", token);

  http_client client{with.options};
  auto got = co_await client.send(make_request("GET", where->where, where->target(), headers),
                                  retry_schedule{3, 2s, 1s}, deadline);
  if (!got) co_return failed(name, got.error());
  const strings::cleanse_at_end cleansed{got->body};
  const auto document = secret_document::parse(got->body);
  if (got->status != 200) {
    std::string detail;
    if (document) {
      for (const char* member : {"code", "message"})
        if (const auto text = text_of(document->root(), member))
          detail += (detail.empty() ? "" : ": ") + std::string{text->substr(0, 200)};
    }
    co_return failed(name, *got, detail);
  }
  if (!document) co_return failed(name, document.error());
  auto keys = read_credentials(document->root(), member_names{}, "container-role");
  if (!keys) co_return failed(name, keys.error());
  co_return std::move(keys);
}

}  // namespace mwaa_serverless::sources
