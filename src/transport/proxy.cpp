#include "transport/proxy.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "protocol/url.hpp"

namespace mwaa_serverless::net {

namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<int> hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hexadecimal(text[i + 1]) : std::nullopt;
    const auto low = high ? hexadecimal(text[i + 2]) : std::nullopt;
    if (low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// An IP address as bytes; empty for what is none.
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

/// Takes `:port` off an entry; false when it is not `port`.
bool take_port(std::string& entry, std::uint16_t port) {
  const auto colon = entry.rfind(':');
  const bool plain_v6 = colon != std::string::npos && entry.find(':') != colon && !entry.starts_with('[');
  if (colon != std::string::npos && !plain_v6 && !entry.ends_with(']')) {
    if (entry.substr(colon + 1) != std::to_string(port)) return false;
    entry.erase(colon);
  }
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  return true;
}

}  // namespace

result<proxy> proxy::parse(std::string_view setting, std::string_view text) {
  std::string rest{text};
  if (rest.find("://") == std::string::npos) rest = "http://" + rest;
  const std::string scheme = lower(std::string_view{rest}.substr(0, rest.find("://")));
  const auto refuse = [&](std::string_view rule) { return protocol::refuse_url(setting, text, rule); };
  if (scheme != "http") return refuse("the proxy must be spoken to by http://");
  proxy out;
  const std::size_t start = 7;
  const auto at = rest.rfind('@');
  if (at != std::string::npos) {
    const std::string who = rest.substr(start, at - start);
    const auto colon = who.find(':');
    std::string name = percent_decoded(std::string_view{who}.substr(0, colon));
    if (colon != std::string::npos)
      name += ':' + percent_decoded(std::string_view{who}.substr(colon + 1));
    else
      name += ':';
    out.authorization_ = "Proxy-Authorization: Basic " + base64(name) + "\r\n";
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
  const bool bare = where_.host.find(':') == std::string::npos;
  return (bare ? where_.host : "[" + where_.host + "]") + ":" + std::to_string(where_.port);
}

std::string proxy::connect_request(const origin& to) const {
  const bool bare = to.host.find(':') == std::string::npos;
  const std::string target = (bare ? to.host : "[" + to.host + "]") + ":" + std::to_string(to.port);
  return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n" + authorization_ + "\r\n";
}

std::string proxy::through(const http_request& request) const {
  const std::string_view bytes = request.bytes();
  const auto method_end = bytes.find(' ') + 1;
  const auto line_end = bytes.find("\r\n") + 2;
  std::string out;
  out.reserve(bytes.size() + authorization_.size() + 300);
  out.append(bytes.substr(0, method_end)).append("http://").append(request.destination().authority());
  out.append(bytes.substr(method_end, line_end - method_end)).append(authorization_).append(bytes.substr(line_end));
  return out;
}

no_proxy_list::no_proxy_list(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(", \t"), text.size());
    if (end > 0) entries_.push_back(lower(text.substr(0, end)));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
}

bool no_proxy_list::contains(const origin& to) const {
  std::string host = lower(to.host);
  if (host.ends_with('.')) host.pop_back();
  const std::string address = address_bytes(host);
  return std::any_of(entries_.begin(), entries_.end(), [&](std::string entry) {
    if (entry == "*") return true;
    if (entry.find('/') != std::string::npos) return !address.empty() && in_block(address, entry);
    if (!take_port(entry, to.port)) return false;
    if (!address.empty()) return address_bytes(entry) == address;
    if (entry.starts_with("*.")) entry.erase(0, 1);
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry.empty()) return false;
    return host == entry || host.ends_with('.' + entry);
  });
}

tunnel_answer::progress tunnel_answer::feed(std::string_view bytes) {
  constexpr std::size_t longest = 16 * 1024;
  head_ += bytes.substr(0, longest + 1 - std::min(longest, head_.size()));
  const auto end = head_.find("\r\n\r\n");
  if (end == std::string::npos) return head_.size() > longest ? progress::refused : progress::need_more;
  // `HTTP/1.1 200 ...`; and the tunnel's other end speaks only when it is spoken to.
  const bool welcome = head_.starts_with("HTTP/1.") && head_.size() > 12 && head_[8] == ' ' && head_[9] == '2';
  return welcome && end + 4 == head_.size() ? progress::open : progress::refused;
}

std::string tunnel_answer::said() const {
  constexpr std::size_t longest = 100;
  std::string line = head_.substr(0, std::min(head_.find("\r\n"), longest));
  for (char& c : line)
    if (c < ' ' || c > '~') c = '?';
  return line.empty() ? "nothing" : line;
}

}  // namespace mwaa_serverless::net
