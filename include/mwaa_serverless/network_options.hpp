// How connections are made, kept and limited.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string>
#include <type_traits>

namespace boost::asio::ssl {
class context;
}

namespace mwaa_serverless {

/// The way out to the network, for the service and for sources of credentials: whom to trust, and proxies.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API egress_options {
 public:
  egress_options();

  /// File of PEM certificates to trust instead of the system's.
  std::string ca_bundle;

  /// Proxies for an https:// and for an http:// endpoint, `http://[user:password@]host:port`; empty: none. To https the
  /// proxy opens a tunnel (CONNECT); name and password (percent-encoded) are sent by the scheme Basic and never shown.
  std::string https_proxy;
  std::string http_proxy;
  /// Hosts that are reached without a proxy: host names with all below them, addresses, blocks (`10.0.0.0/8`), each
  /// also with `:port`, or `*`; by commas.
  std::string no_proxy;
};
static_assert(!std::is_aggregate_v<egress_options>);

/// The network settings of a client, which client_config inherits. They do not apply to a transport of the caller's
/// (client_config::network).
///
/// Errors: the client's constructor throws exception(errc::invalid_configuration) naming the member.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API network_options : public egress_options {
 public:
  network_options();

  /// Limit of opening a connection: name lookup, TCP and TLS handshakes. Positive, at most a year. Default
  /// 3.1 s (as the Rust SDK).
  std::chrono::milliseconds connect_timeout{3100};
  /// Limit of silence: the longest time in which a request under way neither sends nor receives a byte (boto3's
  /// read_timeout). Then errc::read_timeout. Positive; absent: attempt_timeout alone. Default absent.
  std::optional<std::chrono::milliseconds> read_timeout;

  /// Connections open at once; further requests are queued, first come first served. From 1. Default 64.
  std::size_t max_connections = 64;
  /// Requests that may wait for a connection at once; one more is errc::too_many_waiting. Absent: no limit.
  std::optional<std::size_t> max_waiting;
  /// Limit of the wait for a connection: errc::acquire_timeout. Positive; absent: the
  /// attempt's own.
  std::optional<std::chrono::milliseconds> acquire_timeout;
  /// A connection that has been open for longer is closed when a request gives it back, so that a service of many
  /// addresses is shared out anew now and then. Up to a tenth of it is taken off at random. Positive, at most a year.
  /// Default an hour (as nginx's keepalive_time).
  std::chrono::milliseconds max_connection_age{3'600'000};
  /// A connection unused for longer is closed instead of used; up to a tenth is taken off at random. Positive, at most
  /// a year. Default 50 s: AWS's load balancers close idle connections after 60 s.
  std::chrono::milliseconds max_idle_time{50'000};
  /// Limit of a response body; a longer one is errc::response_too_large. From 1024. Default 16 MiB.
  std::size_t max_response_bytes = std::size_t{16} * 1024 * 1024;

  /// For endpoints that ask who calls: a file of PEM with the client's certificate and those it was signed by, and one
  /// with its key, unencrypted. Without the second the key is in the first.
  std::string client_certificate;
  std::string client_key;
  /// False accepts any certificate, also that of someone in between who reads and changes everything: for experiments
  /// against a private server only. No variable and no file can switch it; describe() and the command-line program
  /// say so in capitals, and transport_metrics::tls_unverified counts.
  bool verify_tls = true;
  /// A caller's own TLS settings, used as they are instead of `ca_bundle` and the three above (the host name is still
  /// checked when the context verifies the peer). Its sessions are not resumed.
  std::shared_ptr<boost::asio::ssl::context> tls_context;
};
static_assert(!std::is_aggregate_v<network_options>);

}  // namespace mwaa_serverless
