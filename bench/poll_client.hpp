// Clients of the benchmark poll: the library, and the two that show what a poll costs at least.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mwaa_serverless/http.hpp>
#include <string>
#include <vector>

#include "benchmarks.hpp"
#include "raw_stream.hpp"

namespace bench {

/// What one run came to.
class poll_tally {
 public:
  explicit poll_tally(std::uint64_t requests) : left(requests) { latencies.reserve(requests); }

  std::uint64_t left;  // requests that are not begun
  std::uint64_t errors = 0;
  std::uint64_t items = 0;       // the library's
  std::uint64_t body_bytes = 0;  // the raw clients'
  std::uint64_t retries = 0;     // of the raw clients: connections opened again
  std::vector<std::chrono::nanoseconds> latencies;
  std::string first_error;
};

/// Keeps its connections from one run to the next.
class poll_client {
 public:
  poll_client() = default;
  poll_client(const poll_client&) = delete;
  poll_client& operator=(const poll_client&) = delete;
  virtual ~poll_client() = default;
  /// Sends `counts.left` requests, each connection its next one when it has the response. On this thread alone.
  virtual void run(poll_tally& counts) = 0;
};

/// The request that the library sends for such a poll, signed once.
[[nodiscard]] mwaa_serverless::http_request ready_request(const poll_options& options);

[[nodiscard]] std::unique_ptr<poll_client> make_library_client(const poll_options& options);

/// Boost.Beast reading into a buffer of 64 KiB, the request sent by one write of ready bytes; TLS by asio::ssl::stream.
/// A coroutine a connection. No JSON, no signature, no deadline.
[[nodiscard]] std::unique_ptr<poll_client> make_beast_client(const raw_peer& peer, std::string request,
                                                             int connections);

/// epoll(7), recv(2) and a search for Content-Length; OpenSSL on the descriptor. No coroutine, no JSON, no signature,
/// no deadline.
[[nodiscard]] std::unique_ptr<poll_client> make_epoll_client(const raw_peer& peer, std::string request,
                                                             int connections);

}  // namespace bench
