// Certificates for a server on this machine, made when it starts.
#pragma once

#include <string>

namespace mwaa_serverless::testing {

struct server_identity {
  std::string authority_pem;    ///< What clients trust.
  std::string certificate_pem;  ///< The server's, issued by that authority.
  std::string key_pem;          ///< The server's.
};

/// Fresh keys (EC P-256) and certificates for localhost, 127.0.0.1, ::1 and `address`, good for 30 days by the system's
/// clock. An authority and a certificate of its own: some clients refuse a server that shows an authority's
/// certificate.
[[nodiscard]] server_identity make_server_identity(const std::string& address);

}  // namespace mwaa_serverless::testing
