#include "net/connection_pool.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace mwaa_serverless::net {

namespace {

clock::time_point steady_now() noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace

connection_pool::connection_pool(const boost::asio::any_io_executor& io, const network_options& options)
    : read_timeout_(options.read_timeout),
      random_({}),
      timer_(io),
      pool_(options.max_connections, options.max_idle_time, options.max_waiting.value_or(pool_state::no_limit),
            options.max_connection_age) {}

connection_pool::answer connection_pool::acquire(lease& held, const origin& to, time_point now, time_point deadline) {
  std::vector<connection_ptr> closed;
  connection_ptr evicted;
  const std::lock_guard lock{mutex_};
  leave_parent(closed);
  make_room();
  for (const slot_id slot : pool_.expire_idle(now)) closed.push_back(std::move(connections_[slot]));
  const auto got = pool_.acquire(to);
  if (got.what == answer::reuse || got.what == answer::open) evicted = accept(held, got, deadline);
  if (got.what == answer::wait) {
    held.place_ = got.place;
    held.entered_ = now;
  }
  return got.what;
}

bool connection_pool::reserve(lease& held, const origin& to, std::size_t wanted) {
  std::vector<connection_ptr> closed;
  connection_ptr evicted;
  const std::lock_guard lock{mutex_};
  leave_parent(closed);
  make_room();
  const auto slot = pool_.reserve(to, wanted);
  if (slot) evicted = accept(held, {answer::open, *slot, 0}, deadline_state::never);
  return slot.has_value();
}

bool connection_pool::claim(lease& held, time_point deadline, const std::shared_ptr<event>& woken) {
  connection_ptr evicted;
  const std::lock_guard lock{mutex_};
  const ticket place = *held.place_;
  const auto given = pool_.claim(place);
  if (given) {
    held.place_.reset();
    line_.erase(place);
    pool_.waited(steady_now() - held.entered_);
    evicted = accept(held, *given, deadline);
  } else if (woken) {
    line_.emplace(place, woken);
  }
  return given.has_value();
}

void connection_pool::leave(ticket place, time_point entered) noexcept {
  connection_ptr closed;
  const time_point now = steady_now();
  const std::lock_guard lock{mutex_};
  line_.erase(place);
  pool_.waited(now - entered);
  if (const auto given = pool_.leave(place, now)) closed = settle(given->slot, given->result);
}

void connection_pool::release(slot_id slot) noexcept {
  connection_ptr closed;
  const std::lock_guard lock{mutex_};
  deadlines_.clear(slot);
  const connection* const link = connections_[slot].get();
  const bool reusable = link != nullptr && link->reusable();
  closed = settle(slot, pool_.release(slot, reusable, reusable ? link->last_moved() : steady_now()));
}

connection& connection_pool::install(slot_id slot, connection_ptr fresh, time_point deadline) {
  const std::lock_guard lock{mutex_};
  connections_[slot].swap(fresh);  // the old one is destroyed after the lock is given back
  set_deadline(slot, deadline);
  return *connections_[slot];
}

bool connection_pool::begin_exchange(slot_id slot, time_point deadline) {
  const std::lock_guard lock{mutex_};
  set_exchange_deadline(slot, deadline);
  return !connections_[slot]->expired();
}

void connection_pool::opened(slot_id slot, const connection& link, bool tls) {
  const double unit = random_.unit();
  const std::lock_guard lock{mutex_};
  pool_.opened(slot, steady_now(), unit);
  handshakes_ += tls ? 1 : 0;
  resumptions_ += link.resumed() ? 1 : 0;
  unverified_ += link.unverified() ? 1 : 0;
}

void connection_pool::replaced() {
  const std::lock_guard lock{mutex_};
  pool_.replaced();
}

// For one slot more than there are, before the decision that may add it.
void connection_pool::make_room() {
  const std::size_t count = pool_.slots() + 1;
  if (count <= connections_.size()) return;
  deadlines_.make_room(count);
  limits_.resize(count);
  connections_.resize(count);
}

// After fork() the connections are still the parent's, who goes on with them.
void connection_pool::leave_parent(std::vector<connection_ptr>& closed) {
  if (!process_.inherited()) return;
  closed.reserve(connections_.size());
  for (const slot_id slot : pool_.drop_idle()) closed.push_back(std::move(connections_[slot]));
  expire_all();  // the copies of those who were using one
  process_ = {};
}

connection_pool::connection_ptr connection_pool::accept(lease& held, const pool_state::acquisition& given,
                                                        time_point deadline) {
  connection_ptr& place = connections_[given.slot];
  held.slot_ = given.slot;
  held.reused_ = given.what == answer::open ? nullptr : place.get();
  if (given.what == answer::open) return std::move(place);
  set_exchange_deadline(given.slot, deadline);
  return nullptr;
}

connection_pool::connection_ptr connection_pool::settle(slot_id slot,
                                                        const pool_state::release_result& outcome) noexcept {
  if (outcome.wake) {
    // Not found: it stands in line, but does not wait yet, and will ask before it does.
    if (const auto next = line_.find(*outcome.wake); next != line_.end()) next->second->set();
  }
  if (pool_.in_use() == 0 && deadlines_.armed() != deadline_state::never) {
    deadlines_.disarm();
    if (timer_) timer_->cancel();
  }
  if (pool_.quiet()) closed_.open();
  return outcome.keep ? nullptr : std::move(connections_[slot]);
}

void connection_pool::set_deadline(slot_id slot, time_point deadline) {
  limits_[slot] = deadline;
  watch(slot, deadline);
}

// With a limit on silence, the timer comes to look whether a byte has moved since.
void connection_pool::set_exchange_deadline(slot_id slot, time_point deadline) {
  set_deadline(slot, deadline);
  if (!read_timeout_) return;
  watch(slot, std::min(deadline, steady_now() + *read_timeout_));
}

// Ends what a slot is busy with, or finds that it may go on.
void connection_pool::look_at(slot_id slot, time_point now) noexcept {
  connection* const link = connections_[slot].get();
  if (link == nullptr) return;
  if (now >= limits_[slot] || !read_timeout_) return link->expire();
  const time_point silent_until = link->last_moved() + *read_timeout_;
  if (now >= silent_until) return link->expire(*read_timeout_);
  (void)deadlines_.set(slot, std::min(limits_[slot], silent_until));  // on_timer() sets the timer
}

void connection_pool::watch(slot_id slot, time_point until) {
  if (until < deadlines_.armed()) arm_timer(until);
  (void)deadlines_.set(slot, until);
}

void connection_pool::arm_timer(time_point at) {
  if (!timer_) return;
  boost::asio::steady_timer next{timer_->get_executor(), at};
  next.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    if (cancelled) return;
    if (const auto self = weak.lock()) self->on_timer();
  });
  timer_ = std::move(next);  // the wait so far goes on until there is another
}

void connection_pool::on_timer() noexcept {
  const std::lock_guard lock{mutex_};
  const time_point now = steady_now();
  deadlines_.fired(now, [&](slot_id slot) { look_at(slot, now); });
  if (deadlines_.armed() == deadline_state::never) return;
  try {
    arm_timer(deadlines_.armed());
  } catch (const std::bad_alloc&) {
    deadlines_.disarm();
    expire_all();  // rather now than never
  }
}

void connection_pool::expire_all() noexcept {
  for (const connection_ptr& each : connections_)
    if (each) each->expire();
}

void connection_pool::context_ended() noexcept {
  const std::lock_guard lock{mutex_};
  timer_.reset();
  pool_.end();
  for (const connection_ptr& each : connections_)
    if (each) each->context_ended();
  for (const auto& [place, woken] : line_) woken->set();
  closed_.open();
}

std::shared_ptr<event> connection_pool::close() {
  std::vector<connection_ptr> closed;
  const std::lock_guard lock{mutex_};
  closed.reserve(connections_.size());
  for (const slot_id idle : pool_.close()) closed.push_back(std::move(connections_[idle]));
  return pool_.quiet() ? nullptr : closed_.join();
}

transport_metrics connection_pool::metrics() const {
  const std::lock_guard lock{mutex_};
  transport_metrics out = pool_.metrics();
  out.tls_handshakes = handshakes_;
  out.tls_resumptions = resumptions_;
  out.tls_unverified = unverified_;
  return out;
}

}  // namespace mwaa_serverless::net
