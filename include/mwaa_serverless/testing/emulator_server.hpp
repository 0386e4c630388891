// The emulator on a socket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/testing/emulator.hpp>
#include <string>
#include <type_traits>

namespace mwaa_serverless::testing {

/// Settings of an emulator_server.
///
/// Errors: the server's constructor throws exception(errc::invalid_configuration) for a member out of its range.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API emulator_server_options {
 public:
  emulator_server_options();

  /// Loopback unless told otherwise: the emulator is no service for a network.
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free port.
  /// HTTPS, with a certificate that is made at the start for localhost, 127.0.0.1, ::1 and `address`.
  bool tls = false;
  /// Whether other processes may steer the emulator through `/-/` (docs/emulator.md): without a key, but from this
  /// machine only and not from a browser's page.
  bool steering = false;
  /// Connections at once, from 1; further ones wait to be accepted.
  std::size_t max_connections = 900;
  // A client that takes longer is disconnected. Each is from 1 ms and counts as ten years at most.
  /// For a TLS handshake, and from a request's first byte to its last.
  std::chrono::milliseconds request_timeout{30'000};
  /// To take a response that is sent, or each piece of one that drips.
  std::chrono::milliseconds write_timeout{30'000};
  /// Between requests, and before the first.
  std::chrono::milliseconds idle_timeout{60'000};
};
static_assert(!std::is_aggregate_v<emulator_server_options>);

/// Serves an emulator over HTTP/1.1 (keep-alive, no pipelining). Faults happen on the socket.
///
///     testing::emulator service;
///     testing::emulator_server server{io.get_executor(), service};
///     config.endpoint_url = server.endpoint_url();
///
/// Errors: see the constructor.
///
/// Lifetime: the context of `executor` outlives the server.
///
/// Threads: works on `executor` only, whose context any number of threads may run.
///
/// Source: RFC 9112.
class MWAA_SERVERLESS_API emulator_server {
 public:
  /// Listens when it returns. Throws boost::system::system_error when the address cannot be bound, and
  /// exception(errc::invalid_configuration) for limits that are out of range and for an empty executor.
  emulator_server(const boost::asio::any_io_executor& executor, const emulator& service,
                  emulator_server_options options = {});
  /// stop()
  ~emulator_server();
  emulator_server(const emulator_server&) = delete;
  emulator_server& operator=(const emulator_server&) = delete;

  /// Such as `http://127.0.0.1:41234`.
  [[nodiscard]] const std::string& endpoint_url() const noexcept;
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// The certificate authority to trust, as PEM; empty without TLS.
  [[nodiscard]] const std::string& certificate_pem() const noexcept;
  /// Closes the listener and all connections; the context has nothing left of it to do soon after. From any thread,
  /// again without effect.
  void stop();

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace mwaa_serverless::testing
