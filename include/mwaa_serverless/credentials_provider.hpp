// Where a client gets its keys from.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/credentials.hpp>
#include <mwaa_serverless/error.hpp>

namespace mwaa_serverless {

/// A source of credentials, asked before each attempt: it caches what it fetches.
/// Called from all threads of the client's coroutines.
class credentials_provider {
 public:
  virtual ~credentials_provider() = default;
  /// The current keys, or an error (errc::no_credentials, errc::credentials_failed), at the latest at `deadline`.
  /// The same pointer as before means the same keys: the client then reuses its signing key.
  /// Cancelled through Asio: throws system_error(asio::error::operation_aborted).
  [[nodiscard]] virtual boost::asio::awaitable<result<std::shared_ptr<const credentials>>> get(
      clock::time_point deadline) = 0;

 protected:
  credentials_provider() = default;
  credentials_provider(const credentials_provider&) = default;
  credentials_provider& operator=(const credentials_provider&) = default;
};

/// Always these keys.
[[nodiscard]] std::shared_ptr<credentials_provider> make_static_credentials(credentials value);

}  // namespace mwaa_serverless
