// What all copies of a client share, and the path of one operation through it.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <mutex>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/random_source.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/operation.hpp"
#include "retry/retry_quota.hpp"
#include "signing/sigv4.hpp"
#include "transport/event.hpp"

namespace mwaa_serverless {

class client_state : public std::enable_shared_from_this<client_state> {
 public:
  /// Reads a successful response into `out`, a response object of the operation.
  using decoder = std::optional<error> (*)(http_response&& response, void* out);

  client_state(boost::asio::any_io_executor executor, client_config config);

  /// Performs `operation` with retries; the response is in `out` unless an error comes back.
  /// The arguments that are references or pointers outlive the awaitable: the caller awaits it in one expression.
  [[nodiscard]] boost::asio::awaitable<std::optional<error>> perform(const protocol::operation& operation,
                                                                     const std::string& body,
                                                                     const call_options& options, decoder decode,
                                                                     void* out);
  [[nodiscard]] boost::asio::awaitable<void> close();
  [[nodiscard]] client_metrics metrics() const;
  [[nodiscard]] clock& time() const noexcept { return *config_.time; }

 private:
  class running_operation;
  struct counters {
    std::atomic<std::uint64_t> operations{0};
    std::atomic<std::uint64_t> attempts{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> throttled{0};
  };
  class attempt_outcome;

  boost::asio::awaitable<attempt_outcome> attempt(const protocol::operation& operation, const std::string& body,
                                                  const std::string& invocation_id, int number, int max_attempts,
                                                  clock::time_point deadline, decoder decode, void* out);

  client_config config_;
  protocol::endpoint endpoint_;
  std::string user_agent_;
  signing::signer signer_;
  retry::retry_quota quota_;
  random_source random_;
  counters counters_;

  mutable std::mutex mutex_;  // guards the three below
  bool closed_ = false;
  std::size_t running_ = 0;
  std::vector<std::shared_ptr<net::event>> waiters_;  // those who wait in close()
};

}  // namespace mwaa_serverless
