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

// This library's own, found by simulation: docs/throttling.md says what each is for and what it achieves.
// The allowance is used up: more than one in six answers is a throttle, and five more than that.
constexpr double refused_share = 0.2;  // throttles for each acceptance
constexpr double refused_evidence = 5;
constexpr std::chrono::seconds first_pause{1};
// The rate is too high: at the limit one throttle says so, else there must be some more than may be strays.
constexpr double least_strays = 0.02;  // share of answers
constexpr double most_strays = 0.1;
constexpr double overshoot_evidence = 6;
constexpr double early_evidence = 2;  // soon after a change, or while the rate doubles
constexpr std::uint64_t early_answers = 20;
constexpr std::chrono::seconds early_time{1};
// The rate after that.
constexpr double certain = 0.97;     // of what was granted between two throttles
constexpr double shortest_rise = 3;  // seconds from there to the rate that was too high
constexpr double longest_rise = 30;
constexpr double rise_after_search = 4;
constexpr double longer = 1.5;               // times the time since the throttle before
constexpr double doubles_after = 2;          // seconds, of a rate that is searched for
constexpr double growth = 0.005;             // of the rate, a second
constexpr double growth_doubles_after = 10;  // seconds without a throttle, at most
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
  low_ = std::max(proven, min_fill_rate);
  high_ = std::max(low_, possible);
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
    // The integral of growth * 2^(t / after).
    const double after = std::clamp(rise_, shortest_rise, growth_doubles_after);
    const double doublings = std::min((t - rise_) / after, 20.0);
    rate = high_ * std::exp(std::min(growth * after * (std::exp2(doublings) - 1) / std::log(2.0), 40.0));
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
  if (now < hint_until_) {
    probe_sent_ = now;
    closed_until_ = now + pause_;  // if it is never answered, the next goes then
    return true;
  }
  probe_sent_ = {};
  if (!limited_) return true;
  refill(now);
  if (tokens_ < almost) return false;
  tokens_ = std::max(0.0, tokens_ - 1);
  if (!waited) always_busy_ = false;
  return true;
}

time_point rate_gate::opens(time_point now) noexcept {
  const time_point reopens = std::max(now, closed_until_);
  if (!limited_ || reopens < hint_until_) return reopens;
  refill(now);
  if (tokens_ >= almost) return reopens;
  // The rate may rise meanwhile: by what it is at the end, this is not too late.
  const double missing = 1 - tokens_;
  const double rate_then = rate(filled_ + duration_of(missing / rate(now)));
  return std::max(closed_until_, filled_ + duration_of(missing / rate_then));
}

void rate_gate::close(time_point until) noexcept {
  closed_until_ = std::max(closed_until_, until);
  if (limited_) filled_ = std::max(filled_, closed_until_);
}

bool rate_gate::early(time_point sent) const noexcept {
  return limited_ && always_busy_ && 2 * stray_share_ <= least_strays &&
         (proven_.searching() || (accepted_since_ < early_answers && sent < judged_from_ + early_time));
}

double rate_gate::tolerated_share(time_point sent) const noexcept {
  return early(sent) ? refused_share : std::max(least_strays, 2 * stray_share_);
}

double rate_gate::enough(time_point sent) const noexcept {
  const bool known = limited_ && always_busy_ && 2 * stray_share_ <= least_strays;
  if (!known) return overshoot_evidence;
  return early(sent) ? early_evidence : 1;
}

double rate_gate::granted(time_point sent) const noexcept {
  if (!limited_ || !always_busy_ || sent <= emptied_at_) return 0;
  return static_cast<double>(accepted_since_) / seconds(sent - emptied_at_);
}

void rate_gate::accepted(time_point sent, time_point now) noexcept {
  measured_.count(now);
  if (may_open_early() && sent >= probe_sent_) open(now);
  if (sent >= judged_from_) refused_.accepted(refused_share);
  if (mode_ == retry_mode::adaptive) {
    if (!limited_) return;
    refill(now);
    fill_rate_ = std::max(min_fill_rate, std::min(cubic_.at(now), most_over_measured * measured_.per_second()));
    tokens_ = std::min(tokens_, capacity(fill_rate_));
    return;
  }
  if (sent > emptied_at_) ++accepted_since_;
  if (sent < judged_from_) return;
  overshoot_.accepted(tolerated_share(sent));
  if (sent < safe_until_) {
    ++safe_accepted_;
  } else if (safe_accepted_ > 0) {
    // The certain rate is over, with less than two strays.
    stray_share_ = static_cast<double>(strays_) / static_cast<double>(safe_accepted_ + strays_);
    safe_accepted_ = 0;
  }
}

void rate_gate::throttled(time_point sent, time_point now, duration hint) noexcept {
  if (mode_ == retry_mode::adaptive) {
    measured_.count(now);  // as published: every answer counts
    limit_by_cubic(sent, now);
  }
  if (hint == duration::zero() && !limited_) return;
  if (may_open_early() && sent >= probe_sent_) {
    pause(now, std::min<duration>(2 * pause_, std::max<duration>(hint, first_pause)), hint);
    return;
  }
  if (sent < judged_from_) {
    // The same overshoot as the throttle before.
    if (now < closed_until_) hint_until_ = std::max(hint_until_, now + hint);
    return;
  }
  refused_.throttled();
  if (refused_.reaches(refused_evidence)) {
    used_up(sent, now, hint);
  } else if (mode_ == retry_mode::standard) {
    if (limited_ && always_busy_ && sent < safe_until_) {
      stray(sent, now);
    } else {
      overshoot_.throttled();
      if (overshoot_.reaches(enough(sent))) too_fast(sent, now);
    }
  }
}

// Nobody goes for `length`; then, until the hint is over, a probe now and then.
void rate_gate::pause(time_point now, duration length, duration hint) noexcept {
  probe_sent_ = {};
  pause_ = length;
  hint_until_ = std::max(hint_until_, now + hint);
  close(now + length);
  judged_from_ = closed_until_;
}

// A probe was accepted.
void rate_gate::open(time_point now) noexcept {
  probe_sent_ = {};
  hint_until_ = {};
  closed_until_ = now;
  judged_from_ = now;
  tokens_ = 1;
  filled_ = now;
  proven_.restart(now);
}

// What is sent is refused: everybody stays away, and then the rate starts low.
void rate_gate::used_up(time_point sent, time_point now, duration hint) noexcept {
  refused_.reset();
  pause(now, std::min<duration>(hint, first_pause), hint);
  if (mode_ == retry_mode::adaptive) return;
  const double measured = measured_.per_second();
  const double before = granted(sent);
  if (before > 0) {
    // It may have been more than it is now.
    settle(sent, now, measured > 0 ? std::min(before, measured) : before, rate(sent), judged_from_);
  } else if (measured > 0) {
    proven_.search(beta * measured, std::max(doubles_after, 4 * seconds(now - sent)), judged_from_);
    begin(sent, now, judged_from_);
  } else {
    // The first moment: what was accepted of it is what the service had saved up.
    proven_.search(measured_.in_this_bucket() / (seconds(hint) + seconds(measure_bucket)),
                   std::max(1.0, 4 * seconds(now - sent)), judged_from_);
    begin(sent, now, judged_from_);
  }
}

// More is sent than is granted, by little: back to that, and nobody stays away.
void rate_gate::too_fast(time_point sent, time_point now) noexcept {
  const double measured = measured_.per_second();
  if (const double before = granted(sent); before > 0)
    settle(sent, now, before, rate(sent), now);
  else if (measured > 0)
    settle(sent, now, measured, 2 * measured, now);
}

// Throttled at a rate that is granted. Twice is no accident: the rate is not the cause.
void rate_gate::stray(time_point sent, time_point now) noexcept {
  if (++strays_ < 2) return;
  stray_share_ = std::min(most_strays, static_cast<double>(strays_) / static_cast<double>(safe_accepted_ + strays_));
  proven_.search(rate(now), std::max(doubles_after, 4 * seconds(now - sent)), now);
  overshoot_.reset();
  safe_until_ = {};
  safe_accepted_ = 0;
  judged_from_ = now;
}

// `granted` requests a second are certain; `too_many` are more than that, unless the service saves up little.
void rate_gate::settle(time_point sent, time_point now, double granted, double too_many, time_point from) noexcept {
  const double low = certain * granted;
  const double high = std::max(granted, too_many);
  const double rise = proven_.searching()
                          ? rise_after_search
                          : std::clamp(longer * seconds(sent - emptied_at_), shortest_rise, longest_rise);
  proven_.settle(low, high, rise, from);
  begin(sent, now, from);
  safe_until_ = from + duration_of(rise * (granted - low) / (high - low));
}

// A new rate counts from `from` on.
void rate_gate::begin(time_point sent, time_point now, time_point from) noexcept {
  limited_ = true;
  overshoot_.reset();
  tokens_ = from > now ? 1 : 0;  // when the gate opens the first may go at once
  filled_ = from;
  emptied_at_ = sent;
  accepted_since_ = 0;
  always_busy_ = true;
  judged_from_ = from;
  safe_until_ = from;
  safe_accepted_ = 0;
  strays_ = 0;
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

}  // namespace mwaa_serverless::retry
