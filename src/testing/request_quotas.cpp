#include "testing/request_quotas.hpp"

#include <algorithm>
#include <chrono>

namespace mwaa_serverless::testing {

token_bucket::token_bucket(const request_quota& quota, clock::time_point start)
    : rate_(quota.rate),
      capacity_(quota.burst > 0 ? std::max(quota.burst, 1.0) : std::max(quota.rate, 1.0)),
      tokens_(capacity_),
      filled_(start) {}

clock::time_point::duration token_bucket::wait(clock::time_point now) {
  using duration = clock::time_point::duration;
  if (rate_ <= 0) return duration::zero();
  // Threads read the clock before they come here: time may seem to step back a little.
  if (now > filled_) {
    tokens_ = std::min(capacity_, tokens_ + rate_ * std::chrono::duration<double>(now - filled_).count());
    filled_ = now;
  }
  if (tokens_ >= 1) return duration::zero();
  return std::chrono::ceil<duration>(std::chrono::duration<double>((1 - tokens_) / rate_));
}

void token_bucket::take() noexcept {
  if (rate_ > 0) tokens_ -= 1;
}

request_quotas::request_quotas(const emulator_options& options, clock::time_point start)
    : shared_(request_quota{options.rate_limit, options.burst}, start) {
  for (const auto& [operation, quota] : options.operation_rate_limits)
    of_operations_.emplace(operation, token_bucket{quota, start});
}

std::optional<clock::time_point::duration> request_quotas::take(std::string_view operation, clock::time_point now) {
  const auto found = of_operations_.find(operation);
  token_bucket* const own = found == of_operations_.end() ? nullptr : &found->second;
  auto wait = shared_.wait(now);
  if (own != nullptr) wait = std::max(wait, own->wait(now));
  if (wait > clock::time_point::duration::zero()) return wait;
  shared_.take();
  if (own != nullptr) own->take();
  return std::nullopt;
}

}  // namespace mwaa_serverless::testing
