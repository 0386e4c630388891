// How often and after what wait a failed attempt is repeated.
#pragma once

#include <chrono>
#include <cstdint>
#include <mwaa_serverless/export.hpp>
#include <optional>
#include <string_view>
#include <type_traits>

namespace mwaa_serverless {

/// How the calls of a client share the service's allowance once it throttles.
enum class retry_mode : std::uint8_t {
  /// AWS's standard mode in its 2026 form. When throttles with hints show that the service's allowance is used up, the
  /// callers of the operation queue and go one by one, at the rate that the service has proved to grant.
  standard,
  /// AWS's adaptive mode: besides, throttles without a hint limit the rate of the operation's calls on this client.
  adaptive,
};
/// `standard` or `adaptive`, as in AWS_RETRY_MODE.
[[nodiscard]] MWAA_SERVERLESS_API std::string_view to_string(retry_mode value) noexcept;
/// In any case; nullopt for other text.
[[nodiscard]] MWAA_SERVERLESS_API std::optional<retry_mode> parse_retry_mode(std::string_view name) noexcept;

/// When and how often a failed attempt is repeated.
///
/// The wait before attempt n+1 is `random[0,1) * min(base * 2^(n-1), max_backoff)`. When the service hints how long to
/// stay away (`RetryAfterSeconds` in the body, `Retry-After`, `x-amz-retry-after`), the longest hint is obeyed: the
/// wait is the larger of the hint (at most max_hint) and the computed wait, plus jitter.
///
/// A hint binds the call that received it. The other calls of the operation on this client wait when several throttles
/// show that the service's allowance is used up: in a queue, first come first served, with a probe at intervals of at
/// most max_hint, and then one by one (docs/throttling.md). That wait is no attempt, costs no quota, can be cancelled
/// and ends at the call's own deadline or after max_gate_wait.
///
/// So a call ends without a deadline too: after at most max_attempts times (attempt_timeout + the larger of max_hint
/// and max_backoff + the largest of 5 s and the two base delays), and max_gate_wait, and what
/// client_config::attempt_limiter takes. With the defaults that is 14 min 45 s.
///
/// Errors: the client's constructor throws exception(errc::invalid_configuration) that names the member out of its
/// range.
///
/// Cancellation: each of these waits ends at once.
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: AWS's standard and adaptive retry modes in their 2026 form.
class MWAA_SERVERLESS_API retry_options {
 public:
  retry_options();

  /// Default standard.
  retry_mode mode = retry_mode::standard;

  /// Attempts of one operation, the first included; 1 never repeats. From 1. Default 3.
  int max_attempts = 3;
  /// Base of the wait after errors that are not throttling. Positive. Default 50 ms.
  std::chrono::milliseconds base_delay{50};
  /// Base of the wait after throttling. Positive. Default 1 s.
  std::chrono::milliseconds throttling_base_delay{1000};
  /// Upper limit of a computed wait, before jitter. Not below the bases. Default 20 s.
  std::chrono::milliseconds max_backoff{20'000};
  /// Upper limit of a hint that is obeyed. Not negative; zero ignores hints. Default 60 s.
  std::chrono::milliseconds max_hint{60'000};
  /// Limit of the time that a call spends in the throttle queue, all its attempts together; then it fails with
  /// errc::throttled in operation_phase::throttle_gate. Positive, at most a day. Default 10 minutes.
  std::chrono::milliseconds max_gate_wait{600'000};
  /// Tokens of the retry quota that all operations of one client share: a retry takes 5 after throttling and 14 after
  /// any other error; a success after a retry gives back what its last retry took, a success at once gives back 1.
  /// Without enough tokens the error is returned at once. From 0. Default 500.
  ///
  /// It keeps an outage from multiplying its load. Throttled calls that were told when to come back are spaced and take
  /// nothing, so throttling does not use it up. An outage that fails N calls at once costs 14 a call: 500 tokens repeat
  /// 35 of them; give a client that runs hundreds of calls at once about 14 tokens for each that is to be repeated.
  int quota = 500;
};
static_assert(!std::is_aggregate_v<retry_options>);

}  // namespace mwaa_serverless
