#include "protocol/url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "strings/ascii_case.hpp"

namespace mwaa_serverless::protocol {

namespace {

std::optional<std::uint16_t> port_number(std::string_view text) noexcept {
  std::uint16_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (text.empty() || code != std::errc{} || stop != end || value == 0) return std::nullopt;
  return value;
}

}  // namespace

std::string url::target() const {
  std::string out = path.empty() ? "/" : path;
  if (!query.empty()) out += '?' + query;
  return out;
}

std::string showable_url(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string out;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    out = "...@";
    text.remove_prefix(at + 1);
  }
  out += text.substr(0, text.find('?'));
  if (out.size() > longest) out = out.substr(0, longest) + "...";
  return out;
}

error refuse_url(std::string_view setting, std::string_view text, std::string_view rule) {
  return {errc::invalid_configuration, std::string{setting} + " '" + showable_url(text) + "': " + std::string{rule}};
}

result<url> parse_url(std::string_view setting, std::string_view text) {
  const auto refuse = [&](std::string_view rule) { return refuse_url(setting, text, rule); };
  const auto scheme_end = text.find("://");
  const std::string scheme = strings::lower_case(text.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  if (scheme != "http" && scheme != "https") return refuse("must begin with http:// or https://");
  if (text.find('#') != std::string_view::npos) return refuse("must have no fragment");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return refuse("must have printable ASCII characters only");

  const std::string_view rest = text.substr(scheme_end + 3);
  const auto path_start = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, path_start);
  const std::string_view tail = rest.substr(path_start);
  const auto question = tail.find('?');
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
  url out;
  out.where = std::make_shared<const origin>(tls, strings::lower_case(host), port);
  out.path = tail.substr(0, question);
  if (question != std::string_view::npos) out.query = tail.substr(question + 1);
  return out;
}

}  // namespace mwaa_serverless::protocol
