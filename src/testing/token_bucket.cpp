#include "testing/token_bucket.hpp"

#include <algorithm>
#include <chrono>

namespace mwaa_serverless::testing {

token_bucket::token_bucket(double rate, double burst, clock::time_point start)
    : rate_(rate),
      capacity_(burst > 0 ? std::max(burst, 1.0) : std::max(rate, 1.0)),
      tokens_(capacity_),
      filled_(start) {}

std::optional<clock::time_point::duration> token_bucket::take(clock::time_point now) {
  if (rate_ <= 0) return std::nullopt;
  // Threads read the clock before they come here: time may seem to step back a little.
  if (now > filled_) {
    tokens_ = std::min(capacity_, tokens_ + rate_ * std::chrono::duration<double>(now - filled_).count());
    filled_ = now;
  }
  if (tokens_ >= 1) {
    tokens_ -= 1;
    return std::nullopt;
  }
  return std::chrono::ceil<clock::time_point::duration>(std::chrono::duration<double>((1 - tokens_) / rate_));
}

}  // namespace mwaa_serverless::testing
