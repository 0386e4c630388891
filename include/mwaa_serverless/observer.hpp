// What a client does, told while it does it.
#pragma once

#include <chrono>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <string_view>
#include <type_traits>

namespace mwaa_serverless {

/// Told of each attempt and operation of a client: for metrics, traces and logs. Set as
/// client_config::attempt_observer.
///
/// What it is given holds no secret. Without an observer nothing is recorded for it.
///
/// Errors: what it throws is dropped, counted in client_metrics::observer_exceptions, and changes nothing for the call.
///
/// Cancellation: an attempt or operation that was cancelled is not reported as ended.
///
/// Lifetime: shared by the clients that it is set for, and by calls under way. What it is given is valid during the
/// call only.
///
/// Threads: called on the thread and in the coroutine that does the work, so an implementation is quick and does not
/// block; from all threads of the client's coroutines at once.
class MWAA_SERVERLESS_API observer {
 public:
  /// An operation as the client knows it.
  class operation_id {
   public:
    operation_id(std::string_view name_value, std::string_view invocation_value) noexcept
        : name(name_value), invocation(invocation_value) {}

    std::string_view name;        ///< Such as `ListTaskInstances`.
    std::string_view invocation;  ///< `amz-sdk-invocation-id`: the same for all its attempts.
  };

  virtual ~observer() = default;
  /// An attempt is about to ask for a connection; `number` is from 1.
  virtual void attempt_started(const operation_id& /*operation*/, int /*number*/) {}
  /// The attempt has ended, and what follows is decided. Not called for one that was cancelled.
  virtual void attempt_ended(const operation_id& /*operation*/, const attempt_record& /*attempt*/) {}
  /// The operation has ended: with `failure`, or well when that is null. `took` covers all of it: waits, attempts.
  /// Not called for one that was cancelled, nor for one that was refused before its first wait.
  virtual void operation_ended(const operation_id& /*operation*/, std::chrono::nanoseconds /*took*/,
                               const error* /*failure*/) {}

 protected:
  observer() = default;
  observer(const observer&) = default;
  observer& operator=(const observer&) = default;
};
static_assert(!std::is_aggregate_v<observer::operation_id>);

}  // namespace mwaa_serverless
