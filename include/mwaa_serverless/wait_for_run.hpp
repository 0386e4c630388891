// Waiting for the end of a run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <mwaa_serverless/async_generator.hpp>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/clock.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/export.hpp>
#include <mwaa_serverless/model/workflow_run.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mwaa_serverless {

/// How wait_for_run() waits.
///
/// Between two looks it waits as Smithy's waiters do: a random time of at least min_delay, whose upper end doubles with
/// each look up to max_delay. A run that is stopping, or about as old as expected_duration says, is looked at more
/// often.
///
/// Errors: watch_run() throws exception(errc::invalid_argument) naming a member that is out of its range.
///
/// Threads: a value; distinct objects may be used from any threads at once.
///
/// Source: the delays are those of Smithy's specification of waiters; the service's model has none of its own.
class MWAA_SERVERLESS_API wait_options {
 public:
  wait_options();

  std::chrono::milliseconds min_delay{2'000};    ///< Between two looks, at least. Positive, at most a year.
  std::chrono::milliseconds max_delay{120'000};  ///< Between two looks, at most. At least min_delay, at most a year.
  /// The wait as a whole, of start_and_wait() the start included; absent: for as long as the run lasts. Positive.
  std::optional<std::chrono::milliseconds> timeout;
  /// When the wait must have ended, by client_config::time. With `timeout` the earlier counts.
  std::optional<clock::time_point> deadline;
  /// How long runs of this workflow take, from their start. The nearer the run is to that age, the shorter the wait
  /// for the next look: at most half of what is left, or of what it is over. Positive, at most a year.
  std::optional<std::chrono::seconds> expected_duration;
  /// States that end the wait well, and badly: Airflow's sensor has the same two sets. A run that has come to its end
  /// in a state of neither ends the wait, too.
  std::vector<workflow_run_status> success_states;  ///< Default: success.
  std::vector<workflow_run_status> failure_states;  ///< Default: failed, timeout, stopped.
  /// Failed looks in a row after which the wait throws the last one's error. One throttle, one lost response does not
  /// end it. From 1. Errors that no other try can mend (condition::permanent) end it at once.
  int max_failures_in_a_row = 10;
  /// Of each look. Its deadline is the wait's at the latest.
  call_options look;
};
static_assert(!std::is_aggregate_v<wait_options>);

/// How a wait ended.
enum class wait_outcome : std::uint8_t {
  success,
  failed,
  timed_out,      ///< The service ended the run: `TIMEOUT`.
  stopped,        ///< Somebody stopped the run.
  still_running,  ///< The wait's deadline came before the run's end.
};

/// What a wait knows after a look.
///
/// Threads: a value; distinct objects may be used from any threads at once.
class MWAA_SERVERLESS_API wait_progress {
 public:
  wait_progress();

  std::optional<wait_outcome> outcome;           ///< Present in the last one, and only there.
  std::optional<get_workflow_run_response> run;  ///< As last seen; absent before the first look that succeeded.
  std::optional<error> failure;                  ///< Why this look failed; the wait goes on.
  std::uint64_t looks = 0;                       ///< So far.
  clock::time_point looked_at{};                 ///< When this look ended.
  std::optional<clock::time_point> next_look;    ///< Absent in the last one.

  /// The run's state as last seen.
  [[nodiscard]] workflow_run_status status() const;
};
static_assert(!std::is_aggregate_v<wait_progress>);

/// Looks at the run (GetWorkflowRun) until it has ended, and gives what each look found. The last one has an outcome.
///
/// Errors: exception as client::get_workflow_run throws it when a look cannot be mended by another, or after
/// wait_options::max_failures_in_a_row; exception(errc::invalid_argument) naming a wait option.
/// Cancellation: of next() ends the look or the wait under way with operation_aborted. The run goes on.
/// Lifetime: keeps the client's state alive. Nothing runs between two next(): a wait that is late looks at once.
[[nodiscard]] MWAA_SERVERLESS_API async_generator<wait_progress> watch_run(client api, std::string workflow_arn,
                                                                           std::string run_id,
                                                                           wait_options options = {});

/// The last of watch_run().
[[nodiscard]] MWAA_SERVERLESS_API boost::asio::awaitable<wait_progress> wait_for_run(client api,
                                                                                     std::string workflow_arn,
                                                                                     std::string run_id,
                                                                                     wait_options options = {});

/// Starts a run and waits for it. A caller who may crash between gives the request a client_token of its own
/// (make_client_token()) and keeps it: with the same token the service gives the same run.
///
/// wait_options::timeout, deadline and look are for the start too: the time that it takes is the wait's.
///
/// Errors: exception as client::start_workflow_run and wait_for_run() throw it. When the deadline comes before the
/// start has succeeded, that is errc::operation_timeout or the error of its last attempt, never
/// wait_outcome::still_running: there may be a run or none, which another start with the same client_token finds out.
/// Cancellation: as of wait_for_run(); of the start, as of client::start_workflow_run.
/// Lifetime: keeps the client's state alive.
[[nodiscard]] MWAA_SERVERLESS_API boost::asio::awaitable<wait_progress> start_and_wait(
    client api, start_workflow_run_request request, wait_options options = {});

/// A token for a request's client_token: a random UUID. Throws std::exception when the system gives no random numbers.
[[nodiscard]] MWAA_SERVERLESS_API std::string make_client_token();

}  // namespace mwaa_serverless
