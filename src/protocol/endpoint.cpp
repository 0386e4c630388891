#include "protocol/endpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace mwaa_serverless::protocol {

namespace {

struct partition {
  std::string_view prefix;  // of its regions: prefix, a word, `-`, a number
  std::string_view pseudo_region;
  std::string_view dual_stack_suffix;
};

// From partitions.json, data that AWS publishes with its SDKs. A region that fits none is taken to be new in `aws`.
constexpr std::string_view aws_suffix = "api.aws";
constexpr std::array partitions{
    partition{"cn-", "aws-cn-global", "api.amazonwebservices.com.cn"},
    partition{"us-gov-", "aws-us-gov-global", "api.aws"},
    partition{"us-iso-", "aws-iso-global", "api.aws.ic.gov"},
    partition{"us-isob-", "aws-iso-b-global", "api.aws.scloud"},
    partition{"eu-isoe-", "aws-iso-e-global", "api.cloud-aws.adc-e.uk"},
    partition{"us-isof-", "aws-iso-f-global", "api.aws.hci.ic.gov"},
    partition{"eusc-de-", "", "api.amazonwebservices.eu"},
};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) noexcept {
  return is_digit(c) || is_letter(c) || c == '_';
}

// `word-number`
bool ends_region(std::string_view rest) noexcept {
  const auto dash = rest.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == rest.size()) return false;
  const auto word = rest.substr(0, dash);
  const auto number = rest.substr(dash + 1);
  return std::all_of(word.begin(), word.end(), is_word) && std::all_of(number.begin(), number.end(), is_digit);
}

std::string_view suffix_of(std::string_view region) noexcept {
  for (const partition& each : partitions) {
    if (region == each.pseudo_region && !region.empty()) return each.dual_stack_suffix;
    if (region.starts_with(each.prefix) && ends_region(region.substr(each.prefix.size())))
      return each.dual_stack_suffix;
  }
  return aws_suffix;
}

// A region becomes part of a host name: anything else in it could lead requests elsewhere.
bool is_host_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
}

error refused(std::string_view setting, std::string_view value, std::string_view rule) {
  constexpr std::size_t shown = 100;
  std::string message{setting};
  message += " '";
  message += value.substr(0, shown);
  if (value.size() > shown) message += "...";
  message += "': ";
  message += rule;
  return {errc::invalid_configuration, std::move(message)};
}

std::optional<std::uint16_t> port_number(std::string_view text) noexcept {
  std::uint16_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (text.empty() || code != std::errc{} || stop != end || value == 0) return std::nullopt;
  return value;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// A URL as an error may show it: nothing of what stands before an `@`.
std::string without_password(std::string_view url) {
  const auto at = url.rfind('@');
  return at == std::string_view::npos ? std::string{url} : "...@" + std::string{url.substr(at + 1)};
}

result<endpoint> parse_url(const std::string& url, const std::string& region) {
  const auto refuse = [&](std::string_view rule) { return refused("endpoint_url", without_password(url), rule); };
  const auto scheme_end = url.find("://");
  const std::string scheme = lower(std::string_view{url}.substr(0, scheme_end == std::string::npos ? 0 : scheme_end));
  if (scheme != "http" && scheme != "https") return refuse("must begin with http:// or https://");
  if (url.find_first_of("?#") != std::string::npos) return refuse("must have no query and no fragment");
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return refuse("must have printable ASCII characters only");

  const std::string_view rest = std::string_view{url}.substr(scheme_end + 3);
  const auto path_start = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, path_start);
  const std::string_view path = rest.substr(path_start);
  if (authority.find('@') != std::string_view::npos) return refuse("must have no user name or password");

  std::string_view host;
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return refuse("lacks the ] of its IPv6 address");
    host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
    const bool plausible = host.find(':') != std::string_view::npos &&
                           host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    if (!plausible) return refuse("has no IPv6 address between its brackets");
  } else {
    host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
    if (host.find_first_of("[]\\^`{|}<>\"%") != std::string_view::npos)
      return refuse("has a character that no host name has");
  }
  if (host.empty()) return refuse("names no host");
  const bool tls = scheme == "https";
  std::uint16_t port = tls ? 443 : 80;
  if (!authority.empty()) {
    const auto given = authority.starts_with(':') ? port_number(authority.substr(1)) : std::nullopt;
    if (!given) return refuse("must have a port from 1 to 65535 after its host, or none");
    port = *given;
  }
  endpoint out;
  out.where = std::make_shared<const origin>(tls, lower(host), port);
  if (!path.empty()) out.path = path;
  out.signing_region = region;
  return out;
}

}  // namespace

result<endpoint> resolve_endpoint(const std::string& region, bool use_fips, const std::string& endpoint_url) {
  if (region.empty()) {
    return error(errc::no_region,
                 "no region: set client_config::region, or AWS_REGION for client_config::from_environment()");
  }
  if (!is_host_label(region))
    return refused("region", region, "must be letters, digits and hyphens, such as us-east-1");
  if (!endpoint_url.empty()) {
    if (use_fips)
      return refused("endpoint_url", without_password(endpoint_url),
                     "Invalid Configuration: FIPS and custom endpoint are not supported");
    return parse_url(endpoint_url, region);
  }
  endpoint out;
  std::string host = use_fips ? "airflow-serverless-fips." : "airflow-serverless.";
  host += region;
  host += '.';
  host += suffix_of(region);
  out.where = std::make_shared<const origin>(true, std::move(host), std::uint16_t{443});
  out.signing_region = region;
  return out;
}

}  // namespace mwaa_serverless::protocol
