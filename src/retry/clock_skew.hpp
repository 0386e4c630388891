// How wrong this machine's calendar clock is, by the service's.
#pragma once

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/http.hpp>
#include <optional>

namespace mwaa_serverless::retry {

using skew = std::chrono::milliseconds;  ///< To be added to this machine's time.

/// The skew that a response shows: its `Date` less the middle between `sent` and `received`, both by this machine's
/// clock. nullopt when it shows none: without `x-amzn-requestid` (a proxy may have made it), without a readable `Date`,
/// with one before 1970 or after 2199 or more than 100 years away (no clock is that wrong, and sums with it overflow),
/// with `Age` (it came from a cache), and when the exchange took more than 15 minutes. (AWS's rules of 2026, and
/// stricter.)
[[nodiscard]] std::optional<skew> observed_skew(const http_response& response,
                                                std::chrono::system_clock::time_point sent,
                                                std::chrono::system_clock::time_point received) noexcept;

/// True when `failure` may come from the clock, as it was signed with a skew of `used` although the response shows
/// `shown`: another attempt with the right time may succeed. More than 4 minutes of difference count. Only such an
/// error and a success are reason to correct the clock.
[[nodiscard]] bool blames_clock(const error& failure, skew used, std::optional<skew> shown) noexcept;

}  // namespace mwaa_serverless::retry
