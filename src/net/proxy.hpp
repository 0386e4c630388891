// Proxies: which requests go through one, and how to ask it.
#pragma once

#include <memory>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/network_options.hpp>
#include <mwaa_serverless/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mwaa_serverless::net {

/// One proxy.
class proxy {
 public:
  /// `http://[user[:password]@]host[:port]`, the scheme optional; name and password percent-encoded. `setting` is for
  /// messages, which never repeat name and password.
  [[nodiscard]] static result<proxy> parse(std::string_view setting, std::string_view text);

  [[nodiscard]] const std::string& host() const noexcept { return where_.host; }
  [[nodiscard]] std::uint16_t port() const noexcept { return where_.port; }
  /// `host:port`, for messages.
  [[nodiscard]] std::string authority() const;

  /// What to do about a 407, for messages.
  [[nodiscard]] std::string hint_for_407() const;
  /// What opens a tunnel (RFC 9110, section 9.3.6).
  [[nodiscard]] std::string connect_request(const origin& to) const;
  /// A plain request with its target in absolute form (RFC 9112, section 3.2.2), and what the proxy wants to know.
  /// Nothing of it changes what was signed.
  [[nodiscard]] http_request through(const http_request& request) const;

 private:
  proxy() = default;

  origin where_;
  std::string authorization_;  // a header line with its end; empty without a name
};

/// The hosts that are reached without a proxy: entries by commas or blanks, each a host name (which stands for the
/// names below it too, with or without a dot before it), an address, a block of addresses (`10.0.0.0/8`), each also
/// with a port, or `*` for all. Case and a final dot make no difference. An entry that is none of these is left out.
class no_proxy_list {
 public:
  explicit no_proxy_list(std::string_view text);
  [[nodiscard]] bool contains(const origin& to) const;

 private:
  std::vector<std::string> entries_;
};

/// Which proxy an origin is reached through.
class proxy_settings {
 public:
  explicit proxy_settings(const network_options& options);

  /// Null: none. Fails with errc::invalid_configuration when the proxy that is to be used cannot be; one that is not
  /// (of the other scheme, or excluded by no_proxy) may be anything.
  [[nodiscard]] result<const proxy*> proxy_for(const origin& to) const;

 private:
  std::optional<result<proxy>> https_;
  std::optional<result<proxy>> http_;
  no_proxy_list excluded_;
};

/// The answer to connect_request(), as it comes.
class tunnel_answer {
 public:
  enum class progress { need_more, open, refused };
  progress feed(std::string_view bytes);
  /// Of what has come so far; 0 when it does not begin as an answer of HTTP/1 does.
  [[nodiscard]] int status() const noexcept;
  /// The proxy refused for good: 3xx and 4xx, but not those that may pass (408, 425, 429).
  [[nodiscard]] bool final() const noexcept;
  /// What the proxy said, in one line: `HTTP/1.1 407 Proxy Authentication Required`.
  [[nodiscard]] std::string said() const;

 private:
  std::string head_;
};

}  // namespace mwaa_serverless::net
