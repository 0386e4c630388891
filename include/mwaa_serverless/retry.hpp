// How often and after what wait a failed attempt is repeated.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace mwaa_serverless {

/// How the calls of a client share the service's allowance once it throttles.
enum class retry_mode : std::uint8_t {
  /// AWS's standard mode in its 2026 form. A throttle with a hint parks all callers of the operation until the hint is
  /// over and then lets them go one by one, at the rate that the service has proved to grant.
  standard,
  /// AWS's adaptive mode: besides, throttles without a hint limit the rate of the operation's calls on this client.
  adaptive,
};
/// `standard` or `adaptive`, as in AWS_RETRY_MODE.
[[nodiscard]] std::string_view to_string(retry_mode value) noexcept;
/// In any case; nullopt for other text.
[[nodiscard]] std::optional<retry_mode> parse_retry_mode(std::string_view name) noexcept;

/// When and how often a failed attempt is repeated.
///
/// The wait before attempt n+1 is `random[0,1) * min(base * 2^(n-1), max_backoff)`. When the service hints how long to
/// stay away (`RetryAfterSeconds` in the body, `Retry-After`, `x-amz-retry-after`), the longest hint is obeyed: the
/// wait is the larger of the hint (at most max_hint) and the computed wait, plus jitter.
///
/// A hint on throttling holds for all calls of the operation on this client: they wait in line, first come first
/// served, until it is over, and then go one by one (docs/throttling.md). That wait is no attempt, costs no quota, can
/// be cancelled and ends at the call's own deadline.
class retry_options {
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
  /// Tokens of the retry quota that all operations of one client share: a retry takes 5 after throttling and 14 after
  /// any other error; a success after a retry gives back what its last retry took, a success at once gives back 1.
  /// Without enough tokens the error is returned at once. From 0. Default 500.
  ///
  /// It keeps an outage from multiplying its load. Throttled calls that wait in line are spaced already and take
  /// nothing, so throttling does not use it up. An outage that fails N calls at once costs 14 a call: 500 tokens repeat
  /// 35 of them; give a client that runs hundreds of calls at once about 14 tokens for each that is to be repeated.
  int quota = 500;
};
static_assert(!std::is_aggregate_v<retry_options>);

}  // namespace mwaa_serverless
