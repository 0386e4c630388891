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

#include "async/event.hpp"
#include "async/process_mark.hpp"
#include "async/random_source.hpp"
#include "net/connection.hpp"
#include "net/deadline_state.hpp"
#include "net/pool_state.hpp"

namespace mwaa_serverless::net {

using async::event;

/// Carries out what pool_state and deadline_state decide: owns the connections and the one timer for all of their
/// deadlines, and wakes those in line. Held by shared_ptr, thread-safe; its lock is never held across a suspension.
/// What is taken is known to its lease before anything can fail, and giving it back allocates nothing.
class connection_pool : public std::enable_shared_from_this<connection_pool> {
 public:
  using time_point = clock::time_point;
  using answer = pool_state::answer;
  using ticket = pool_state::ticket;
  using connection_ptr = std::unique_ptr<connection>;

  /// The timer lives on `io`.
  connection_pool(const boost::asio::any_io_executor& io, const network_options& options);

  /// A slot, or a place in the line for one. At the end gives the slot back, with its connection closed unless that can
  /// serve again, or leaves the line; a slot given and not claimed passes to the next.
  class lease {
   public:
    explicit lease(connection_pool& pool) : pool_(pool) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
      if (slot_) pool_.release(*slot_);
      if (place_) pool_.leave(*place_, entered_);
    }

    [[nodiscard]] slot_id slot() const { return *slot_; }
    /// The connection that came with the slot; null when one is to be opened.
    [[nodiscard]] connection* reused() const noexcept { return reused_; }

   private:
    friend class connection_pool;
    connection_pool& pool_;
    std::optional<slot_id> slot_;
    connection* reused_ = nullptr;
    std::optional<ticket> place_;
    time_point entered_{};
  };

  /// A slot for a request to `to`, which ends at `deadline`, or a place in the line: `held` has either.
  [[nodiscard]] answer acquire(lease& held, const origin& to, time_point now, time_point deadline);
  /// Takes the slot that was given to the place of `held`. While there is none: `woken` (may be null) will be set when
  /// there is.
  [[nodiscard]] bool claim(lease& held, time_point deadline, const std::shared_ptr<event>& woken);
  /// A slot to open a connection in ahead of a request; see pool_state::reserve().
  [[nodiscard]] bool reserve(lease& held, const origin& to, std::size_t wanted);

  /// Puts a connection into a slot, whose next steps end at `deadline`.
  connection& install(slot_id slot, connection_ptr fresh, time_point deadline);
  /// The connection is open, and the exchange ends at `deadline`. False when the deadline so far had passed.
  [[nodiscard]] bool begin_exchange(slot_id slot, time_point deadline);
  void opened(slot_id slot, const connection& link, bool tls);
  void replaced();

  /// The context of the connections ends: closes all of them, refuses new requests and wakes those who wait, for whom
  /// there will be nothing.
  void context_ended() noexcept;
  /// Closes what is idle and lets the rest go on. Set once nothing is left; null when that is so already.
  [[nodiscard]] std::shared_ptr<event> close();
  [[nodiscard]] transport_metrics metrics() const;

 private:
  void leave(ticket place, time_point entered) noexcept;
  void release(slot_id slot) noexcept;
  void on_timer() noexcept;

  // The caller holds the lock, and destroys a connection that is returned after it has given the lock back.
  void make_room();
  void leave_parent(std::vector<connection_ptr>& closed);
  [[nodiscard]] connection_ptr accept(lease& held, const pool_state::acquisition& given, time_point deadline);
  [[nodiscard]] connection_ptr settle(slot_id slot, const pool_state::release_result& outcome) noexcept;
  void set_deadline(slot_id slot, time_point deadline);
  void set_exchange_deadline(slot_id slot, time_point deadline);
  void look_at(slot_id slot, time_point now) noexcept;
  void watch(slot_id slot, time_point until);
  void arm_timer(time_point at);
  void expire_all() noexcept;

  const std::optional<std::chrono::milliseconds> read_timeout_;
  async::random_source random_;

  mutable std::mutex mutex_;                        // guards everything below
  async::process_mark process_;                     // whose connections these are
  std::optional<boost::asio::steady_timer> timer_;  // null once its context has ended
  pool_state pool_;
  deadline_state deadlines_;
  std::vector<time_point> limits_;                           // by slot: what the timer ends at the latest
  std::vector<connection_ptr> connections_;                  // by slot
  std::unordered_map<ticket, std::shared_ptr<event>> line_;  // those who wait for a connection
  async::latch closed_;                                      // those who wait in close()
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumptions_ = 0;
  std::uint64_t unverified_ = 0;
};

}  // namespace mwaa_serverless::net
