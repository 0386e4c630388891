#include "retry/retry_state.hpp"

#include "retry/backoff.hpp"

namespace mwaa_serverless::retry {

decision retry_state::failed(const verdict& judged, const retry_hints& hints, double random,
                             const circumstances& at) noexcept {
  decision out;
  out.reason = judged.reason;
  if (!judged.retryable()) return out;
  if (attempt_ >= max_attempts_) {
    out.attempts_exhausted = true;
    out.reason = "no attempt is left";
    return out;
  }
  const auto wait = wait_before_retry(options_, judged.what, attempt_, random, hints);
  if (wait >= at.latest - at.now || at.gate_opens >= at.latest) {
    out.reason = "the wait would leave no time for an attempt before the operation's deadline";
    return out;
  }
  const int cost = at.spaced && judged.what == verdict::kind::throttling ? 0 : judged.cost();
  if (!quota_.try_take(cost)) {
    out.reason = "the client's retry quota is used up";
    return out;
  }
  last_cost_ = cost;
  ++attempt_;
  out.retry = true;
  out.wait = wait;
  return out;
}

void retry_state::succeeded() noexcept {
  quota_.give_back(last_cost_ > 0 ? last_cost_ : 1);
}

}  // namespace mwaa_serverless::retry
