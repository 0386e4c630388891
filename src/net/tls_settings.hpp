// What all TLS connections of a transport have in common.
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <mutex>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/network_options.hpp>
#include <string>
#include <vector>

#include "async/process_mark.hpp"

namespace mwaa_serverless::net {

struct free_ssl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using ssl_ptr = std::unique_ptr<SSL, free_ssl>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, free_ssl>;

/// Certificates, limits and kept sessions. Used by any number of threads.
class tls_settings {
 public:
  /// Throws exception(errc::invalid_configuration) when a file cannot be used, naming the option.
  explicit tls_settings(const network_options& options);
  tls_settings(const tls_settings&) = delete;
  tls_settings& operator=(const tls_settings&) = delete;
  ~tls_settings();

  /// A client's end of a new connection to `peer`: server name, name check and, when there is one, a session to resume
  /// are set.
  [[nodiscard]] ssl_ptr new_client(const origin& peer);

 private:
  static int keep_session(SSL* ssl, SSL_SESSION* session) noexcept;

  std::shared_ptr<boost::asio::ssl::context> callers_;  // keeps the context of the caller alive
  SSL_CTX* context_ = nullptr;
  std::unique_ptr<SSL_CTX, free_ssl> own_;
  std::mutex mutex_;
  async::process_mark process_;                                   // whose sessions these are
  std::map<std::string, std::vector<ssl_session_ptr>> sessions_;  // by authority, oldest first
};

/// The first error in OpenSSL's queue of this thread, which is emptied.
[[nodiscard]] std::string take_openssl_error();

}  // namespace mwaa_serverless::net
