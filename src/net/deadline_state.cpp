#include "net/deadline_state.hpp"

namespace mwaa_serverless::net {

void deadline_state::make_room(std::size_t count) {
  if (count > deadlines_.size()) deadlines_.resize(count, never);
}

bool deadline_state::set(slot_id slot, time_point when) noexcept {
  deadlines_[slot] = when;
  if (when >= armed_) return false;
  armed_ = when;
  return true;
}

void deadline_state::clear(slot_id slot) noexcept {
  if (slot < deadlines_.size()) deadlines_[slot] = never;
}

}  // namespace mwaa_serverless::net
