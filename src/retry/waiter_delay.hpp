// How long a waiter waits between two looks.
#pragma once

#include <chrono>
#include <cstdint>

namespace mwaa_serverless::retry {

/// Of Smithy's waiters: after look `look` (from 1) a random time of at least `least`, of which the longest doubles with
/// each look until it is `most`. `random` in [0, 1).
[[nodiscard]] std::chrono::nanoseconds waiter_delay(std::uint64_t look, std::chrono::nanoseconds least,
                                                    std::chrono::nanoseconds most, double random) noexcept;

}  // namespace mwaa_serverless::retry
