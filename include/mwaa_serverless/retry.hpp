// How often and after what wait a failed attempt is repeated.
#pragma once

#include <chrono>
#include <type_traits>

namespace mwaa_serverless {

/// AWS's "standard" retry mode in its 2026 form.
///
/// The wait before attempt n+1 is `random[0,1) * min(base * 2^(n-1), max_backoff)`. When the service hints how long to
/// stay away (`RetryAfterSeconds` in the body, `Retry-After`, `x-amz-retry-after`), the longest hint is obeyed: the
/// wait is the larger of the hint (at most max_hint) and the computed wait, plus jitter.
class retry_options {
 public:
  retry_options();

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
  int quota = 500;
};
static_assert(!std::is_aggregate_v<retry_options>);

}  // namespace mwaa_serverless
