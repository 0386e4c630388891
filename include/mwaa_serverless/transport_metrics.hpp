// What a transport has done so far.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/export.hpp>
#include <type_traits>

namespace mwaa_serverless {

/// Counters of a transport since it was made.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API transport_metrics {
 public:
  transport_metrics();

  std::uint64_t connections_opened = 0;
  std::uint64_t connections_reused = 0;    ///< Exchanges on a connection that was open already.
  std::uint64_t connections_replaced = 0;  ///< Reused connections found dead and replaced free of charge.
  std::uint64_t name_lookups = 0;          ///< Questions to name servers; a reply is used for its time to live.
  std::uint64_t tls_handshakes = 0;        ///< Full and resumed ones.
  std::uint64_t tls_resumptions = 0;       ///< Handshakes that took up an earlier session.
  std::uint64_t tls_unverified = 0;        ///< Handshakes in which nobody checked the peer's certificate.
  std::uint64_t waited = 0;                ///< Requests that were queued for a connection.
  std::chrono::nanoseconds wait_time{0};   ///< All of their time in the queue.
  std::uint64_t refused = 0;               ///< Requests that found the queue full.
  std::size_t open = 0;                    ///< Connections open now, idle or in use.
  std::size_t in_use = 0;
  std::size_t idle = 0;
  std::size_t waiting = 0;  ///< Callers waiting for a connection.
};
static_assert(!std::is_aggregate_v<transport_metrics>);

}  // namespace mwaa_serverless
