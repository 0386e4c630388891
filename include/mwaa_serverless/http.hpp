// HTTP as values: where a request goes, the request, the response. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace mwaa_serverless {

/// Where requests go: scheme, host and port of an endpoint URL.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API origin {
 public:
  origin();
  origin(bool tls_value, std::string host_value, std::uint16_t port_value);

  bool tls = true;
  std::string host;  ///< Name, IPv4 or IPv6 address without brackets.
  std::uint16_t port = 443;

  /// `Host` header: brackets around IPv6, the port only when it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  friend bool operator==(const origin&, const origin&) = default;
};
static_assert(!std::is_aggregate_v<origin>);

/// One HTTP/1.1 request as the bytes that go on the wire, so that a transport sends it in one write. They hold session
/// tokens: their memory is overwritten on release.
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: RFC 9112.
class MWAA_SERVERLESS_API http_request {
 public:
  http_request();
  http_request(const http_request&);
  http_request(http_request&&) noexcept;
  http_request& operator=(const http_request&);
  http_request& operator=(http_request&&) noexcept;
  ~http_request();
  /// `head` ends in an empty line (CRLF CRLF) and states the body's Content-Length.
  http_request(std::shared_ptr<const origin> to, std::string head_and_body, std::size_t head_size);

  [[nodiscard]] const origin& destination() const noexcept { return *destination_; }
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string_view head() const noexcept { return std::string_view{bytes_}.substr(0, head_size_); }
  [[nodiscard]] std::string_view body() const noexcept { return std::string_view{bytes_}.substr(head_size_); }
  /// The value of a header, trimmed; the name in any case. nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// True when the request may be repeated although the service may have acted on it (reads, idempotent calls).
  bool repeatable = true;

 private:
  std::shared_ptr<const origin> destination_;
  std::string bytes_;
  std::size_t head_size_ = 0;
};
static_assert(!std::is_aggregate_v<http_request>);

/// One complete HTTP response.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API http_response {
 public:
  http_response();

  int status = 0;
  /// Header lines as received, each `Name: value` and CRLF, without the status line.
  std::string fields;
  std::string body;
  /// True when the connection had served a request before.
  bool connection_reused = false;

  /// The first value of a header, trimmed; the name in any case. nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};
static_assert(!std::is_aggregate_v<http_response>);

}  // namespace mwaa_serverless
