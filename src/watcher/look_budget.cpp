#include "watcher/look_budget.hpp"

#include <algorithm>
#include <cmath>

namespace mwaa_serverless::watcher {

namespace {

constexpr double doubling = 4;        // seconds between two doublings
constexpr double catching_up = 0.25;  // seconds' worth of looks that may follow a pause at once
constexpr double below = 0.98;        // of what was granted
constexpr double slope = 0.001;       // a second, soon after a throttle
constexpr double impatience = 60;     // seconds after which the slope has doubled
constexpr double steepest = 0.02;
constexpr double measured_after = 8;  // seconds between two throttles that tell the quota
constexpr double longest_measuring = 60;
constexpr double measuring_slope = 0.004;
constexpr double measured_again_after = 900;  // with a share below one the rate is not felt out all the time
constexpr double strays = 0.015;              // share of throttles that is put down to other causes
constexpr double enough = 2;                  // throttles, less what is put down to other causes
constexpr double least = 0.05;
constexpr double slowest = 1e-9;  // requests a second
constexpr double fastest = 1e6;
constexpr double longest_debt = 10;  // seconds that others' requests hold looks back after them
constexpr double all = 0.97;         // a share of so much is felt out all the time

}  // namespace

look_budget::look_budget(std::optional<double> rate, double first_rate, double share, double now) noexcept
    : share_(share),
      given_(rate.has_value()),
      searching_(!given_),
      quota_(std::clamp(rate.value_or(first_rate), slowest, fastest)),
      next_(now),
      changed_(now),
      judged_from_(now),
      emptied_(now),
      quiet_since_(now) {}

double look_budget::rate() const noexcept {
  return searching_ || measuring_ ? quota_ : std::max(quota_ * share_, slowest);
}

bool look_budget::take(double now) noexcept {
  if (!open(now)) {
    demanded_ = true;
    return false;
  }
  rise(now);
  const double step = 1 / rate();
  if (now - next_ < step) demanded_ = true;
  next_ = std::max(next_, now - catching_up) + step;
  return true;
}

void look_budget::borrow(double now) noexcept {
  next_ = std::max(next_, now) + 1 / rate();
}

void look_budget::give_back(double now) noexcept {
  next_ = std::max(now, next_ - 1 / rate());
}

void look_budget::others_sent(double requests, double now) noexcept {
  next_ = std::min(std::max(next_, now) + requests / quota_, std::max(next_, now + longest_debt));
}

void look_budget::accepted(double) noexcept {
  ++accepted_since_;
  evidence_ = std::max(0.0, evidence_ - strays);
}

void look_budget::rise(double now) noexcept {
  if (given_) return;
  const double passed = now - changed_;
  if (searching_) {
    if (passed < doubling) return;
    changed_ = now;
    if (demanded_) quota_ = std::min(quota_ * 2, fastest);
    demanded_ = false;
    judged_from_ = now;
    return;
  }
  if (passed < 1) return;
  changed_ = now;
  if (measuring_ && now - measuring_since_ > longest_measuring) measuring_ = false;
  if (!demanded_) return;
  demanded_ = false;
  const double quiet = now - quiet_since_;
  if (measuring_) {
    quota_ *= 1 + measuring_slope * std::min(passed, 2.0);
  } else if (share_ >= all) {
    const double patience = 1 + (quiet / impatience) * (quiet / impatience);
    quota_ *= 1 + std::min(slope * patience, steepest) * std::min(passed, 2.0);
  } else if (quiet > measured_again_after) {
    measure(now);
  }
}

void look_budget::measure(double now) noexcept {
  measuring_ = share_ < all;
  measuring_since_ = now;
  quiet_since_ = now;
}

void look_budget::throttled(double sent, double now) noexcept {
  if (given_) {  // it was promised; so somebody else has used it
    next_ = std::max(next_, now) + 1 / rate();
    return;
  }
  if (sent < judged_from_) return;
  quiet_since_ = now;
  if (searching_) {
    searching_ = false;
    quota_ = std::max(quota_ / 2, least);
    evidence_ = enough - 1;
    measure(now);
  } else {
    evidence_ += 1;
    if (evidence_ < enough) return;
    evidence_ = 0;
    const double since = sent - emptied_;
    const double taken = measuring_ ? 1 : share_;
    const double granted = since > 3 ? static_cast<double>(accepted_since_) / since / taken : quota_ * 0.75;
    const bool told = measuring_ && since > measured_after;
    quota_ = std::max(std::clamp(granted, quota_ * 0.5, quota_) * (told ? 1 : below), least);
    if (told) measuring_ = false;
  }
  emptied_ = now;
  judged_from_ = now;
  changed_ = now;
  accepted_since_ = 0;
  next_ = std::max(next_, now + 1 / rate());
}

}  // namespace mwaa_serverless::watcher
