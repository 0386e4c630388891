// How the bytes of an answer reach the client, or do not.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mwaa_serverless/clock.hpp>
#include <string>

#include "testing/messages.hpp"

namespace mwaa_serverless::testing {

enum class connection_end : std::uint8_t { keep, close, reset, silence };

/// A plan that a socket or the in-memory transport carries out: wait, send, and so on, then treat the connection.
struct delivery {
  std::string bytes;
  std::size_t chunk = 0;                  ///< Bytes a write; 0: all at once.
  std::chrono::milliseconds wait{0};      ///< Before the first byte, or before the connection's end without one.
  std::chrono::milliseconds interval{0};  ///< Between writes.
  connection_end end = connection_end::keep;

  /// From the request's arrival to the last byte.
  [[nodiscard]] std::chrono::milliseconds duration() const noexcept;
};

/// The plan for `what`, as its fault has it. `keep_alive` false closes after an undisturbed answer too.
[[nodiscard]] delivery plan_delivery(const exchange& what, std::chrono::milliseconds latency,
                                     clock::wall_time_point date, bool keep_alive);

}  // namespace mwaa_serverless::testing
