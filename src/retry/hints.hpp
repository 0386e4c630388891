// When the service would like to be asked again.
#pragma once

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>

namespace mwaa_serverless::retry {

/// What a response says about coming back. A value that is malformed, negative or absurdly large is as if not sent.
class retry_hints {
 public:
  retry_hints() noexcept {}

  std::optional<std::chrono::milliseconds> body;    ///< `RetryAfterSeconds` of the error.
  std::optional<std::chrono::milliseconds> header;  ///< `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
  std::optional<std::chrono::milliseconds> amz;     ///< `x-amz-retry-after`: milliseconds.
};

/// `response` may be null. `now` is the caller's calendar time, for a `Retry-After` that is a date; a past one is 0.
[[nodiscard]] retry_hints read_hints(const error& failure, const http_response* response,
                                     std::chrono::system_clock::time_point now) noexcept;

/// The longest of them, uncapped.
[[nodiscard]] std::optional<std::chrono::milliseconds> longest(const retry_hints& hints) noexcept;

}  // namespace mwaa_serverless::retry
