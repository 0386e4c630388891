// Time that passes only when nothing else is left to do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/export.hpp>

namespace mwaa_serverless::testing {

/// A clock for tests: hours of waiting take milliseconds and every run takes the same steps.
///
/// For one io_context, without sockets: time jumps to the next wake-up as soon as the io_context has no work that is
/// ready.
///
///     boost::asio::io_context io;
///     auto time = std::make_shared<testing::virtual_clock>();
///     config.time = time;
///     boost::asio::co_spawn(io, scenario(), ...);
///     time->run(io);
///
/// Errors: exceptions of handlers leave through run().
///
/// Cancellation: a sleep that is cancelled throws system_error(asio::error::operation_aborted) at once.
///
/// Lifetime: it may be destroyed while somebody sleeps on it, whose sleep_until() then throws
/// system_error(asio::error::operation_aborted), as one that begins later does: a plain io.run() comes to its end.
///
/// Threads: one thread runs the io_context.
class MWAA_SERVERLESS_API virtual_clock final : public clock {
 public:
  /// Starts at 2026-01-01T00:00:00Z, or at `wall`.
  virtual_clock();
  explicit virtual_clock(wall_time_point wall);
  ~virtual_clock() override;

  [[nodiscard]] time_point now() const noexcept override;
  [[nodiscard]] wall_time_point wall_now() const noexcept override;
  [[nodiscard]] boost::asio::awaitable<void> sleep_until(time_point when) override;

  /// Runs `io` until it has nothing to do and nobody sleeps. Returns the number of wake-ups. Exceptions of handlers
  /// pass through; call again to go on.
  std::size_t run(boost::asio::io_context& io);
  /// Like run, but stops at `when` at the latest; time is `when` afterwards.
  std::size_t run_until(boost::asio::io_context& io, time_point when);
  /// Coroutines asleep now.
  [[nodiscard]] std::size_t sleepers() const noexcept;
  /// Time since construction.
  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;

 private:
  struct state;
  static boost::asio::awaitable<void> sleep(std::shared_ptr<state> shared, time_point when);
  std::shared_ptr<state> state_;
};

}  // namespace mwaa_serverless::testing
