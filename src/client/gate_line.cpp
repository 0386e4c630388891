#include "client/gate_line.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "transport/side_task.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

struct gate_line::look_result {
  look_result(next_step what_value) : what(what_value) {}

  next_step what;
  time_point until{};                // sleep, unless the turn comes
  std::shared_ptr<net::event> turn;  // sleep and wait
};

/// A place in line, left on every way out.
class gate_line::standing {
 public:
  standing(gate_line& line, ticket number, time_point latest) : line_(line), number_(number) {
    const std::lock_guard lock{line_.mutex_};
    // The deadline first: one without its caller can be taken back here, while whoever stands in line holds up others.
    if (latest != time_point::max()) line_.deadlines_.emplace(latest, number);
    try {
      line_.line_.emplace(number, caller{latest, nullptr, false});
    } catch (...) {
      line_.deadlines_.erase({latest, number});
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

gate_line::ticket gate_line::draw() {
  const std::lock_guard lock{mutex_};
  return ++last_drawn_;
}

bool gate_line::try_pass(time_point now) {
  const std::lock_guard lock{mutex_};
  return line_.empty() && gate_.try_pass(now, false);
}

asio::awaitable<bool> gate_line::pass(ticket number, clock& time, time_point latest) {
  const standing here{*this, number, latest};
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
      const auto executor = co_await asio::this_coro::executor;
      const net::side_task<void> alarm{executor, time.sleep_until(next.until), next.turn};
      (void)co_await next.turn->wait();
      if (alarm.over() && alarm.failure()) std::rethrow_exception(alarm.failure());
    } else {
      (void)co_await next.turn->wait();
    }
  }
}

gate_line::look_result gate_line::look(ticket number, caller& self, time_point now) {
  self.turn = nullptr;
  expire(now);
  if (self.expired || now >= self.latest) return next_step::too_late;
  const bool first = line_.begin()->first == number;
  if (first && gate_.try_pass(now, true)) return next_step::passed;
  const time_point opens = gate_.opens(now);
  if (opens >= self.latest && !gate_.may_open_early()) return next_step::too_late;
  look_result out{first ? next_step::sleep : next_step::wait};
  out.turn = self.turn = std::make_shared<net::event>();
  if (first)
    out.until = deadlines_.empty() ? opens : std::min(opens, deadlines_.begin()->first);
  else if (deadlines_.begin() != deadlines_.end() && deadlines_.begin()->second == number)
    wake_first();  // it must not sleep beyond this deadline
  return out;
}

// Tells those whose time is up. What is left has time, so the first of it is when somebody has to look again.
void gate_line::expire(time_point now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    caller& late = line_.at(deadlines_.begin()->second);
    late.expired = true;
    if (late.turn) late.turn->set();
    deadlines_.erase(deadlines_.begin());
  }
}

void gate_line::leave(ticket number) {
  const auto position = line_.find(number);
  deadlines_.erase({position->second.latest, number});
  const bool first = position == line_.begin();
  line_.erase(position);
  if (first) wake_first();
}

void gate_line::wake_first() {
  if (line_.empty()) return;
  caller& next = line_.begin()->second;
  if (next.turn) next.turn->set();
}

void gate_line::accepted(time_point sent, time_point now) {
  const std::lock_guard lock{mutex_};
  const time_point before = gate_.closed_until();
  gate_.accepted(sent, now);
  if (gate_.closed_until() < before) wake_first();
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
  wake_first();
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

bool gate_line::used() const {
  const std::lock_guard lock{mutex_};
  return last_drawn_ != 0;
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
