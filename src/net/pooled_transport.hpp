// The transport that talks to the network: HTTP/1.1 over TCP or TLS with a pool of keep-alive connections.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <string>
#include <type_traits>

namespace boost::asio::ssl {
class context;
}

namespace mwaa_serverless::net {

/// Settings of a pooled transport; the members of client_config with the same names say more.
class pooled_transport_options {
 public:
  pooled_transport_options();

  /// Connections open at once, over all origins. From 1.
  std::size_t max_connections = 64;
  /// Requests that wait for a connection at once.
  std::size_t max_waiting = std::size_t(-1);
  /// Limit of that wait. Positive.
  std::optional<std::chrono::milliseconds> acquire_timeout;
  /// A connection is closed when it is given back after so long. Positive.
  std::optional<std::chrono::milliseconds> max_connection_age;
  /// A connection idle for longer is closed instead of used. Positive.
  std::chrono::milliseconds max_idle_time{50'000};
  /// Limit of the time in which an exchange moves no byte. Positive.
  std::optional<std::chrono::milliseconds> read_timeout;
  /// Limit of opening a connection: name look-up, TCP and TLS handshakes. Positive.
  std::chrono::milliseconds connect_timeout{3100};
  /// Limit of a response body. Positive.
  std::size_t max_response_bytes = std::size_t{16} * 1024 * 1024;
  /// The responses hold keys: the buffers that they are read into are overwritten.
  bool secret_responses = false;

  /// File of PEM certificates to trust instead of the system's.
  std::string ca_bundle;
  /// Files of PEM with the client's certificate (and those it was signed by), and its key; the key may be in the first.
  std::string client_certificate;
  std::string client_key;
  /// False accepts any certificate.
  bool verify_tls = true;
  /// A caller's own settings, used as they are instead of those above.
  std::shared_ptr<boost::asio::ssl::context> tls_context;

  /// Proxies for https:// and http:// origins, and which hosts go without; see client_config.
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;

  /// Name servers as `address:port,...` instead of the system's (for tests).
  std::string name_servers;
  /// The file that is read before they are asked (another for tests).
  std::string hosts_file = "/etc/hosts";
};
static_assert(!std::is_aggregate_v<pooled_transport_options>);

/// Makes the transport. Its sockets live on `executor`; callers may be on other executors. When the context of
/// `executor` is destroyed first, the connections are closed then, and requests, those under way too, end with
/// errc::client_closed; no thread may be using the transport at that moment. Without a request under way it has no
/// pending work; destroying it closes its connections. Throws exception(errc::invalid_configuration) naming the member.
[[nodiscard]] std::shared_ptr<transport> make_pooled_transport(boost::asio::any_io_executor executor,
                                                               pooled_transport_options options);

}  // namespace mwaa_serverless::net
