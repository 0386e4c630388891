// How a request reaches the service: the seam between the client and the network.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mwaa_serverless {

/// Where requests go: scheme, host and port of an endpoint URL.
class origin {
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
class http_request {
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
class http_response {
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

/// Counters of a transport since it was made.
class transport_metrics {
 public:
  transport_metrics();

  std::uint64_t connections_opened = 0;
  std::uint64_t connections_reused = 0;    ///< Exchanges on a connection that was open already.
  std::uint64_t connections_replaced = 0;  ///< Reused connections found dead and replaced free of charge.
  std::uint64_t name_lookups = 0;          ///< Questions to name servers; their answers serve for their time to live.
  std::uint64_t tls_handshakes = 0;        ///< Full and resumed ones.
  std::uint64_t tls_resumptions = 0;       ///< Handshakes that took up an earlier session.
  std::uint64_t tls_unverified = 0;        ///< Handshakes in which nobody checked the peer's certificate.
  std::uint64_t waited = 0;                ///< Requests that stood in line for a connection.
  std::chrono::nanoseconds wait_time{0};   ///< All of their time in line.
  std::uint64_t refused = 0;               ///< Requests that found the line full.
  std::size_t open = 0;                    ///< Connections open now, idle or in use.
  std::size_t in_use = 0;
  std::size_t idle = 0;
  std::size_t waiting = 0;  ///< Callers waiting for a connection.
};
static_assert(!std::is_aggregate_v<transport_metrics>);

/// Sends one request and receives one response.
///
/// Implement it to put a client on another network or on none: testing::emulator has one in memory. Called from all
/// threads of the client's coroutines; one of a user's runs on a strand of the awaiting coroutine's executor.
///
/// A transport cannot break its caller: a send() that has not ended a moment (1 ms) after `deadline` is cancelled and
/// left alone, and the attempt ends with errc::attempt_timeout; one that throws, returns a status outside 100 to 999,
/// or an error whose code is that of success, ends it with errc::broken_contract. (An exception of this library's
/// counts as the error it carries.)
class transport {
 public:
  virtual ~transport() = default;
  /// Completes with the whole response, or with an error whose `code`, `phase` and `may_have_reached_service` are set,
  /// at the latest at `deadline` (then errc::attempt_timeout, or errc::connect_timeout while not connected).
  /// `request` outlives the awaitable. Cancelled through Asio: throws system_error(asio::error::operation_aborted); the
  /// caller does not wait for that.
  [[nodiscard]] virtual boost::asio::awaitable<result<http_response>> send(const http_request& request,
                                                                           clock::time_point deadline) = 0;
  /// Opens connections to `to` ahead of the first request, all at once, until there are so many, idle or in use; never
  /// one that would need another to be closed. Fails as send() does when one could not be opened; the others stay.
  /// Cancelled through Asio as send() is. By default there is nothing to open.
  [[nodiscard]] virtual boost::asio::awaitable<result<void>> prewarm(std::shared_ptr<const origin> /*to*/,
                                                                     std::size_t /*connections*/) {
    co_return result<void>{};
  }
  /// Refuses new requests (errc::client_closed), lets those under way end, then closes every connection.
  [[nodiscard]] virtual boost::asio::awaitable<void> close() = 0;
  [[nodiscard]] virtual transport_metrics metrics() const = 0;

 protected:
  transport() = default;
  transport(const transport&) = default;
  transport& operator=(const transport&) = default;
};

}  // namespace mwaa_serverless
