// Which connection serves which request: the decisions of the pool, without sockets and without a clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mwaa_serverless/http.hpp>
#include <mwaa_serverless/transport_metrics.hpp>
#include <optional>
#include <vector>

namespace mwaa_serverless::net {

/// A place for one connection, numbered from 0.
using slot_id = std::size_t;

/// Hands out slots. A slot is unused, idle (holds a connection that nobody uses) or in use (has a holder).
///
/// Idle connections are reused last in, first out, so that those not needed grow old; those too old are found when
/// the pool is next asked, so that no timer runs while nothing happens. Requests beyond the limit wait in line, first
/// come first served, and a slot that comes free passes straight to the first in line: a newcomer cannot overtake.
class pool_state {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// A place in the line.
  using ticket = std::uint64_t;

  static constexpr std::size_t no_limit = std::size_t(-1);
  static constexpr std::chrono::nanoseconds for_ever = std::chrono::nanoseconds::max();

  pool_state(std::size_t max_connections, std::chrono::nanoseconds max_idle_time, std::size_t max_waiting = no_limit,
             std::chrono::nanoseconds max_age = for_ever);

  enum class answer {
    reuse,       ///< The slot's idle connection is the caller's.
    open,        ///< The slot is the caller's to open a connection in; whatever connection it held is to be closed.
    wait,        ///< All are in use: the caller stands in line.
    queue_full,  ///< All are in use, and the line is as long as it may be.
    closed,      ///< close() was called.
  };
  class acquisition {
   public:
    acquisition(answer what_value, slot_id slot_value, ticket place_value);
    answer what;
    slot_id slot;  ///< With reuse and open.
    ticket place;  ///< With wait.
  };

  /// Idle slots whose connection is too old; they become unused and their connections are to be closed.
  [[nodiscard]] std::vector<slot_id> expire_idle(time_point now);
  [[nodiscard]] acquisition acquire(const origin& to);

  class release_result {
   public:
    release_result(bool keep_value, std::optional<ticket> wake_value);
    bool keep;                   ///< The slot's connection lives on; otherwise it is to be closed.
    std::optional<ticket> wake;  ///< Who has been given the slot, and is to be woken to claim it.
  };
  /// Gives a slot back; `reusable` when its connection can serve another request.
  [[nodiscard]] release_result release(slot_id slot, bool reusable, time_point now) noexcept;

  /// Takes what was given to a place in the line (reuse or open); nullopt while nothing was.
  [[nodiscard]] std::optional<acquisition> claim(ticket place) noexcept;
  /// Leaves the line. A slot given meanwhile passes to the next, as by release(): nullopt when there was none.
  class left {
   public:
    left(slot_id slot_value, release_result result_value);
    slot_id slot;
    release_result result;
  };
  [[nodiscard]] std::optional<left> leave(ticket place, time_point now) noexcept;

  /// A reused connection was found dead: its holder opens another in its place.
  void replaced() noexcept;
  /// A slot to open one more connection in, while there are fewer than `wanted` to `to`. It counts as in use. nullopt:
  /// there are as many, or no room without closing another.
  [[nodiscard]] std::optional<slot_id> reserve(const origin& to, std::size_t wanted);
  /// A holder has opened a connection in its slot. It is not kept when it is given back after max_age, nor idle for
  /// max_idle_time; `unit`, random in [0, 1), takes up to a tenth off both, so that connections opened together do not
  /// end together.
  void opened(slot_id slot, time_point now, double unit) noexcept;
  /// One in line was there for so long.
  void waited(std::chrono::nanoseconds how_long) noexcept;

  /// No more acquisitions; those in line and those in use go on. The idle slots, whose connections are to be closed.
  [[nodiscard]] std::vector<slot_id> close();
  /// The idle slots, whose connections are of no use any more and are to be closed.
  [[nodiscard]] std::vector<slot_id> drop_idle();
  /// As close(), without allocating: no slot is idle any more, and all connections are to be closed.
  void end() noexcept;
  /// Slots that were ever used: their numbers are less.
  [[nodiscard]] std::size_t slots() const noexcept { return slots_.size(); }
  /// Nobody holds a slot or stands in line.
  [[nodiscard]] bool quiet() const noexcept { return in_use_ == 0 && line_.empty(); }
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] transport_metrics metrics() const;

 private:
  struct waiter {
    ticket place;
    origin to;
  };
  struct assigned_slot {
    ticket place;
    acquisition given;
  };

  struct slot_record {
    origin to;
    double share = 1;  // of the limits on the connection's time
    time_point idle_since{};
    time_point keep_until = time_point::max();
  };

  std::optional<slot_id> unused_slot();
  [[nodiscard]] acquisition give(slot_id slot, answer what) noexcept;

  std::size_t max_connections_;
  std::chrono::nanoseconds max_idle_time_;
  std::size_t max_waiting_;
  std::chrono::nanoseconds max_age_;
  std::vector<slot_record> slots_;  // each that was ever used
  // These three have room for all slots.
  std::vector<slot_id> idle_;  // longest idle first
  std::vector<slot_id> unused_;
  std::vector<assigned_slot> assigned_;  // given, not yet claimed
  std::deque<waiter> line_;
  ticket next_place_ = 1;
  std::size_t in_use_ = 0;
  bool closed_ = false;
  std::uint64_t opened_ = 0;
  std::uint64_t reused_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t waited_ = 0;
  std::chrono::nanoseconds wait_time_{0};
};

}  // namespace mwaa_serverless::net
