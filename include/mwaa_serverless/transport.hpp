// How a request reaches the service: the seam between the client and the network.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/result.hpp>
#include <mwaa_serverless/transport_metrics.hpp>

namespace mwaa_serverless {

/// Sends one request and receives one response.
///
/// Implement it to put a client on another network or on none: testing::emulator has one in memory.
///
/// Errors: a transport cannot break its caller: a send() that has not ended a moment (1 ms) after `deadline` is
/// cancelled and left alone, and the attempt ends with errc::attempt_timeout; one that throws, returns a status outside
/// 100 to 999, or an error whose code is that of success, ends it with errc::broken_contract. (An exception of this
/// library's counts as the error it carries.)
///
/// Cancellation: see send().
///
/// Lifetime: shared by the clients that it is set for, and by calls under way.
///
/// Threads: called from all threads of the client's coroutines; one of a user's runs on a strand of the awaiting
/// coroutine's executor.
class MWAA_SERVERLESS_API transport {
 public:
  virtual ~transport() = default;
  /// Completes with the whole response, or with an error whose `code`, `phase` and `may_have_reached_service` are set,
  /// at the latest at `deadline` (then errc::attempt_timeout, or errc::connect_timeout while not connected).
  /// `request` outlives the awaitable. Cancelled through Asio: throws system_error(asio::error::operation_aborted); the
  /// caller does not wait for that.
  [[nodiscard]] virtual boost::asio::awaitable<result<http_response>> send(const http_request& request,
                                                                           clock::time_point deadline) = 0;
  /// Opens connections to `to` ahead of the first request, all at once, until `connections` are open, idle or in use;
  /// never one that would need another to be closed. Fails as send() does when one could not be opened; the others
  /// stay. Cancelled through Asio as send() is. By default there is nothing to open.
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
