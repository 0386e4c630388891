#include "retry/backoff.hpp"

#include <algorithm>

namespace mwaa_serverless::retry {

using std::chrono::nanoseconds;

namespace {

nanoseconds base_of(const retry_options& options, verdict::kind kind) noexcept {
  return kind == verdict::kind::throttling ? options.throttling_base_delay : options.base_delay;
}

nanoseconds scaled(nanoseconds whole, double share) noexcept {
  share = share > 0 ? std::min(share, 1.0) : 0;  // 0 for NaN: its conversion to a whole number would be undefined
  return nanoseconds{static_cast<nanoseconds::rep>(static_cast<double>(whole.count()) * share)};
}

}  // namespace

nanoseconds backoff(const retry_options& options, verdict::kind kind, int attempt, double random) noexcept {
  const nanoseconds limit = options.max_backoff;
  nanoseconds full = base_of(options, kind);
  // Doubling up to the limit instead of a power: no attempt count can overflow.
  for (int i = 1; i < attempt && full < limit; ++i) full *= 2;
  return scaled(std::min(full, limit), random);
}

nanoseconds wait_before_retry(const retry_options& options, verdict::kind kind, int attempt, double random,
                              const retry_hints& hints) noexcept {
  const nanoseconds computed = backoff(options, kind, attempt, random);
  const nanoseconds max_hint = options.max_hint;
  nanoseconds wait = computed;
  if (hints.amz) {
    const nanoseconds hint = std::min<nanoseconds>(*hints.amz, max_hint);
    wait = std::max(wait, std::min(hint, computed + amz_over_backoff));
  }
  if (const auto earliest = std::max(hints.body, hints.header); earliest && max_hint > nanoseconds::zero()) {
    const nanoseconds hint = std::min<nanoseconds>(*earliest, max_hint);
    wait = std::max(wait, std::max(hint, computed) + scaled(base_of(options, kind), random));
  }
  return wait;
}

}  // namespace mwaa_serverless::retry
