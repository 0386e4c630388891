// A TCP connection to the first of several addresses that takes one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/result.hpp>
#include <string>
#include <vector>

namespace mwaa_serverless::net {

/// Tries `addresses` as dial_state says; the first success wins and the others are closed. `peer` is for messages.
/// The socket does not block and lives on `io`. errc::connect_failed with the failure of each address, or
/// errc::connect_timeout at `deadline`. Cancelled through Asio: throws system_error(operation_aborted).
/// `io` outlives the awaitable; when its context ends first: errc::client_closed.
[[nodiscard]] boost::asio::awaitable<result<boost::asio::ip::tcp::socket>> dial(
    const boost::asio::any_io_executor& io, std::vector<boost::asio::ip::tcp::endpoint> addresses, std::string peer,
    clock::time_point deadline);

}  // namespace mwaa_serverless::net
