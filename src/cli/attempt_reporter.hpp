// What the client does, told on standard error while it does it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <mwaa_serverless/observer.hpp>
#include <string>
#include <string_view>

namespace mwaa_serverless::cli {

/// Logs each attempt when it begins and when it ends, and tells a person of waits that are longer than a second:
/// between attempts, and for the throttle gate. Its timer is on the loop that the client runs on.
class attempt_reporter final : public observer {
 public:
  using line = std::function<void(std::string_view)>;

  /// `debug` takes lines of the log. `tell` takes what a person at the terminal should know, and may be null.
  attempt_reporter(boost::asio::io_context& io, line debug, line tell);

  void attempt_started(const operation_id& operation, int number) noexcept override;
  void attempt_ended(const operation_id& operation, const attempt_record& attempt) noexcept override;

 private:
  void watch_wait();

  boost::asio::steady_timer timer_;
  line debug_;
  line tell_;
  std::string last_;  // how the last attempt ended, for people; empty when it ended well
};

}  // namespace mwaa_serverless::cli
