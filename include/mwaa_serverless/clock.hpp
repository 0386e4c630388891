// The time that a client lives in.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <mwaa_serverless/export.hpp>

namespace mwaa_serverless {

/// Where every wait and every date of a client comes from; testing::virtual_clock replaces it in tests.
///
/// It may begin at any time: with the library's own network its deadlines are translated to the machine's time, by
/// which sockets and name servers live. It must not run faster or slower than that there.
///
/// Errors: a client corrects a clock that breaks its contract: when now() goes back, time goes on from where it was; a
/// sleep_until() that returns early is repeated. One that throws, or returns early time after time, ends the call with
/// errc::broken_contract.
///
/// Cancellation: cancelling a sleep_until() takes effect at once whether or not it obeys.
///
/// Lifetime: shared by its clients, and by calls under way.
///
/// Threads: shared by all coroutines of its clients and called from all their threads.
class MWAA_SERVERLESS_API clock {
 public:
  /// Monotonic time: deadlines and waits.
  using time_point = std::chrono::steady_clock::time_point;
  /// Calendar time: signatures and dates.
  using wall_time_point = std::chrono::system_clock::time_point;

  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const noexcept = 0;
  [[nodiscard]] virtual wall_time_point wall_now() const noexcept = 0;
  /// Completes at `when`, on the awaiting coroutine's executor; at once when `when` is past.
  /// Cancelled through Asio: throws boost::system::system_error(asio::error::operation_aborted) promptly.
  [[nodiscard]] virtual boost::asio::awaitable<void> sleep_until(time_point when) = 0;

 protected:
  clock() = default;
  clock(const clock&) = default;
  clock& operator=(const clock&) = default;
};

/// The machine's own clocks and an Asio timer for each wait. Stateless: one instance serves any number of clients.
[[nodiscard]] MWAA_SERVERLESS_API std::shared_ptr<clock> make_system_clock();

}  // namespace mwaa_serverless
