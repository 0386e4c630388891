#include "watcher/look_price.hpp"

#include <algorithm>
#include <cmath>

namespace mwaa_serverless::watcher {

namespace {

constexpr double dearest = 1e5;
constexpr double slowest_near_its_end = 0.06;  // changes a second of a run that is near its end

}  // namespace

double price_of_changes(const expected_rate& rate, double age) noexcept {
  const double s = rate.switching;
  const double x = s * age;
  // 1 - e^-x (1 + x), which for small x is the difference of two near numbers.
  const double risen = x < 1e-3 ? x * x / 2 - x * x * x / 3 : 1 - std::exp(-x) * (1 + x);
  return rate.average * age * age / 2 + (rate.now - rate.average) * risen / (s * s);
}

double price_of_end(unsigned steps, double rate, double age) noexcept {
  if (steps == 0 || steps > most_steps_to_end || age <= 0) return 0;
  const double speed = std::max(rate, slowest_near_its_end);
  const double x = speed * age;
  // Gamma distribution of whole shape: 1 - sum of Poisson terms.
  double term = std::exp(-x);
  double below = 0;
  for (unsigned k = 0; k < steps; ++k) {
    below += term;
    term *= x / (k + 1);
  }
  // Now `term` is that of `steps`.
  const double ended = std::max(1 - below, 0.0);          // P
  const double ended_next = std::max(ended - term, 0.0);  // for one step more
  const double density = std::max(speed * term * steps / x, 1e-9);
  const double summed = age * ended - steps / speed * ended_next;  // the integral of P
  return std::clamp(ended * ended / density - summed, 0.0, dearest);
}

double price_of_due_end(double mean, double age) noexcept {
  const double x = std::clamp(age / mean, 0.0, 20.0);
  const double over = 1 - std::exp(-x);
  return mean * (over * over * std::exp(x) - (x - over));
}

double price_of_states(double starts, double start_weight, double rate, double ends, double end_weight,
                       double age) noexcept {
  return starts * (start_weight * age * age / 2 + rate * age * age * age / 3) + ends * end_weight * age * age / 2;
}

}  // namespace mwaa_serverless::watcher
