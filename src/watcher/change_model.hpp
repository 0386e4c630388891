// How often a run changes, as far as looks at it tell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mwaa_serverless::watcher {

/// The rates that a run may have, in changes a second.
inline constexpr std::array change_rates{0.0, 1.0 / 1800, 1.0 / 600, 1.0 / 200, 1.0 / 60, 1.0 / 20, 0.1, 0.25, 1.0};
/// How often a run may switch from one rate to another, a second. All are tried side by side.
inline constexpr std::array switching_rates{1.0 / 2400, 1.0 / 600, 1.0 / 120, 1.0 / 15};

using rate_weights = std::array<float, change_rates.size()>;

/// What is believed of one run: for each switching rate, how likely each change rate is. As of its last look.
class rate_belief {
 public:
  std::array<rate_weights, switching_rates.size()> weights{};
};

/// What a price needs of a belief.
class expected_rate {
 public:
  double now = 0;        ///< Changes a second, just after the last look.
  double average = 0;    ///< Of all runs: where `now` goes to while nobody looks.
  double switching = 1;  ///< How fast, a second.
};

/// A filter over discrete rates, for each switching rate one, and the choice among these: the one that has foretold
/// best what all looks showed.
///
/// Source: Bayes' rule for a Poisson process whose rate switches at random to the population's mix (a hidden Markov
/// model); forgetting by 0.9995 a look.
class change_model {
 public:
  change_model();

  /// Of a run that has begun: half of them like all others, half of them busy.
  [[nodiscard]] rate_belief newborn() const noexcept;
  /// A look `seconds` after the last showed `changes`.
  void note(rate_belief& belief, double seconds, unsigned changes) noexcept;
  [[nodiscard]] expected_rate expect(const rate_belief& belief) const noexcept;

  // The population, whose mix follows from the beliefs of its runs.
  void joined(const rate_belief& belief) noexcept { count(belief, 1); }
  void left(const rate_belief& belief) noexcept { count(belief, -1); }
  /// Every ten seconds: takes the mix of the population over, and chooses the switching rate.
  void settle() noexcept;

 private:
  using mix = std::array<double, change_rates.size()>;

  void count(const rate_belief& belief, int sign) noexcept;

  std::array<mix, switching_rates.size()> mixes_;
  std::array<mix, switching_rates.size()> sums_{};
  std::array<double, switching_rates.size()> likelihoods_{};  // logarithms
  std::array<double, switching_rates.size()> averages_{};     // rates of mixes_
  std::int64_t runs_ = 0;
  std::size_t chosen_ = 1;
};

}  // namespace mwaa_serverless::watcher
