// A limit on attempts that the caller brings along, such as one that a fleet shares.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string_view>

namespace mwaa_serverless {

/// Awaited before each attempt, retries included, after the client's own waits and before the attempt is signed.
/// Set as client_config::attempt_limiter.
///
/// Errors: a gate cannot break its caller: one that has not ended a moment (1 ms) after the call's deadline is
/// cancelled and left alone, and the call ends with errc::operation_timeout; one that throws, or returns an error whose
/// code is that of success, ends the call with errc::broken_contract. (An exception of this library's is taken for the
/// error that it carries.)
///
/// Cancellation: see enter().
///
/// Lifetime: shared by the clients that it is set for, and by calls under way.
///
/// Threads: called from all threads of the client's coroutines; runs on a strand of the awaiting coroutine's executor.
class MWAA_SERVERLESS_API attempt_gate {
 public:
  virtual ~attempt_gate() = default;
  /// nullopt: the attempt may go. An error ends the operation with that error.
  /// `operation` is a name such as `ListTaskInstances` and outlives the client. Ends at `deadline` (by the client's
  /// clock; may be time_point::max()) at the latest, then with errc::operation_timeout.
  /// Cancelled through Asio: throws system_error(asio::error::operation_aborted). The caller does not wait for that.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<error>> enter(std::string_view operation,
                                                                           clock::time_point deadline) = 0;

 protected:
  attempt_gate() = default;
  attempt_gate(const attempt_gate&) = default;
  attempt_gate& operator=(const attempt_gate&) = default;
};

}  // namespace mwaa_serverless
