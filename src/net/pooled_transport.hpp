// The transport that talks to the network: HTTP/1.1 over TCP or TLS with a pool of keep-alive connections.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <mwaa_serverless/network_options.hpp>
#include <mwaa_serverless/transport.hpp>
#include <string>

namespace mwaa_serverless::net {

/// What is set inside the library and by tests only.
class internal_options {
 public:
  internal_options() {}

  /// The responses hold keys: the buffers that they are read into are overwritten.
  bool secret_responses = false;
  /// Name servers as `address:port,...` instead of the system's.
  std::string name_servers;
  /// The file that is read before they are asked.
  std::string hosts_file = "/etc/hosts";
};

/// Makes the transport. Its sockets live on `executor`; callers may be on other executors. When the context of
/// `executor` is destroyed first, the connections are closed then, and requests, those under way too, end with
/// errc::client_closed; no thread may be using the transport at that moment. Without a request under way it has no
/// pending work; destroying it closes its connections. Throws exception(errc::invalid_configuration) naming the member.
[[nodiscard]] std::shared_ptr<transport> make_pooled_transport(boost::asio::any_io_executor executor,
                                                               network_options options, internal_options internal = {});

}  // namespace mwaa_serverless::net
