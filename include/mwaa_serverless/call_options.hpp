// Settings of one call.
#pragma once

#include <chrono>
#include <optional>
#include <type_traits>
#include <utility>

namespace mwaa_serverless {

/// What one call does differently from client_config.
class call_options {
 public:
  call_options();

  /// Limit of one attempt, from asking for a connection to the last byte of the response. Positive.
  std::optional<std::chrono::milliseconds> attempt_timeout;
  /// Limit of the whole call: all attempts, the waits between them and fetching credentials. Positive.
  std::optional<std::chrono::milliseconds> operation_timeout;
  /// Attempts, the first included. From 1.
  std::optional<int> max_attempts;

  call_options&& with_attempt_timeout(std::chrono::milliseconds value) && {
    attempt_timeout = value;
    return std::move(*this);
  }
  call_options&& with_operation_timeout(std::chrono::milliseconds value) && {
    operation_timeout = value;
    return std::move(*this);
  }
  call_options&& with_max_attempts(int value) && {
    max_attempts = value;
    return std::move(*this);
  }
};
static_assert(!std::is_aggregate_v<call_options>);

}  // namespace mwaa_serverless
