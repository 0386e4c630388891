// Settings of one call.
#pragma once

#include <chrono>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/retry.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// What one call does differently from client_config.
///
/// Errors: the call throws exception(errc::invalid_argument), before any I/O, that names the member out of its range.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API call_options {
 public:
  call_options();

  /// Limit of one attempt, from asking for a connection to the last byte of the response. Positive.
  std::optional<std::chrono::milliseconds> attempt_timeout;
  /// Limit of the whole call: all attempts, all waits (in queues, between attempts) and fetching credentials. Positive.
  std::optional<std::chrono::milliseconds> operation_timeout;
  /// When the whole call must have ended, by client_config::time; for a deadline that several calls share. With
  /// operation_timeout the earlier counts.
  std::optional<clock::time_point> deadline;
  /// Attempts, the first included. From 1.
  std::optional<int> max_attempts;
  /// Default retry_options::mode of the client.
  std::optional<retry_mode> mode;
  /// When set, filled with every attempt of the call, on success too; what it held before is cleared at the start. For
  /// one call at a time.
  std::shared_ptr<std::vector<attempt_record>> attempt_log;

  call_options with_attempt_timeout(std::chrono::milliseconds value) && {
    attempt_timeout = value;
    return std::move(*this);
  }
  call_options with_operation_timeout(std::chrono::milliseconds value) && {
    operation_timeout = value;
    return std::move(*this);
  }
  call_options with_deadline(clock::time_point value) && {
    deadline = value;
    return std::move(*this);
  }
  call_options with_mode(retry_mode value) && {
    mode = value;
    return std::move(*this);
  }
  call_options with_attempt_log(std::shared_ptr<std::vector<attempt_record>> value) && {
    attempt_log = std::move(value);
    return std::move(*this);
  }
  call_options with_max_attempts(int value) && {
    max_attempts = value;
    return std::move(*this);
  }
};
static_assert(!std::is_aggregate_v<call_options>);

}  // namespace mwaa_serverless
