#include "net/pool_state.hpp"

#include <algorithm>
#include <iterator>

namespace mwaa_serverless {

transport_metrics::transport_metrics() = default;

}  // namespace mwaa_serverless

namespace mwaa_serverless::net {

namespace {

// Of the limits on a connection's time, at random.
constexpr double most_taken_off = 0.1;

std::chrono::nanoseconds scaled(std::chrono::nanoseconds limit, double share) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(limit * share);
}

template <class T>
void make_room(std::vector<T>& list, std::size_t count) {
  if (list.capacity() < count) list.reserve(std::max(count, 2 * list.capacity()));
}

}  // namespace

pool_state::acquisition::acquisition(answer what_value, slot_id slot_value, ticket place_value)
    : what(what_value), slot(slot_value), place(place_value) {}
pool_state::release_result::release_result(bool keep_value, std::optional<ticket> wake_value)
    : keep(keep_value), wake(wake_value) {}
pool_state::left::left(slot_id slot_value, release_result result_value) : slot(slot_value), result(result_value) {}

pool_state::pool_state(std::size_t max_connections, std::chrono::nanoseconds max_idle_time, std::size_t max_waiting,
                       std::chrono::nanoseconds max_age)
    : max_connections_(max_connections), max_idle_time_(max_idle_time), max_waiting_(max_waiting), max_age_(max_age) {}

std::vector<slot_id> pool_state::expire_idle(time_point now) {
  // In the order of idle_, which is about that of idle_since: one too young even for the least share ends the search.
  const auto least = scaled(max_idle_time_, 1 - most_taken_off);
  const auto end =
      std::find_if(idle_.begin(), idle_.end(), [&](slot_id slot) { return now - slots_[slot].idle_since < least; });
  const auto is_old = [&](slot_id slot) {
    return now - slots_[slot].idle_since >= scaled(max_idle_time_, slots_[slot].share);
  };
  std::vector<slot_id> old;
  std::copy_if(idle_.begin(), end, std::back_inserter(old), is_old);
  idle_.erase(std::remove_if(idle_.begin(), end, is_old), end);
  unused_.insert(unused_.end(), old.begin(), old.end());
  return old;
}

pool_state::acquisition pool_state::acquire(const origin& to) {
  if (closed_) return {answer::closed, 0, 0};
  const auto youngest = std::find_if(idle_.rbegin(), idle_.rend(), [&](slot_id slot) { return slots_[slot].to == to; });
  if (youngest != idle_.rend()) {
    const slot_id slot = *youngest;
    idle_.erase(std::next(youngest).base());
    return give(slot, answer::reuse);
  }
  origin wanted = to;
  slot_id slot = 0;
  if (const auto unused = unused_slot()) {
    slot = *unused;
  } else if (!idle_.empty()) {  // an idle connection to somewhere else makes room
    slot = idle_.front();
    idle_.erase(idle_.begin());
  } else if (line_.size() >= max_waiting_) {
    ++refused_;
    return {answer::queue_full, 0, 0};
  } else {
    line_.push_back({next_place_, std::move(wanted)});
    return {answer::wait, 0, next_place_++};
  }
  slots_[slot].to = std::move(wanted);
  return give(slot, answer::open);
}

pool_state::release_result pool_state::release(slot_id slot, bool reusable, time_point now) noexcept {
  --in_use_;
  reusable = reusable && now < slots_[slot].keep_until;
  if (!line_.empty()) {
    waiter first = std::move(line_.front());
    line_.pop_front();
    const bool keep = reusable && slots_[slot].to == first.to;
    slots_[slot].to = std::move(first.to);
    assigned_.push_back({first.place, give(slot, keep ? answer::reuse : answer::open)});
    return {keep, first.place};
  }
  if (reusable && !closed_) {
    slots_[slot].idle_since = now;
    idle_.push_back(slot);
    return {true, std::nullopt};
  }
  unused_.push_back(slot);
  return {false, std::nullopt};
}

std::optional<pool_state::acquisition> pool_state::claim(ticket place) noexcept {
  const auto found =
      std::find_if(assigned_.begin(), assigned_.end(), [&](const assigned_slot& g) { return g.place == place; });
  if (found == assigned_.end()) return std::nullopt;
  const acquisition given = found->given;
  assigned_.erase(found);
  return given;
}

std::optional<pool_state::left> pool_state::leave(ticket place, time_point now) noexcept {
  if (const auto given = claim(place)) {
    // It was counted as reused when it was given, but it was not used.
    const bool reusable = given->what == answer::reuse;
    if (reusable) --reused_;
    return left{given->slot, release(given->slot, reusable, now)};
  }
  const auto found = std::lower_bound(line_.begin(), line_.end(), place,
                                      [](const waiter& w, ticket wanted) { return w.place < wanted; });
  if (found != line_.end() && found->place == place) line_.erase(found);
  return std::nullopt;
}

void pool_state::replaced() noexcept {
  --reused_;
  ++replaced_;
}

void pool_state::opened(slot_id slot, time_point now, double unit) noexcept {
  ++opened_;
  slots_[slot].share = 1 - unit * most_taken_off;
  slots_[slot].keep_until = max_age_ == for_ever ? time_point::max() : now + scaled(max_age_, slots_[slot].share);
}

std::optional<slot_id> pool_state::reserve(const origin& to, std::size_t wanted) {
  if (closed_) return std::nullopt;
  const auto ever = std::count_if(slots_.begin(), slots_.end(), [&](const slot_record& each) { return each.to == to; });
  const auto gone = std::count_if(unused_.begin(), unused_.end(), [&](slot_id slot) { return slots_[slot].to == to; });
  if (static_cast<std::size_t>(ever - gone) >= wanted) return std::nullopt;
  origin target = to;
  const auto slot = unused_slot();
  if (!slot) return std::nullopt;
  slots_[*slot].to = std::move(target);
  ++in_use_;
  return slot;
}

void pool_state::waited(std::chrono::nanoseconds how_long) noexcept {
  ++waited_;
  wait_time_ += how_long;
}

std::vector<slot_id> pool_state::close() {
  closed_ = true;
  return drop_idle();
}

std::vector<slot_id> pool_state::drop_idle() {
  std::vector<slot_id> dropped = idle_;
  unused_.insert(unused_.end(), idle_.begin(), idle_.end());
  idle_.clear();
  return dropped;
}

void pool_state::end() noexcept {
  closed_ = true;
  unused_.insert(unused_.end(), idle_.begin(), idle_.end());  // it has room for all slots
  idle_.clear();
}

transport_metrics pool_state::metrics() const {
  transport_metrics out;
  out.connections_opened = opened_;
  out.connections_reused = reused_;
  out.connections_replaced = replaced_;
  out.open = idle_.size() + in_use_;
  out.in_use = in_use_;
  out.idle = idle_.size();
  out.waiting = line_.size();
  out.waited = waited_;
  out.wait_time = wait_time_;
  out.refused = refused_;
  return out;
}

std::optional<slot_id> pool_state::unused_slot() {
  if (!unused_.empty()) {
    const slot_id slot = unused_.back();
    unused_.pop_back();
    return slot;
  }
  const std::size_t count = slots_.size();
  if (count == max_connections_) return std::nullopt;
  make_room(idle_, count + 1);
  make_room(unused_, count + 1);
  make_room(assigned_, count + 1);
  slots_.emplace_back();
  return count;
}

pool_state::acquisition pool_state::give(slot_id slot, answer what) noexcept {
  ++in_use_;
  if (what == answer::reuse) ++reused_;
  return {what, slot, 0};
}

}  // namespace mwaa_serverless::net
