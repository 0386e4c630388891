#include "protocol/endpoint.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocol/url.hpp"
#include "strings/ascii_case.hpp"

namespace mwaa_serverless::protocol {

namespace {

struct partition {
  std::string_view prefix;  // of its regions: prefix, a word, `-`, a number
  std::string_view pseudo_region;
  std::string_view dual_stack_suffix;
  std::string_view suffix;
};

// From partitions.json, data that AWS publishes with its SDKs. A region that fits none is taken to be new in `aws`.
constexpr partition aws{"", "", "api.aws", "amazonaws.com"};
constexpr std::array partitions{
    partition{"cn-", "aws-cn-global", "api.amazonwebservices.com.cn", "amazonaws.com.cn"},
    partition{"us-gov-", "aws-us-gov-global", "api.aws", "amazonaws.com"},
    partition{"us-iso-", "aws-iso-global", "api.aws.ic.gov", "c2s.ic.gov"},
    partition{"us-isob-", "aws-iso-b-global", "api.aws.scloud", "sc2s.sgov.gov"},
    partition{"eu-isoe-", "aws-iso-e-global", "api.cloud-aws.adc-e.uk", "cloud.adc-e.uk"},
    partition{"us-isof-", "aws-iso-f-global", "api.aws.hci.ic.gov", "csp.hci.ic.gov"},
    partition{"eusc-de-", "", "api.amazonwebservices.eu", "amazonaws.eu"},
};

using strings::is_digit;
using strings::is_letter;

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

const partition& partition_of(std::string_view region) noexcept {
  for (const partition& each : partitions) {
    if (region == each.pseudo_region && !region.empty()) return each;
    if (region.starts_with(each.prefix) && ends_region(region.substr(each.prefix.size()))) return each;
  }
  return aws;
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

result<endpoint> parse_endpoint(std::string_view setting, const std::string& text, const std::string& region) {
  auto parsed = parse_url(setting, text);
  if (!parsed) return std::move(parsed).error();
  if (text.find('?') != std::string::npos) return refuse_url(setting, text, "must have no query");
  endpoint out;
  out.where = std::move(parsed->where);
  out.authority = out.where->authority();
  if (!parsed->path.empty()) out.path = std::move(parsed->path);
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
      return refuse_url("endpoint_url", endpoint_url,
                        "Invalid Configuration: FIPS and custom endpoint are not supported");
    return parse_endpoint("endpoint_url", endpoint_url, region);
  }
  endpoint out;
  std::string host = use_fips ? "airflow-serverless-fips." : "airflow-serverless.";
  host += region;
  host += '.';
  host += partition_of(region).dual_stack_suffix;
  out.where = std::make_shared<const origin>(true, std::move(host), std::uint16_t{443});
  out.authority = out.where->authority();
  out.signing_region = region;
  return out;
}

result<endpoint> resolve_identity_endpoint(std::string_view service, const std::string& region, bool use_fips,
                                           const std::string& endpoint_url) {
  if (!is_host_label(region))
    return refused("region", region, "must be letters, digits and hyphens, such as us-east-1");
  if (!endpoint_url.empty()) return parse_endpoint("endpoint_url", endpoint_url, region);
  const partition& in = partition_of(region);
  std::string host{service};
  if (use_fips && in.pseudo_region != "aws-us-gov-global") host += "-fips";  // GovCloud's own are FIPS endpoints
  host += '.' + region + '.';
  host += in.suffix;
  endpoint out;
  out.where = std::make_shared<const origin>(true, std::move(host), std::uint16_t{443});
  out.authority = out.where->authority();
  out.signing_region = region;
  return out;
}

}  // namespace mwaa_serverless::protocol
