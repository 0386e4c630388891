#include "net/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "protocol/url.hpp"
#include "strings/ascii_case.hpp"
#include "strings/base64.hpp"
#include "strings/host_port.hpp"
#include "strings/percent.hpp"

namespace mwaa_serverless::net {

namespace {

/// An IP address as bytes; empty for what is not one.
std::string address_bytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

bool in_block(const std::string& address, std::string_view block) {
  const auto slash = block.find('/');
  const std::string base = address_bytes(std::string{block.substr(0, slash)});
  const std::string_view digits = block.substr(slash + 1);
  std::size_t bits = 0;
  const auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (code != std::errc{} || stop != digits.data() + digits.size()) return false;
  if (base.empty() || base.size() != address.size() || bits > 8 * base.size()) return false;
  for (std::size_t i = 0; i < bits; ++i) {
    const auto bit = static_cast<unsigned char>(0x80 >> (i % 8));
    if (((static_cast<unsigned char>(base[i / 8]) ^ static_cast<unsigned char>(address[i / 8])) & bit) != 0)
      return false;
  }
  return true;
}

/// Takes `:port` and the brackets of an IPv6 address off an entry; false when the port is another.
bool take_port(std::string& entry, std::uint16_t port) {
  const auto bracket = entry.starts_with('[') ? entry.find(']') : std::string::npos;
  // Without brackets a second colon makes it an IPv6 address, which then has no port.
  const auto colon = entry.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon != std::string::npos && entry.find(':', colon + 1) == std::string::npos) {
    if (entry.substr(colon + 1) != std::to_string(port)) return false;
    entry.erase(colon);
  }
  if (bracket != std::string::npos) entry = entry.substr(1, bracket - 1) + entry.substr(bracket + 1);
  return true;
}

/// A finished name (`host.`) is the same name; several dots before one are as one.
std::string_view bare_name(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('.'), name.size()));
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

result<proxy> proxy::parse(std::string_view setting, std::string_view text) {
  std::string rest{text};
  if (rest.find("://") == std::string::npos) rest = "http://" + rest;
  const std::string scheme = strings::lower_case(std::string_view{rest}.substr(0, rest.find("://")));
  const auto refuse = [&](std::string_view rule) { return protocol::refuse_url(setting, text, rule); };
  if (scheme != "http") return refuse("the proxy must be spoken to by http://");
  proxy out;
  const std::size_t start = 7;
  const auto at = rest.rfind('@');
  if (at != std::string::npos) {
    const std::string who = rest.substr(start, at - start);
    const auto colon = who.find(':');
    std::string name = strings::percent_decoded(std::string_view{who}.substr(0, colon));
    if (colon != std::string::npos)
      name += ':' + strings::percent_decoded(std::string_view{who}.substr(colon + 1));
    else
      name += ':';
    out.authorization_ = "Proxy-Authorization: Basic " + strings::to_base64(name) + "\r\n";
    rest.erase(start, at + 1 - start);
  }
  const auto parsed = protocol::parse_url(setting, rest);
  if (!parsed) return refuse("must be http://, a host and a port");
  if (!parsed->query.empty() || (!parsed->path.empty() && parsed->path != "/"))
    return refuse("must have no path and no query");
  out.where_ = *parsed->where;
  return out;
}

std::string proxy::authority() const {
  return strings::host_port(where_.host, where_.port);
}

std::string proxy::hint_for_407() const {
  return authorization_.empty()
             ? " (it wants a user name and password, which its URL does not have)"
             : " (it does not accept the user name and password of its URL, sent by the scheme Basic)";
}

std::string proxy::connect_request(const origin& to) const {
  const std::string target = strings::host_port(to.host, to.port);
  return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n" + authorization_ + "\r\n";
}

http_request proxy::through(const http_request& request) const {
  const std::string_view bytes = request.bytes();
  const auto method_end = bytes.find(' ') + 1;
  const auto line_end = bytes.find("\r\n") + 2;
  std::string out;
  out.reserve(bytes.size() + authorization_.size() + 300);
  out.append(bytes.substr(0, method_end)).append("http://").append(request.destination().authority());
  out.append(bytes.substr(method_end, line_end - method_end)).append(authorization_).append(bytes.substr(line_end));
  const std::size_t head_size = out.size() - request.body().size();
  http_request rewritten{std::make_shared<const origin>(request.destination()), std::move(out), head_size};
  rewritten.repeatable = request.repeatable;
  return rewritten;
}

no_proxy_list::no_proxy_list(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(", \t"), text.size());
    if (end > 0) entries_.push_back(strings::lower_case(text.substr(0, end)));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
}

bool no_proxy_list::contains(const origin& to) const {
  const std::string lowered = strings::lower_case(to.host);
  const std::string host{bare_name(lowered)};
  const std::string address = address_bytes(host);
  return std::any_of(entries_.begin(), entries_.end(), [&](std::string entry) {
    if (entry == "*") return true;
    if (!take_port(entry, to.port)) return false;
    if (entry.find('/') != std::string::npos) return !address.empty() && in_block(address, entry);
    if (!address.empty()) return address_bytes(std::string{bare_name(entry)}) == address;
    if (entry.starts_with("*.")) entry.erase(0, 1);
    const std::string_view name = bare_name(entry);
    if (name.empty()) return false;
    return host == name || host.ends_with('.' + std::string{name});
  });
}

proxy_settings::proxy_settings(const network_options& options) : excluded_(options.no_proxy) {
  if (!options.https_proxy.empty()) https_ = proxy::parse("https_proxy", options.https_proxy);
  if (!options.http_proxy.empty()) http_ = proxy::parse("http_proxy", options.http_proxy);
}

result<const proxy*> proxy_settings::proxy_for(const origin& to) const {
  const auto& one = to.tls ? https_ : http_;
  if (!one || excluded_.contains(to)) return static_cast<const proxy*>(nullptr);
  if (one->has_error()) return one->error();
  return &**one;
}

tunnel_answer::progress tunnel_answer::feed(std::string_view bytes) {
  constexpr std::size_t longest = 16 * 1024;
  head_ += bytes.substr(0, longest + 1 - std::min(longest, head_.size()));
  const auto end = head_.find("\r\n\r\n");
  if (end == std::string::npos) return head_.size() > longest ? progress::refused : progress::need_more;
  // The tunnel's other end speaks only when it is spoken to.
  return status() / 100 == 2 && end + 4 == head_.size() ? progress::open : progress::refused;
}

int tunnel_answer::status() const noexcept {
  // `HTTP/1.1 200`, and a blank or the end of the line
  const std::string_view head{head_};
  if (!head.starts_with("HTTP/1.") || head.size() < 13 || head[8] != ' ' || (head[12] != ' ' && head[12] != '\r'))
    return 0;
  int value = 0;
  const auto [stop, code] = std::from_chars(head.data() + 9, head.data() + 12, value);
  return code == std::errc{} && stop == head.data() + 12 ? value : 0;
}

bool tunnel_answer::final() const noexcept {
  const int value = status();
  return value >= 300 && value < 500 && value != 408 && value != 425 && value != 429;
}

std::string tunnel_answer::said() const {
  constexpr std::size_t longest = 100;
  std::string line = head_.substr(0, std::min(head_.find("\r\n"), longest));
  for (char& c : line)
    if (c < ' ' || c > '~') c = '?';
  return line.empty() ? "nothing" : line;
}

}  // namespace mwaa_serverless::net
