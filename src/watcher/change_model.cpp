#include "watcher/change_model.hpp"

#include <algorithm>
#include <cmath>

namespace mwaa_serverless::watcher {

namespace {

// Before anything is known: most runs are slow.
constexpr std::array<double, change_rates.size()> first_mix{.40, .10, .10, .10, .10, .10, .06, .03, .01};
constexpr std::size_t busy = 6;  // 0.1 changes a second
constexpr double newest = 0.2;   // what a settling takes of the present mix
constexpr double kept = 0.02;    // of first_mix, so that no rate is ever ruled out
constexpr double memory = 0.9995;
constexpr double least_log = -50;
constexpr unsigned most_changes = 40;  // more say nothing else

template <class Weights>
double mean_rate(const Weights& weights) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < change_rates.size(); ++i) sum += static_cast<double>(weights[i]) * change_rates[i];
  return sum;
}

}  // namespace

change_model::change_model() {
  mixes_.fill(first_mix);
  averages_.fill(mean_rate(first_mix));
}

rate_belief change_model::newborn() const noexcept {
  rate_belief out;
  for (std::size_t s = 0; s < switching_rates.size(); ++s) {
    for (std::size_t i = 0; i < change_rates.size(); ++i)
      out.weights[s][i] = static_cast<float>(0.5 * mixes_[s][i] + (i == busy ? 0.5 : 0));
  }
  return out;
}

void change_model::note(rate_belief& belief, double seconds, unsigned changes) noexcept {
  const double passed = std::max(seconds, 1e-3);
  const auto counted = static_cast<double>(std::min(changes, most_changes));
  std::array<double, change_rates.size()> likelihood{};
  for (std::size_t i = 0; i < change_rates.size(); ++i) {
    const double expected = change_rates[i] * passed;
    likelihood[i] = std::exp(counted * std::log(std::max(expected, 1e-12)) - expected);
    if (counted == 0) likelihood[i] = std::exp(-expected);
  }
  for (std::size_t s = 0; s < switching_rates.size(); ++s) {
    rate_weights& weights = belief.weights[s];
    const double stayed = std::exp(-switching_rates[s] * passed);
    std::array<double, change_rates.size()> fresh{};
    double sum = 0;
    for (std::size_t i = 0; i < change_rates.size(); ++i) {
      const double before = mixes_[s][i] + (static_cast<double>(weights[i]) - mixes_[s][i]) * stayed;
      fresh[i] = before * likelihood[i];
      sum += fresh[i];
    }
    const double log_likelihood = sum > 0 ? std::max(std::log(sum), least_log) : least_log;
    likelihoods_[s] = likelihoods_[s] * memory + log_likelihood - counted * std::log(passed);
    for (std::size_t i = 0; i < change_rates.size(); ++i)
      weights[i] = static_cast<float>(sum > 0 ? fresh[i] / sum : mixes_[s][i]);
  }
}

expected_rate change_model::expect(const rate_belief& belief) const noexcept {
  expected_rate out;
  out.now = mean_rate(belief.weights[chosen_]);
  out.average = averages_[chosen_];
  out.switching = switching_rates[chosen_];
  return out;
}

void change_model::count(const rate_belief& belief, int sign) noexcept {
  runs_ += sign;
  for (std::size_t s = 0; s < switching_rates.size(); ++s) {
    for (std::size_t i = 0; i < change_rates.size(); ++i)
      sums_[s][i] = runs_ == 0 ? 0 : sums_[s][i] + sign * static_cast<double>(belief.weights[s][i]);
  }
}

void change_model::settle() noexcept {
  if (runs_ == 0) return;
  for (std::size_t s = 0; s < switching_rates.size(); ++s) {
    for (std::size_t i = 0; i < change_rates.size(); ++i) {
      const double present = std::max(sums_[s][i], 0.0) / static_cast<double>(runs_);
      mixes_[s][i] = (1 - newest) * mixes_[s][i] + newest * ((1 - kept) * present + kept * first_mix[i]);
    }
    averages_[s] = mean_rate(mixes_[s]);
  }
  chosen_ = static_cast<std::size_t>(std::max_element(likelihoods_.begin(), likelihoods_.end()) - likelihoods_.begin());
}

}  // namespace mwaa_serverless::watcher
