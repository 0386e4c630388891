// The connections of a transport and those who wait for one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "transport/connection.hpp"
#include "transport/deadline_state.hpp"
#include "transport/event.hpp"
#include "transport/pool_state.hpp"
#include "transport/pooled_transport.hpp"
#include "transport/random_source.hpp"

namespace mwaa_serverless::net {

/// Carries out what pool_state and deadline_state decide: owns the connections and the one timer for all of their
/// deadlines, and wakes those in line. Held by shared_ptr, thread-safe; its lock is never held across a suspension.
class connection_pool : public std::enable_shared_from_this<connection_pool> {
 public:
  using time_point = clock::time_point;
  using answer = pool_state::answer;
  using ticket = pool_state::ticket;
  using connection_ptr = std::unique_ptr<connection>;

  /// The timer lives on `io`.
  connection_pool(const boost::asio::any_io_executor& io, const pooled_transport_options& options);

  /// Holds a slot. At the end gives it back, with its connection closed unless that can serve again.
  class lease {
   public:
    explicit lease(connection_pool& pool) : pool_(pool) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
      if (slot_) pool_.give_back(*slot_);
    }

    [[nodiscard]] slot_id slot() const { return *slot_; }
    /// The connection that came with the slot; null when one is to be opened.
    [[nodiscard]] connection* reused() const noexcept { return reused_; }

   private:
    friend class connection_pool;
    connection_pool& pool_;
    std::optional<slot_id> slot_;
    connection* reused_ = nullptr;
  };

  /// Stands in line. At the end leaves the line; a slot given and not claimed passes to the next.
  class place_in_line {
   public:
    place_in_line(connection_pool& pool, ticket number, time_point entered)
        : pool_(pool), number_(number), entered_(entered) {}
    place_in_line(const place_in_line&) = delete;
    place_in_line& operator=(const place_in_line&) = delete;
    ~place_in_line() { pool_.leave_line(number_, entered_); }

   private:
    connection_pool& pool_;
    ticket number_;
    time_point entered_;
  };

  /// A slot for a request to `to`, which ends at `deadline`; `held` has it unless the answer is another.
  [[nodiscard]] pool_state::acquisition acquire(lease& held, const origin& to, time_point now, time_point deadline);
  /// Takes the slot that was given to a place in the line. While there is none: `woken` (may be null) will be set when
  /// there is.
  [[nodiscard]] bool claim(lease& held, ticket place, time_point deadline, const std::shared_ptr<event>& woken);
  /// A slot to open a connection in ahead of a request; see pool_state::reserve().
  [[nodiscard]] bool reserve(lease& held, const origin& to, std::size_t wanted);

  /// Puts a connection into a slot, whose next steps end at `deadline`.
  connection& install(slot_id slot, connection_ptr fresh, time_point deadline);
  /// The connection is open, and the exchange ends at `deadline`. False when the deadline so far had passed.
  [[nodiscard]] bool begin_exchange(slot_id slot, time_point deadline);
  void note_opened(slot_id slot, const connection& link, bool tls);
  void note_replaced();

  /// Closes what is idle and lets the rest go on. Set once nothing is left; null when that is so already.
  [[nodiscard]] std::shared_ptr<event> close();
  [[nodiscard]] transport_metrics metrics() const;

 private:
  void leave_line(ticket place, time_point entered);
  void give_back(slot_id slot);
  void on_timer();

  // The caller holds the lock, and destroys a connection that is returned after it has given the lock back.
  [[nodiscard]] connection_ptr accept(lease& held, const pool_state::acquisition& given, time_point deadline);
  [[nodiscard]] connection_ptr settle(slot_id slot, const pool_state::release_result& outcome);
  void set_deadline(slot_id slot, time_point deadline);
  void set_exchange_deadline(slot_id slot, time_point deadline);
  void look_at(slot_id slot, time_point now);
  void arm_timer();

  const std::optional<std::chrono::milliseconds> read_timeout_;
  random_source random_;

  mutable std::mutex mutex_;  // guards everything below
  boost::asio::steady_timer timer_;
  pool_state pool_;
  deadline_state deadlines_;
  std::vector<time_point> limits_;                           // by slot: what the timer ends at the latest
  std::vector<connection_ptr> connections_;                  // by slot
  std::unordered_map<ticket, std::shared_ptr<event>> line_;  // those who wait for a connection
  std::vector<std::shared_ptr<event>> closing_;              // those who wait in close()
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumptions_ = 0;
  std::uint64_t unverified_ = 0;
};

}  // namespace mwaa_serverless::net
