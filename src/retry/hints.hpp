// When the service would like to be asked again.
#pragma once

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/retry.hpp>
#include <optional>
#include <string_view>

namespace mwaa_serverless::retry {

/// What a response says about coming back. A value that is malformed, negative or absurdly large is as if not sent.
class retry_hints {
 public:
  retry_hints() noexcept {}

  std::optional<std::chrono::milliseconds> body;    ///< `RetryAfterSeconds` of the error.
  std::optional<std::chrono::milliseconds> header;  ///< `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
  std::optional<std::chrono::milliseconds> amz;     ///< `x-amz-retry-after`: milliseconds.
  std::string_view note;  ///< What was wrong with one that was not understood; static text, empty when nothing was.
};

/// `response` may be null. `now` is the caller's calendar time, for a `Retry-After` that is a date; a past one is 0.
[[nodiscard]] retry_hints read_hints(const error& failure, const http_response* response,
                                     std::chrono::system_clock::time_point now) noexcept;

/// `x-amz-retry-after` lengthens the computed wait by this much at the most (the rule of AWS's SDKs).
inline constexpr std::chrono::seconds amz_over_backoff{5};

/// The hint as the throttle gate takes it: the longest of the hints, `x-amz-retry-after` counted for at most
/// amz_over_backoff, over all at most max_hint. Zero without a hint.
[[nodiscard]] std::chrono::nanoseconds gate_hint(const retry_options& options, const retry_hints& hints) noexcept;

/// The longest of them, uncapped.
[[nodiscard]] std::optional<std::chrono::milliseconds> longest(const retry_hints& hints) noexcept;

}  // namespace mwaa_serverless::retry
