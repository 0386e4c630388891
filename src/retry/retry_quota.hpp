// How many retries a client may spend.
#pragma once

#include <atomic>
#include <cstdint>

namespace mwaa_serverless::retry {

/// A bucket of tokens that all operations of a client share, so that an outage does not multiply its load. Starts
/// full; never negative, never over its capacity. For any threads at once.
class retry_quota {
 public:
  explicit retry_quota(int capacity) noexcept;

  /// Takes `cost` tokens, or nothing and false when there are fewer.
  [[nodiscard]] bool try_take(int cost) noexcept;
  void give_back(int count) noexcept;
  [[nodiscard]] int available() const noexcept { return tokens_.load(std::memory_order_relaxed); }
  /// How often try_take() said no.
  [[nodiscard]] std::uint64_t refusals() const noexcept { return refusals_.load(std::memory_order_relaxed); }

 private:
  const int capacity_;
  std::atomic<int> tokens_;
  std::atomic<std::uint64_t> refusals_{0};
};

}  // namespace mwaa_serverless::retry
