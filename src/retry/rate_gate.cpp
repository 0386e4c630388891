#include "retry/rate_gate.hpp"

#include <algorithm>
#include <cmath>

namespace mwaa_serverless::retry {

using time_point = std::chrono::steady_clock::time_point;

namespace {

// AWS's adaptive mode: botocore's retries/{adaptive,bucket,throttling}.py, the Rust SDK's client_rate_limiter.rs.
constexpr double beta = 0.7;
constexpr double scale_constant = 0.4;
constexpr double smooth = 0.8;
constexpr double most_over_measured = 2.0;
constexpr double min_fill_rate = 0.5;
constexpr double min_capacity = 1.0;
constexpr std::chrono::milliseconds measure_bucket{500};

// This library's own.
constexpr double growth = 0.005;             // of the rate, a second
constexpr double growth_doubles_after = 10;  // seconds without a throttle
constexpr double settle_unproven = 2.0;      // seconds from 0.7 of the measured rate to all of it
constexpr double careful = 0.85;             // of the rate that may be granted, to begin with
constexpr double longest_rise = 20;          // seconds from there to that rate
constexpr double no_limit = 1e9;             // requests a second that nobody reaches
constexpr double lateness = 0.05;            // seconds that timers may be late without lowering the rate

// Tokens come in fractions, at a rate that may rise while one waits: who comes a thousandth too early need not wait
// again.
constexpr double almost = 1.0 - 1e-3;

double seconds(time_point::duration value) noexcept {
  return std::chrono::duration<double>(value).count();
}

time_point::duration duration_of(double value) noexcept {
  return std::chrono::ceil<time_point::duration>(std::chrono::duration<double>(value));
}

}  // namespace

void measured_rate::count(time_point now) noexcept {
  ++in_bucket_;
  const std::int64_t bucket = now.time_since_epoch() / measure_bucket;
  if (bucket <= bucket_) return;
  if (bucket_ != 0) {
    const double current = in_bucket_ / (static_cast<double>(bucket - bucket_) * seconds(measure_bucket));
    smoothed_ = smooth * current + (1 - smooth) * smoothed_;
    in_bucket_ = 0;
  }
  bucket_ = bucket;
}

double cubic_rate::throttled(double reached, time_point now) noexcept {
  w_max_ = reached;
  k_ = std::cbrt(w_max_ * (1 - beta) / scale_constant);
  throttled_at_ = now;
  return reached * beta;
}

double cubic_rate::at(time_point now) const noexcept {
  const double x = seconds(now - throttled_at_) - k_;
  return scale_constant * x * x * x + w_max_;
}

void proven_rate::search(double start, double doubling, time_point from) noexcept {
  searching_ = true;
  low_ = std::max(start, min_fill_rate);  // doubling nothing would lead nowhere
  rise_ = doubling;
  from_ = from;
}

void proven_rate::settle(double proven, double possible, double rise, time_point from) noexcept {
  searching_ = false;
  low_ = proven;
  high_ = std::max(proven, possible);
  rise_ = rise;
  from_ = from;
}

double proven_rate::at(time_point now) const noexcept {
  const double t = std::max(0.0, seconds(now - from_));
  double rate = 0;
  if (searching_) {
    rate = low_ * std::exp2(std::min(t / rise_, 60.0));
  } else if (t < rise_) {
    rate = low_ + (high_ - low_) * t / rise_;
  } else {
    // The integral of growth * 2^(t / growth_doubles_after).
    const double doublings = std::min((t - rise_) / growth_doubles_after, 20.0);
    rate = high_ * std::exp(std::min(growth * growth_doubles_after * (std::exp2(doublings) - 1) / std::log(2.0), 40.0));
  }
  return std::min(rate, no_limit);
}

double rate_gate::rate(time_point now) const noexcept {
  if (!limited_) return 0;
  return mode_ == retry_mode::adaptive ? fill_rate_ : std::max(proven_.at(now), min_fill_rate);
}

double rate_gate::capacity(double rate) const noexcept {
  return std::max(min_capacity, mode_ == retry_mode::adaptive ? rate : rate * lateness);
}

void rate_gate::refill(time_point now) noexcept {
  if (now <= filled_) return;
  const double current = rate(now);
  tokens_ = std::min(capacity(current), tokens_ + current * seconds(now - filled_));
  filled_ = now;
}

bool rate_gate::try_pass(time_point now, bool waited) noexcept {
  if (now < closed_until_) return false;
  if (!limited_) return true;
  refill(now);
  if (tokens_ < almost) return false;
  tokens_ = std::max(0.0, tokens_ - 1);
  if (!waited) always_busy_ = false;
  return true;
}

time_point rate_gate::opens(time_point now) noexcept {
  if (!limited_) return std::max(now, closed_until_);
  refill(now);
  if (tokens_ >= almost) return std::max(now, closed_until_);
  // The rate may rise meanwhile: by what it is at the end, this is not too late.
  const double missing = 1 - tokens_;
  const double rate_then = rate(filled_ + duration_of(missing / rate(now)));
  return std::max(closed_until_, filled_ + duration_of(missing / rate_then));
}

void rate_gate::close(time_point until) noexcept {
  closed_until_ = std::max(closed_until_, until);
  if (limited_) filled_ = std::max(filled_, closed_until_);
}

void rate_gate::accepted(time_point sent, time_point now) noexcept {
  measured_.count(now);
  if (mode_ == retry_mode::standard) {
    if (sent > emptied_at_) ++accepted_since_;
    return;
  }
  if (!limited_) return;
  refill(now);
  fill_rate_ = std::max(min_fill_rate, std::min(cubic_.at(now), most_over_measured * measured_.per_second()));
  tokens_ = std::min(tokens_, capacity(fill_rate_));
}

void rate_gate::throttled(time_point sent, time_point now, duration hint) noexcept {
  if (mode_ == retry_mode::adaptive) {
    measured_.count(now);  // as published: every answer counts
    limit_by_cubic(sent, now);
  } else if (hint > duration::zero() || limited_) {
    limit_by_proof(sent, now, hint);
  }
  if (hint > duration::zero()) close(now + hint);
}

void rate_gate::limit_by_cubic(time_point sent, time_point now) noexcept {
  if (limited_ && sent <= cut_at_) return;
  const double measured = measured_.per_second();
  const double reached = limited_ ? std::min(measured, fill_rate_) : measured;
  if (!limited_) {
    limited_ = true;
    tokens_ = 0;
    filled_ = now;
  }
  refill(now);
  fill_rate_ = std::max(min_fill_rate, std::min(cubic_.throttled(reached, now), most_over_measured * measured));
  tokens_ = std::min(tokens_, capacity(fill_rate_));
  cut_at_ = now;
}

void rate_gate::limit_by_proof(time_point sent, time_point now, duration hint) noexcept {
  if (limited_ && sent < reopened_at_) {
    // The same overshoot as the throttle before.
    reopened_at_ = std::max(reopened_at_, now + hint);
    return;
  }
  const time_point reopens = now + hint;
  const double elapsed = seconds(sent - emptied_at_);
  const double open = seconds(sent - reopened_at_);
  if (limited_ && always_busy_ && open > 0 && accepted_since_ > 0) {
    // What was granted while the gate was closed may have been lost, if the service saves up less than that.
    const auto accepted = static_cast<double>(accepted_since_);
    const double at_least = accepted / elapsed;
    const double at_most = std::min(accepted / open, rate(now));
    proven_.settle(std::max(at_least, careful * at_most), at_most, std::min(elapsed, longest_rise), reopens);
  } else if (measured_.per_second() > 0) {
    // Demand was below the limit, so what was accepted proves little: others may share the service's allowance.
    double possible = measured_.per_second();
    if (limited_) possible = std::min(possible, rate(now));
    proven_.settle(beta * possible, possible, settle_unproven, reopens);
  } else {
    proven_.search(measured_.in_this_bucket() / (seconds(hint) + seconds(measure_bucket)),
                   std::max(1.0, 4 * seconds(now - sent)), reopens);
  }
  limited_ = true;
  tokens_ = 1;  // the first may go as soon as the hint is over
  filled_ = reopens;
  emptied_at_ = sent;
  reopened_at_ = reopens;
  accepted_since_ = 0;
  always_busy_ = true;
}

}  // namespace mwaa_serverless::retry
