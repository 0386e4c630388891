// Jitter and invocation ids.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>

#include "async/process_mark.hpp"

namespace mwaa_serverless::async {

/// One per client, for all its threads.
class random_source {
 public:
  /// `uniform` (may be empty) replaces the built-in generator for unit() only; it is called under this object's lock.
  /// What it throws, and values outside [0, 1), are replaced by the built-in generator's.
  explicit random_source(std::function<double()> uniform);

  /// Uniform in [0, 1).
  [[nodiscard]] double unit();
  /// A version 4 UUID (RFC 9562), 36 characters. Not a secret: it labels an invocation.
  [[nodiscard]] std::array<char, 36> uuid();

 private:
  void seed();
  std::uint64_t next();

  std::mutex mutex_;
  process_mark process_;  // a child draws numbers that are not its parent's
  std::function<double()> uniform_;
  std::uint64_t state_;
};

}  // namespace mwaa_serverless::async
