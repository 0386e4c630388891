// The attempts of one operation.
#pragma once

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/retry.hpp>
#include <optional>
#include <string_view>

#include "retry/classify.hpp"
#include "retry/hints.hpp"
#include "retry/retry_quota.hpp"

namespace mwaa_serverless::retry {

/// What to do after a failed attempt.
class decision {
 public:
  decision() noexcept {}

  bool retry = false;
  std::chrono::nanoseconds wait{0};  ///< Before the next attempt.
  bool attempts_exhausted = false;   ///< Retryable, but it was the last attempt.
  std::string_view reason;           ///< Why; static text.
};

/// Under what circumstances an attempt failed.
class circumstances {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  circumstances(time_point now_value, time_point latest_value) noexcept : now(now_value), latest(latest_value) {}

  time_point now;
  time_point latest;        ///< An attempt that starts then or later is in vain.
  time_point gate_opens{};  ///< No attempt of the operation starts before.
  bool spaced = false;      ///< A hint or the gate spaces throttled requests that come back.
};

/// AWS's standard mode in its 2026 form (retry_options): decides, without a clock and without waiting.
class retry_state {
 public:
  retry_state(const retry_options& options, int max_attempts, retry_quota& quota) noexcept
      : options_(options), max_attempts_(max_attempts), quota_(quota) {}

  /// The attempt under way, from 1.
  [[nodiscard]] int attempt() const noexcept { return attempt_; }

  /// The attempt failed. In this order: is it an error that another attempt may mend, is an attempt left, would the
  /// waits leave time for one, does the quota allow it. Only what is granted is charged. Throttled requests that are
  /// spaced are not: the quota is there to keep retries from multiplying load, and these cannot.
  [[nodiscard]] decision failed(const verdict& judged, const retry_hints& hints, double random,
                                const circumstances& at) noexcept;
  /// Gives back what the last retry took, or one token when there was none.
  void succeeded() noexcept;

 private:
  const retry_options& options_;
  const int max_attempts_;
  retry_quota& quota_;
  int attempt_ = 1;
  int last_cost_ = 0;
};

/// The first setting that cannot be used, as errc::invalid_configuration naming it; nullopt when all can.
[[nodiscard]] std::optional<error> validate(const retry_options& options);

}  // namespace mwaa_serverless::retry
