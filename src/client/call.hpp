// One operation on its way through a client: gates, attempts, waits.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/error.hpp>
#include <mwaa_serverless/observer.hpp>
#include <mwaa_serverless/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/client_state.hpp"
#include "client/gate_line.hpp"
#include "protocol/describe.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/operation.hpp"
#include "retry/clock_skew.hpp"
#include "retry/hints.hpp"
#include "retry/retry_state.hpp"

namespace mwaa_serverless {

/// What is wrong with the options of a call, naming the member; nullopt when nothing is.
[[nodiscard]] std::optional<error> check(const call_options& options);

/// `limit` from `now`; a limit that means "forever" ends at time_point::max().
[[nodiscard]] clock::time_point after(clock::time_point now, std::chrono::milliseconds limit);

/// An error, or null: in coroutines, whose frames would hold 400 bytes for each that may come.
using maybe_error = std::unique_ptr<error>;
[[nodiscard]] inline maybe_error made_error(error what) {
  return std::make_unique<error>(std::move(what));
}

/// One operation from request to response. Lives as long as the coroutine that runs it; what it is given by reference
/// outlives it.
class call {
 public:
  /// Performs `operation` with retries. `request` gets an idempotency token if it takes one and has none. `response`
  /// and `request_id` are set unless an error comes back.
  [[nodiscard]] static boost::asio::awaitable<maybe_error> perform(
      client_state& client, const protocol::operation& operation, protocol::structure_place request,
      const call_options& options, protocol::structure_place response, std::string& request_id);
  /// As the exception that operations end with. Out of line: there are sixteen.
  [[noreturn]] static void raise(maybe_error failure);

 private:
  call(client_state& client, operation_gates& gates, const protocol::operation& operation,
       const protocol::structure_view& request, const call_options& options, protocol::structure_place response,
       std::string& request_id);

  [[nodiscard]] static maybe_error refused(const protocol::structure_view& given, const protocol::operation& operation,
                                           const call_options& options, client_state::running_operation& running);
  [[nodiscard]] boost::asio::awaitable<maybe_error> run();
  /// Tells the observer of the end; the failure with what is known about the call. For run(), and when it threw.
  [[nodiscard]] maybe_error ended(maybe_error failure);

  using time_point = clock::time_point;
  using duration = std::chrono::nanoseconds;
  class answer;

  [[nodiscard]] bool passes_at_once(time_point entered);
  [[nodiscard]] boost::asio::awaitable<maybe_error> enter_gates();
  [[nodiscard]] boost::asio::awaitable<void> attempt(attempt_record& record, time_point begun, answer& out);
  [[nodiscard]] maybe_error read(const http_response& response);
  [[nodiscard]] boost::asio::awaitable<maybe_error> read_in_slices(const http_response& response);
  [[nodiscard]] maybe_error read_outcome(const http_response& response,
                                         const std::optional<protocol::json_error>& wrong);
  [[nodiscard]] std::optional<duration> wait_after(answer& what, attempt_record& record);
  [[nodiscard]] retry::decision judge(const answer& what, attempt_record& record);
  void finish_record(attempt_record& record);
  /// Somebody reads the record of an attempt that went well.
  [[nodiscard]] bool keeps_success() const { return options_.attempt_log || client_.config_.attempt_observer; }

  // The user's objects are held to their contracts.
  [[nodiscard]] boost::asio::awaitable<result<http_response>> send(const http_request& request, time_point limit);
  [[nodiscard]] boost::asio::awaitable<result<std::shared_ptr<const credentials>>> keys(time_point limit);
  /// True when the next keys may be others.
  [[nodiscard]] bool rejected(const credentials& refused);
  /// client_config::attempt_limiter, which must not be null.
  [[nodiscard]] boost::asio::awaitable<maybe_error> enter_attempt_gate();
  /// Calls `what` with the observer, if there is one.
  template <class Tell>
  void tell(Tell what);
  /// About the least time that an exchange takes; zero before the first.
  [[nodiscard]] duration shortest_exchange() const noexcept;
  void note_exchange(duration took) noexcept;

  [[nodiscard]] time_point now() const { return client_.time().now(); }
  /// A wait that ends later leaves no time for an attempt.
  [[nodiscard]] time_point latest_start() const;
  [[nodiscard]] error last() const;
  [[nodiscard]] error out_of_time(const error& last, operation_phase during, std::string_view doing) const;
  [[nodiscard]] error too_long_in_queue(const error& last, std::string_view doing) const;
  [[nodiscard]] error given_up(errc code, std::string message, const error& last, operation_phase during,
                               std::string_view doing) const;

  client_state& client_;
  const protocol::operation& operation_;
  const protocol::structure_view request_;
  const call_options& options_;
  const protocol::structure_place response_;
  std::string& request_id_;

  const retry_mode mode_;
  const int max_attempts_;
  const std::array<char, 36> invocation_id_;
  const observer::operation_id id_;
  operation_gates& gates_;
  gate_line& line_;
  const gate_line::ticket place_;
  const time_point started_;
  const time_point deadline_;
  retry::retry_state retries_;

  std::vector<attempt_record> log_;
  maybe_error last_failure_;
  bool keys_refused_ = false;  // one more attempt with others is all there is
  bool reached_ = false;       // the service may have acted on one of the attempts
  duration queued_{0};         // in the throttle queue, all attempts together
  // Where the time went; the rest of it in the queue.
  duration in_attempts_{0};
  duration backing_off_{0};
};

}  // namespace mwaa_serverless
