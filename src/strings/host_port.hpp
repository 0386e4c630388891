// Hosts with their ports, as URLs and headers have them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mwaa_serverless::strings {

/// A host as it stands before a port: an IPv6 address in brackets.
[[nodiscard]] inline std::string bracketed(std::string_view host) {
  std::string out{host};
  return host.find(':') == std::string_view::npos ? out : '[' + out + ']';
}

[[nodiscard]] inline std::string host_port(std::string_view host, std::uint16_t port) {
  return bracketed(host) + ':' + std::to_string(port);
}

}  // namespace mwaa_serverless::strings
