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

/// Weighs throttles against acceptances: a throttle counts 1, and an acceptance takes away the share of throttles that
/// is put down to other causes. So it rises only while a larger share than that is throttled. (A CUSUM test.)
class throttle_evidence {
 public:
  void throttled() noexcept { value_ += 1; }
  void accepted(double tolerated_share) noexcept { value_ = value_ > tolerated_share ? value_ - tolerated_share : 0; }
  void reset() noexcept { value_ = 0; }
  [[nodiscard]] bool reaches(double limit) const noexcept { return value_ >= limit; }

 private:
  double value_ = 0;
};

/// The rate after throttling in standard mode: it rises from a rate that is certainly granted to the one that is
/// probably granted, then by half a percent a second, faster the longer nothing is throttled. While neither is known it
/// searches: it doubles at a fixed interval.
class proven_rate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// From `from` on: `start`, twice as much after `doubling` seconds, and so on.
  void search(double start, double doubling, time_point from) noexcept;
  /// From `from` on: `proven`, after `rise` seconds `possible`, then growing.
  void settle(double proven, double possible, double rise, time_point from) noexcept;
  [[nodiscard]] bool searching() const noexcept { return searching_; }
  /// Lets it begin at `from` instead.
  void restart(time_point from) noexcept { from_ = from; }
  [[nodiscard]] double at(time_point now) const noexcept;

 private:
  bool searching_ = false;
  double low_ = 0;
  double high_ = 0;
  double rise_ = 0;
  time_point from_{};
};

/// The throttle gate of one operation of one client. Every attempt passes it; who has to wait does so outside of it
/// (client/gate_line). Decides, without a clock, lock or wait.
///
/// A hint binds the call that received it (retry_state). What a throttle means for the other calls is a matter of
/// evidence, since throttles have more causes than a used-up allowance: one partition, a neighbour's burst, a
/// deployment.
///
/// * Many throttles among few acceptances: the allowance is used up. In both modes the gate closes, for a second or for
///   the hint if that is shorter. While the hint lasts, one request at a time then goes as a probe: throttled, it
///   closes the gate for twice as long; accepted, it opens the gate.
/// * Standard mode then lets requests go one by one at a proven_rate. While callers wait for it, a throttle lowers the
///   rate to what was granted, and nobody stays away. Throttles at a rate that is certainly granted are strays: they
///   have another cause, and the rate goes up again until more than their share is throttled.
///   Without hints it leaves throttling to each call's own backoff, as AWS's standard mode does.
/// * Adaptive mode limits the rate from the first throttle on, with the constants that AWS publishes: cubic_rate, at
///   most twice the measured rate, at least 0.5 a second, a bucket of one second's tokens. One difference: throttled
///   requests that were sent before the last cut do not cut again, since they say nothing about the rate after it.
///   (AWS's limiters cut once for each answer of one overshoot, and use half of their quota.)
class rate_gate {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = time_point::duration;

  explicit rate_gate(retry_mode mode) noexcept : mode_(mode) {}

  /// Lets one request go at `now`, or not. `waited`: it was in the queue before.
  [[nodiscard]] bool try_pass(time_point now, bool waited) noexcept;
  /// When try_pass may succeed: not before (see may_open_early), and then unless someone else was first.
  [[nodiscard]] time_point opens(time_point now) noexcept;
  /// True while a probe is under way: if it is accepted the gate opens at once.
  [[nodiscard]] bool may_open_early() const noexcept { return probe_sent_ != time_point{}; }

  /// The request sent at `sent` was answered, and not throttled.
  void accepted(time_point sent, time_point now) noexcept;
  /// It was throttled; `hint` is how long to stay away, zero without one.
  void throttled(time_point sent, time_point now, duration hint) noexcept;
  /// Nobody passes before `until` (another gate has closed).
  void close(time_point until) noexcept;

  [[nodiscard]] retry_mode mode() const noexcept { return mode_; }
  [[nodiscard]] time_point closed_until() const noexcept { return closed_until_; }
  /// True when throttled requests that come back are spaced by this gate.
  [[nodiscard]] bool spaces_retries() const noexcept { return limited_; }
  /// Requests a second that may go; 0 without a limit.
  [[nodiscard]] double rate(time_point now) const noexcept;

 private:
  void used_up(time_point sent, time_point now, duration hint) noexcept;
  void too_fast(time_point sent, time_point now) noexcept;
  void stray(time_point sent, time_point now) noexcept;
  void pause(time_point now, duration length, duration hint) noexcept;
  void open(time_point now) noexcept;
  void settle(time_point sent, time_point now, double granted, double too_many, time_point from) noexcept;
  void begin(time_point sent, time_point now, time_point from) noexcept;
  void limit_by_cubic(time_point sent, time_point now) noexcept;
  void refill(time_point now) noexcept;
  [[nodiscard]] double capacity(double rate) const noexcept;
  /// True when too little was answered since the rate changed for one throttle to say much.
  [[nodiscard]] bool early(time_point sent) const noexcept;
  /// What of the throttles is put down to other causes, and how many more lower the rate.
  [[nodiscard]] double tolerated_share(time_point sent) const noexcept;
  [[nodiscard]] double enough(time_point sent) const noexcept;
  /// Accepted a second since the allowance was last used up, when callers have been waiting for the rate ever since;
  /// else 0: demand says nothing about the allowance.
  [[nodiscard]] double granted(time_point sent) const noexcept;

  retry_mode mode_;
  bool limited_ = false;
  measured_rate measured_;
  time_point judged_from_{};  // requests sent before say nothing about the state since

  // Closing, in both modes.
  throttle_evidence refused_;
  time_point closed_until_{};
  time_point hint_until_{};  // until then one request at a time, as a probe
  time_point probe_sent_{};  // the last of them, until it is answered
  duration pause_{};         // for which the last of them, or the first evidence, closed the gate

  // Tokens: one a request.
  double tokens_ = 0;
  time_point filled_{};

  // Adaptive mode.
  cubic_rate cubic_;
  double fill_rate_ = 0;
  time_point cut_at_{};

  // Standard mode: what was accepted since the service's allowance was last known to be used up.
  proven_rate proven_;
  throttle_evidence overshoot_;
  time_point emptied_at_{};  // when the throttled request was sent
  std::uint64_t accepted_since_ = 0;
  bool always_busy_ = false;  // since then somebody has always been waiting
  // While the rate is one that is certainly granted.
  time_point safe_until_{};
  std::uint64_t safe_accepted_ = 0;
  std::uint64_t strays_ = 0;
  double stray_share_ = 0;
};

}  // namespace mwaa_serverless::retry
