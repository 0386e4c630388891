#include "net/dial_state.hpp"

#include <algorithm>

namespace mwaa_serverless::net {

dial_state::dial_state(const std::vector<family>& addresses) {
  std::vector<std::size_t> first;
  std::vector<std::size_t> second;
  for (std::size_t i = 0; i < addresses.size(); ++i) (addresses[i] == addresses.front() ? first : second).push_back(i);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) order_.push_back(first[i]);
    if (i < second.size()) order_.push_back(second[i]);
  }
}

dial_state::step dial_state::next(time_point now) {
  const bool more = started_ < order_.size();
  if (more && (under_way_ == 0 || now >= next_start_)) {
    ++under_way_;
    next_start_ = now + attempt_delay;
    return {action::start, order_[started_++], {}};
  }
  if (under_way_ == 0) return {action::exhausted, 0, {}};
  return {action::wait, 0, more ? next_start_ : time_point::max()};
}

void dial_state::failed() noexcept {
  --under_way_;
  next_start_ = {};  // the next at once
}

}  // namespace mwaa_serverless::net
