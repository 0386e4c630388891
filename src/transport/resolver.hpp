// Host names to addresses, on the caller's loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <string>
#include <vector>

namespace mwaa_serverless::net {

/// The addresses of a host, best first (RFC 6724). Through c-ares, without a thread: Asio's own resolver starts one,
/// queues every look-up behind a stuck one and holds up the end of the program for as long.
///
/// Addresses and `localhost` need no look-up (RFC 6761, section 6.3). `io` is where the sockets of the look-up live.
/// `name_servers`: `address:port,...` instead of the system's; empty: the system's.
/// Fails with errc::resolve_failed, or with errc::connect_timeout at `deadline`. Cancelled through Asio: throws
/// system_error(operation_aborted), with the look-up's sockets closed.
[[nodiscard]] boost::asio::awaitable<result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve(
    boost::asio::any_io_executor io, std::string host, unsigned short port, clock::time_point deadline,
    std::string name_servers);

}  // namespace mwaa_serverless::net
