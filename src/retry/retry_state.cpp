#include "retry/retry_state.hpp"

#include "retry/backoff.hpp"

namespace mwaa_serverless::retry {

decision retry_state::failed(const error& failure, const retry_hints& hints, double random, time_point now,
                             time_point deadline) noexcept {
  decision out;
  const verdict judged = classify(failure);
  out.reason = judged.reason;
  if (!judged.retryable()) return out;
  if (attempt_ >= max_attempts_) {
    out.attempts_exhausted = true;
    out.reason = "no attempt is left";
    return out;
  }
  const auto wait = wait_before_retry(options_, judged.what, attempt_, random, hints);
  if (wait >= deadline - now) {
    out.reason = "the wait would leave no time before the operation's deadline";
    return out;
  }
  if (!quota_.try_take(judged.cost())) {
    out.reason = "the client's retry quota is used up";
    return out;
  }
  last_cost_ = judged.cost();
  ++attempt_;
  out.retry = true;
  out.wait = wait;
  return out;
}

void retry_state::succeeded() noexcept {
  quota_.give_back(last_cost_ > 0 ? last_cost_ : 1);
}

}  // namespace mwaa_serverless::retry
