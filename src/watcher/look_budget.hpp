// How many looks a quota of the service allows.
#pragma once

#include <cstdint>
#include <optional>

namespace mwaa_serverless::watcher {

/// Spaces the looks that one quota counts. The rate is given, or learned: it doubles until the service throttles, then
/// follows what is granted, from a little below, and rises slowly to find out whether more is.
///
/// One throttle is weak evidence, since services throttle for other reasons too; several within some dozens of
/// acceptances lower the rate. A share below one is measured so for a minute at most, and again every quarter of an
/// hour.
///
/// Times are seconds from any fixed moment.
class look_budget {
 public:
  look_budget(std::optional<double> rate, double first_rate, double share, double now) noexcept;

  /// Takes a look's worth if there is one.
  [[nodiscard]] bool take(double now) noexcept;
  /// Takes it in advance: the next look waits longer.
  void borrow(double now) noexcept;
  [[nodiscard]] bool open(double now) const noexcept { return now >= next_; }
  [[nodiscard]] double opens_at() const noexcept { return next_; }
  /// Gives back what was taken for a look that was not sent.
  void give_back(double now) noexcept;
  /// Others have used the quota for `requests`.
  void others_sent(double requests, double now) noexcept;

  void accepted(double now) noexcept;
  void throttled(double sent, double now) noexcept;

  /// Looks a second that it allows.
  [[nodiscard]] double rate() const noexcept;
  [[nodiscard]] bool known() const noexcept { return !searching_; }

 private:
  void rise(double now) noexcept;
  /// Uses the whole quota until a throttle tells how much that is.
  void measure(double now) noexcept;

  double share_;
  bool given_;
  bool searching_;
  bool measuring_ = false;
  double measuring_since_ = 0;
  double quota_;        // requests a second
  double next_;         // when the next look may go
  double changed_;      // when quota_ was last looked at for a rise
  double judged_from_;  // throttles of looks sent before say nothing about the present rate
  double emptied_;      // when the quota was last known to be used up
  double quiet_since_;  // no throttle since
  std::uint64_t accepted_since_ = 0;
  double evidence_ = 0;
  bool demanded_ = false;  // the budget itself has held looks back since the last rise
};

}  // namespace mwaa_serverless::watcher
