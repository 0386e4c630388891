// One timer for the deadlines of all slots: when to set it, and whose time is up.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "net/pool_state.hpp"

namespace mwaa_serverless::net {

/// Deadlines mostly move on (each request has a later one), so the timer stays set for the earliest that was ever set
/// and finds out when it fires whether that one still stands. A request then costs a store instead of a timer.
class deadline_state {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr time_point never = time_point::max();

  /// For slots below `count`; the only call that allocates.
  void make_room(std::size_t count) {
    if (count > deadlines_.size()) deadlines_.resize(count, never);
  }
  /// True when the timer has to be set to `when`.
  [[nodiscard]] bool set(slot_id slot, time_point when) noexcept {
    deadlines_[slot] = when;
    if (when >= armed_) return false;
    armed_ = when;
    return true;
  }
  void clear(slot_id slot) noexcept {
    if (slot < deadlines_.size()) deadlines_[slot] = never;
  }
  /// The timer has fired. Calls `due` for each slot whose time is up, which may set its next; then the timer has to be
  /// set to armed() again, unless that is never.
  template <class Due>
  void fired(time_point now, Due due) {
    armed_ = never;
    for (slot_id slot = 0; slot < deadlines_.size(); ++slot) {
      if (deadlines_[slot] <= now) {
        deadlines_[slot] = never;
        due(slot);
      }
      armed_ = std::min(armed_, deadlines_[slot]);
    }
  }
  /// What the timer is set to.
  [[nodiscard]] time_point armed() const noexcept { return armed_; }
  /// The timer has been cancelled.
  void disarm() noexcept { armed_ = never; }

 private:
  std::vector<time_point> deadlines_;  // by slot
  time_point armed_ = never;
};

}  // namespace mwaa_serverless::net
