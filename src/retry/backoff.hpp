// How long to wait before the next attempt.
#pragma once

#include <chrono>
#include <mwaa_serverless/retry.hpp>

#include "retry/classify.hpp"
#include "retry/hints.hpp"

namespace mwaa_serverless::retry {

/// Full jitter: `random * min(base * 2^(attempt-1), max_backoff)`; base is throttling_base_delay after throttling, else
/// base_delay. `attempt` is the one that failed, from 1; `random` in [0, 1).
[[nodiscard]] std::chrono::nanoseconds backoff(const retry_options& options, verdict::kind kind, int attempt,
                                               double random) noexcept;

/// The backoff, and what the service asked for. With t = backoff(...):
///
/// * `x-amz-retry-after` asks for a wait that already has its jitter: it counts as clamp(value, t, t + 5 s), the rule
///   of AWS's SDKs.
/// * `RetryAfterSeconds` and `Retry-After` say when to come back at the earliest, to every caller alike: the longer of
///   them counts, at least t, plus `random * base`, so that those who were told the same do not return as one.
///
/// The longest counts; no hint counts for more than max_hint (its jitter comes on top).
[[nodiscard]] std::chrono::nanoseconds wait_before_retry(const retry_options& options, verdict::kind kind, int attempt,
                                                         double random, const retry_hints& hints) noexcept;

}  // namespace mwaa_serverless::retry
