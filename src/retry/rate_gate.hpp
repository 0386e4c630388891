// When the next request of an operation may go: hints to stay away, and the rate that follows from throttling.
#pragma once

#include <chrono>
#include <cstdint>
#include <mwaa_serverless/retry.hpp>

namespace mwaa_serverless::retry {

/// Answers a second, as AWS's adaptive mode measures them: counted in buckets of half a second, and smoothed when a
/// bucket is over (`0.8 * this bucket + 0.2 * before`; botocore's retries/throttling.py, RateClocker).
class measured_rate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  void count(time_point now) noexcept;
  [[nodiscard]] double per_second() const noexcept { return smoothed_; }
  /// Counted since the last full bucket.
  [[nodiscard]] std::uint32_t in_this_bucket() const noexcept { return in_bucket_; }

 private:
  std::int64_t bucket_ = 0;  // half seconds of the clock; 0 before the first answer
  std::uint32_t in_bucket_ = 0;
  double smoothed_ = 0;
};

/// The cubic curve of AWS's adaptive mode: after a throttle the rate falls to 0.7 of what was reached, climbs back to
/// it, rests there, and then probes for more.
class cubic_rate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `reached` requests a second were too many. Returns the new rate.
  double throttled(double reached, time_point now) noexcept;
  [[nodiscard]] double at(time_point now) const noexcept;

 private:
  double w_max_ = 0;
  double k_ = 0;  // seconds from the throttle to the return to w_max
  time_point throttled_at_{};
};

/// The rate after throttles with hints, found from what the service accepted between two of them: at each of them the
/// service's allowance was used up, so the answers between are what it grants. Never above that by much: it rises from
/// the proven rate to the one that time spent waiting for the hint may have hidden, then by half a percent a second,
/// faster the longer nothing is throttled. Before there is a proven rate it doubles every second, or every
/// four round trips if that is longer.
class proven_rate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// From `from` on: `start`, twice as much after `doubling` seconds, and so on.
  void search(double start, double doubling, time_point from) noexcept;
  /// From `from` on: `proven`, after `rise` seconds `possible`, then growing.
  void settle(double proven, double possible, double rise, time_point from) noexcept;
  [[nodiscard]] double at(time_point now) const noexcept;

 private:
  bool searching_ = false;
  double low_ = 0;
  double high_ = 0;
  double rise_ = 0;
  time_point from_{};
};

/// The gate of one operation of one client. Every attempt passes it; who has to wait stands in line outside of it
/// (client/gate_line). Decides, without a clock, lock or wait.
///
/// * A throttle with a hint closes it until the hint is over, in both modes.
/// * Standard mode then lets requests go one by one at a proven_rate. Without hints it leaves throttling to each
///   call's own backoff, as AWS's standard mode does.
/// * Adaptive mode limits the rate from the first throttle on, with the constants that AWS publishes: cubic_rate, at
///   most twice the measured rate, at least 0.5 a second, a bucket of one second's tokens. One difference: throttled
///   requests that were sent before the last cut do not cut again, since they say nothing about the rate after it.
///   (AWS's limiters cut once for each answer of one overshoot, and use half of their quota.)
class rate_gate {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = time_point::duration;

  explicit rate_gate(retry_mode mode) noexcept : mode_(mode) {}

  /// Lets one request go at `now`, or not. `waited`: it stood in line before.
  [[nodiscard]] bool try_pass(time_point now, bool waited) noexcept;
  /// When try_pass may succeed: not before, and then unless someone else was first.
  [[nodiscard]] time_point opens(time_point now) noexcept;

  /// The request sent at `sent` was answered, and not throttled.
  void accepted(time_point sent, time_point now) noexcept;
  /// It was throttled; `hint` is how long to stay away, zero without one.
  void throttled(time_point sent, time_point now, duration hint) noexcept;
  /// Nobody passes before `until` (a hint that another gate was given).
  void close(time_point until) noexcept;

  [[nodiscard]] time_point closed_until() const noexcept { return closed_until_; }
  /// True when throttled requests that come back are spaced by this gate.
  [[nodiscard]] bool spaces_retries() const noexcept { return limited_; }
  /// Requests a second that may go; 0 without a limit.
  [[nodiscard]] double rate(time_point now) const noexcept;

 private:
  void limit_by_proof(time_point sent, time_point now, duration hint) noexcept;
  void limit_by_cubic(time_point sent, time_point now) noexcept;
  void refill(time_point now) noexcept;
  [[nodiscard]] double capacity(double rate) const noexcept;

  retry_mode mode_;
  bool limited_ = false;
  time_point closed_until_{};
  measured_rate measured_;

  // Tokens: one a request.
  double tokens_ = 0;
  time_point filled_{};

  // Adaptive mode.
  cubic_rate cubic_;
  double fill_rate_ = 0;
  time_point cut_at_{};

  // Standard mode: what was accepted since the service's allowance was last known to be used up.
  proven_rate proven_;
  time_point emptied_at_{};  // when the throttled request was sent
  time_point reopened_at_{};
  std::uint64_t accepted_since_ = 0;
  bool always_busy_ = false;  // since then somebody has always been waiting
};

}  // namespace mwaa_serverless::retry
