#include "retry/retry_quota.hpp"

#include <algorithm>

namespace mwaa_serverless::retry {

retry_quota::retry_quota(int capacity) noexcept : capacity_(capacity), tokens_(capacity) {}

bool retry_quota::try_take(int cost) noexcept {
  if (cost == 0) return true;
  int tokens = tokens_.load(std::memory_order_relaxed);
  do {
    if (tokens < cost) {
      refusals_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  } while (!tokens_.compare_exchange_weak(tokens, tokens - cost, std::memory_order_relaxed));
  return true;
}

void retry_quota::give_back(int count) noexcept {
  int tokens = tokens_.load(std::memory_order_relaxed);
  // The common case, a success at once with a full bucket, writes nothing that threads share.
  while (tokens < capacity_ && !tokens_.compare_exchange_weak(tokens, std::min(capacity_ - tokens, count) + tokens,
                                                              std::memory_order_relaxed)) {
  }
}

}  // namespace mwaa_serverless::retry
