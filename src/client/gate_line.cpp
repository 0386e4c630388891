#include "client/gate_line.hpp"

#include <algorithm>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <limits>
#include <utility>

#include "async/side_task.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

struct gate_line::look_result {
  look_result(next_step what_value) : what(what_value) {}

  next_step what;
  time_point until{};                  // sleep, unless the turn comes
  std::shared_ptr<async::event> turn;  // sleep and wait
};

/// A place in line, left on every way out.
class gate_line::standing {
 public:
  standing(gate_line& line, ticket number, time_point latest, context home) : line_(line), number_(number) {
    const std::lock_guard lock{line_.mutex_};
    try {
      if (latest != time_point::max()) line_.deadlines_.emplace(latest, number);
      line_.lanes_[home].callers.insert(number);
      line_.line_.emplace(number, caller{latest, home, nullptr});
    } catch (...) {
      line_.take_out(number, latest, home);
      throw;
    }
  }
  standing(const standing&) = delete;
  standing& operator=(const standing&) = delete;
  ~standing() {
    const std::lock_guard lock{line_.mutex_};
    line_.leave(number_);
  }

 private:
  gate_line& line_;
  ticket number_;
};

bool gate_line::try_pass(time_point now) {
  const std::lock_guard lock{mutex_};
  return line_.empty() && gate_.try_pass(now, false);
}

asio::awaitable<bool> gate_line::pass(ticket number, clock& time, time_point latest) {
  const auto executor = co_await asio::this_coro::executor;
  const standing here{*this, number, latest, &asio::query(executor, asio::execution::context)};
  for (;;) {
    look_result next{next_step::too_late};
    {
      const std::lock_guard lock{mutex_};
      next = look(number, line_.at(number), time.now());
    }
    if (next.what == next_step::passed) co_return true;
    if (next.what == next_step::too_late) co_return false;
    if (next.what == next_step::sleep) {
      // Not Asio's `||`: on several threads its cancellation meets what it cancels.
      const async::side_task<void> alarm{executor, time.sleep_until(next.until), next.turn};
      (void)co_await next.turn->wait();
      if (alarm.over() && alarm.failure()) std::rethrow_exception(alarm.failure());
    } else {
      (void)co_await next.turn->wait();
    }
  }
}

gate_line::look_result gate_line::look(ticket number, caller& self, time_point now) {
  self.turn = nullptr;
  lanes_.at(self.home).stalled = false;
  expire(now);
  if (self.expired || now >= self.latest) return next_step::too_late;
  const bool watches = is_first_of_context(number, self.home);
  while (watches && is_overdue(first(), self, now)) {
    lanes_.at(first().home).stalled = true;
    wake_first();
  }
  const bool my_turn = &first() == &self;
  if (my_turn && gate_.try_pass(now, true)) return next_step::passed;
  const time_point opens = gate_.opens(now);
  if (opens >= self.latest && !gate_.may_open_early()) return next_step::too_late;
  look_result out{my_turn || watches ? next_step::sleep : next_step::wait};
  out.turn = std::make_shared<async::event>();
  // Before it is there to be woken itself. The first must not sleep beyond this deadline.
  if (!my_turn && !deadlines_.empty() && deadlines_.begin()->second == number) wake_watchers();
  if (my_turn) {
    out.until = deadlines_.empty() ? opens : std::min(opens, deadlines_.begin()->first);
  } else if (watches) {
    caller& watched = first();
    if (watched.due == at_once) watched.due = now;
    out.until = watched.due < time_point::max() - overdue_after ? watched.due + overdue_after : time_point::max();
  }
  self.turn = out.turn;
  self.due = out.what == next_step::sleep ? out.until : when_woken;
  return out;
}

bool gate_line::is_overdue(const caller& other, const caller& self, time_point now) {
  if (&other == &self || other.due == at_once) return false;
  return other.due < time_point::max() - overdue_after && now >= other.due + overdue_after;
}

gate_line::caller& gate_line::first() {
  ticket number = std::numeric_limits<ticket>::max();
  for (const auto& [home, each] : lanes_)
    if (!each.stalled) number = std::min(number, *each.callers.begin());
  return line_.at(number);
}

bool gate_line::is_first_of_context(ticket number, context home) const {
  return *lanes_.at(home).callers.begin() == number;
}

void gate_line::wake(caller& sleeper) {
  if (!sleeper.turn) return;
  sleeper.turn->set();
  sleeper.turn = nullptr;  // once: it does not become less overdue by being woken again
  sleeper.due = at_once;
}

// Tells those whose time is up. What is left has time, so the first of it is when somebody has to look again.
void gate_line::expire(time_point now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    caller& late = line_.at(deadlines_.begin()->second);
    late.expired = true;
    wake(late);
    deadlines_.erase(deadlines_.begin());
  }
}

void gate_line::leave(ticket number) {
  const caller& gone = line_.at(number);
  const context home = gone.home;
  const bool was_watching = is_first_of_context(number, home);
  take_out(number, gone.latest, home);
  if (!was_watching) return;
  wake_first();
  // The next of its context has to watch.
  if (const auto left = lanes_.find(home); left != lanes_.end()) wake(line_.at(*left->second.callers.begin()));
}

void gate_line::take_out(ticket number, time_point latest, context home) noexcept {
  deadlines_.erase({latest, number});
  line_.erase(number);
  const auto own = lanes_.find(home);
  if (own == lanes_.end()) return;
  own->second.callers.erase(number);
  if (own->second.callers.empty()) lanes_.erase(own);
}

void gate_line::wake_first() {
  for (const auto& [home, each] : lanes_)
    if (!each.stalled) return wake(first());
}

void gate_line::wake_watchers() {
  for (const auto& [home, each] : lanes_) wake(line_.at(*each.callers.begin()));
}

void gate_line::accepted(time_point sent, time_point now) {
  const std::lock_guard lock{mutex_};
  const time_point before = gate_.closed_until();
  gate_.accepted(sent, now);
  if (gate_.closed_until() < before) wake_watchers();
}

bool gate_line::throttled(time_point sent, time_point now, time_point::duration hint) {
  const std::lock_guard lock{mutex_};
  const time_point before = gate_.closed_until();
  gate_.throttled(sent, now, hint);
  if (gate_.closed_until() > before) wake_first();  // it may be too late for it now
  return hint > hint.zero() || gate_.spaces_retries();
}

void gate_line::close(time_point until) {
  const std::lock_guard lock{mutex_};
  gate_.close(until);
}

void gate_line::reset() {
  const std::lock_guard lock{mutex_};
  gate_ = retry::rate_gate{gate_.mode()};
  wake_watchers();
}

gate_line::time_point gate_line::certainly_closed_until() const {
  const std::lock_guard lock{mutex_};
  return gate_.may_open_early() ? time_point{} : gate_.closed_until();
}

gate_line::time_point gate_line::closed_until() const {
  const std::lock_guard lock{mutex_};
  return gate_.closed_until();
}

double gate_line::rate(time_point now) const {
  const std::lock_guard lock{mutex_};
  return gate_.rate(now);
}

std::size_t gate_line::waiting() const {
  const std::lock_guard lock{mutex_};
  return line_.size();
}

bool operation_gates::throttled(retry_mode mode, clock::time_point sent, clock::time_point now,
                                clock::time_point::duration hint) {
  gate_line& line = of(mode);
  const bool spaced = line.throttled(sent, now, hint);
  of(mode == retry_mode::adaptive ? retry_mode::standard : retry_mode::adaptive).close(line.closed_until());
  return spaced;
}

void operation_gates::reset() {
  standard_.reset();
  adaptive_.reset();
}

}  // namespace mwaa_serverless
