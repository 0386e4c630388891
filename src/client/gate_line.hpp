// The queue in front of a rate_gate.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <mwaa_serverless/clock.hpp>
#include <set>
#include <utility>

#include "async/event.hpp"
#include "retry/rate_gate.hpp"

namespace mwaa_serverless {

/// Lets the attempts of one operation pass its gate in the order in which their calls came: a call that was throttled
/// keeps its place.
///
/// Only the first in the queue sleeps: until the gate opens, or a deadline passes, or the gate opens early. It wakes
/// the next as it leaves. So a queue of thousands needs one timer. For any threads at once.
///
/// An execution context may stand still, with callers in the queue. So the first caller of each context watches: when
/// whoever is first in the queue has not come to look overdue_after its time, the callers of its context are passed
/// over until one of them looks again.
class gate_line {
 public:
  using time_point = clock::time_point;
  /// The place of a call in the order, kept for all its attempts. From 1.
  using ticket = std::uint64_t;

  /// A loop that is busy for longer loses its callers' precedence meanwhile, and nothing else.
  static constexpr std::chrono::milliseconds overdue_after{100};

  explicit gate_line(retry_mode mode) noexcept : gate_(mode) {}

  [[nodiscard]] ticket draw() noexcept { return ++last_drawn_; }
  /// Passes at once if nobody waits and the gate is open.
  [[nodiscard]] bool try_pass(time_point now);
  /// Waits for the turn of `number`. False when it cannot come before `latest`: as soon as that is certain.
  /// Cancelled through Asio: throws system_error(asio::error::operation_aborted).
  [[nodiscard]] boost::asio::awaitable<bool> pass(ticket number, clock& time, time_point latest);

  // What became of an attempt that was sent at `sent`; see rate_gate.
  void accepted(time_point sent, time_point now);
  /// True when the request's retry is spaced: by its hint, or by the gate.
  bool throttled(time_point sent, time_point now, time_point::duration hint);
  void close(time_point until);
  /// Forgets all throttles: the gate is open, without a limit.
  void reset();

  [[nodiscard]] time_point closed_until() const;
  /// The same, as far as it is certain: a probe under way may open the gate at once.
  [[nodiscard]] time_point certainly_closed_until() const;
  [[nodiscard]] double rate(time_point now) const;
  [[nodiscard]] std::size_t waiting() const;
  /// True once a call has drawn a ticket.
  [[nodiscard]] bool used() const noexcept { return last_drawn_ != 0; }

 private:
  using context = const boost::asio::execution_context*;
  struct caller {
    time_point latest;
    context home;
    std::shared_ptr<async::event> turn;  // null while it is about to look
    bool expired = false;
    time_point due = at_once;  // when it will look
  };
  // Callers of one context.
  struct lane {
    std::set<ticket> callers;
    bool stalled = false;
  };
  static constexpr time_point at_once = time_point::min();
  static constexpr time_point when_woken = time_point::max();
  class standing;
  enum class next_step : std::uint8_t { passed, too_late, sleep, wait };
  struct look_result;

  look_result look(ticket number, caller& self, time_point now);
  void leave(ticket number);
  void take_out(ticket number, time_point latest, context home) noexcept;
  void expire(time_point now);
  /// Of those who are not passed over; there is one.
  [[nodiscard]] caller& first();
  [[nodiscard]] bool is_first_of_context(ticket number, context home) const;
  [[nodiscard]] static bool is_overdue(const caller& other, const caller& self, time_point now);
  static void wake(caller& sleeper);
  void wake_first();
  /// The first and those who watch it.
  void wake_watchers();

  std::atomic<ticket> last_drawn_{0};

  mutable std::mutex mutex_;  // guards everything below; never held across a suspension
  retry::rate_gate gate_;
  std::map<ticket, caller> line_;
  std::map<context, lane> lanes_;                      // none is empty
  std::set<std::pair<time_point, ticket>> deadlines_;  // of those in line who have one
};

/// The lines of one operation: calls in either mode have one of their own.
class operation_gates {
 public:
  operation_gates() = default;

  [[nodiscard]] gate_line& of(retry_mode mode) noexcept { return mode == retry_mode::adaptive ? adaptive_ : standard_; }
  [[nodiscard]] const gate_line& of(retry_mode mode) const noexcept {
    return mode == retry_mode::adaptive ? adaptive_ : standard_;
  }
  /// What closes one gate closes the other. Returns gate_line::throttled of `mode`.
  bool throttled(retry_mode mode, clock::time_point sent, clock::time_point now, clock::time_point::duration hint);
  void reset();

 private:
  gate_line standard_{retry_mode::standard};
  gate_line adaptive_{retry_mode::adaptive};
};

}  // namespace mwaa_serverless
