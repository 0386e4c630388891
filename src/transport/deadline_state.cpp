#include "transport/deadline_state.hpp"

#include <algorithm>

namespace mwaa_serverless::net {

bool deadline_state::set(slot_id slot, time_point when) {
  if (slot >= deadlines_.size()) deadlines_.resize(slot + 1, never);
  deadlines_[slot] = when;
  if (when >= armed_) return false;
  armed_ = when;
  return true;
}

void deadline_state::clear(slot_id slot) noexcept {
  if (slot < deadlines_.size()) deadlines_[slot] = never;
}

std::vector<slot_id> deadline_state::fired(time_point now) {
  std::vector<slot_id> due;
  armed_ = never;
  for (slot_id slot = 0; slot < deadlines_.size(); ++slot) {
    if (deadlines_[slot] <= now) {
      due.push_back(slot);
      deadlines_[slot] = never;
    }
    armed_ = std::min(armed_, deadlines_[slot]);
  }
  return due;
}

}  // namespace mwaa_serverless::net
