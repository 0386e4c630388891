// What all copies of a client share, and the path of one operation through it.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <mwaa_serverless/call_options.hpp>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/gate_line.hpp"
#include "protocol/endpoint.hpp"
#include "protocol/json_schema.hpp"
#include "protocol/operation.hpp"
#include "retry/clock_skew.hpp"
#include "retry/retry_quota.hpp"
#include "signing/sigv4.hpp"
#include "transport/event.hpp"
#include "transport/random_source.hpp"

namespace mwaa_serverless {

class client_state : public std::enable_shared_from_this<client_state> {
 public:
  /// How a successful response becomes a response object of the operation, `out`.
  class decoder {
   public:
    constexpr decoder(const protocol::structure_schema& format_value,
                      void (*set_request_id_value)(void* out, std::string id))
        : format(format_value), set_request_id(set_request_id_value) {}

    const protocol::structure_schema& format;  ///< Of the body.
    void (*set_request_id)(void* out, std::string id);
  };

  client_state(boost::asio::any_io_executor executor, client_config config);

  /// Performs `operation` with retries; the response is in `out` unless an error comes back.
  /// The arguments that are references or pointers outlive the awaitable: the caller awaits it in one expression.
  [[nodiscard]] boost::asio::awaitable<std::optional<error>> perform(const protocol::operation& operation,
                                                                     const std::string& body,
                                                                     const call_options& options, decoder decode,
                                                                     void* out);
  [[nodiscard]] boost::asio::awaitable<std::optional<error>> prewarm(std::size_t connections);
  [[nodiscard]] boost::asio::awaitable<void> close();
  [[nodiscard]] client_metrics metrics() const;
  void reset_throttling();

  // For calls under way. The user's objects are held to their contracts.
  [[nodiscard]] boost::asio::awaitable<result<http_response>> send(const http_request& request,
                                                                   clock::time_point limit) const;
  [[nodiscard]] boost::asio::awaitable<result<std::shared_ptr<const credentials>>> keys(clock::time_point limit) const;
  /// True when the next keys may be others.
  [[nodiscard]] bool rejected(const credentials& refused) const;
  /// client_config::attempt_gate, which must not be null.
  [[nodiscard]] boost::asio::awaitable<std::optional<error>> enter_gate(std::string_view operation,
                                                                        clock::time_point deadline) const;
  [[nodiscard]] const client_config& config() const noexcept { return config_; }
  [[nodiscard]] clock& time() const noexcept { return *config_.time; }
  [[nodiscard]] random_source& random() noexcept { return random_; }
  [[nodiscard]] retry::retry_quota& quota() noexcept { return quota_; }
  [[nodiscard]] operation_gates& gates_of(const protocol::operation& operation);
  [[nodiscard]] http_request sign(const protocol::operation& operation, std::string_view body, const credentials& keys,
                                  clock::wall_time_point now, std::string_view invocation_id, int attempt,
                                  int max_attempts);
  void count_attempt(bool is_retry) noexcept;
  void count_throttled() noexcept;
  /// Calls `what` with the observer, if there is one.
  template <class Tell>
  void tell(Tell what) {
    if (!config_.observer) return;
    try {
      what(*config_.observer);
    } catch (...) {
      counters_.observer_exceptions.fetch_add(1, relaxed);
    }
  }
  /// About the least time that an exchange takes; zero before the first.
  [[nodiscard]] std::chrono::nanoseconds shortest_exchange() const noexcept;
  void note_exchange(std::chrono::nanoseconds took) noexcept;
  [[nodiscard]] retry::skew clock_skew() const noexcept { return retry::skew{clock_skew_.load(relaxed)}; }
  void learn_clock_skew(retry::skew shown) noexcept { clock_skew_.store(shown.count(), relaxed); }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  class running_operation;
  struct counters {
    std::atomic<std::uint64_t> operations{0};
    std::atomic<std::uint64_t> attempts{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> throttled{0};
    std::atomic<std::uint64_t> observer_exceptions{0};
  };

  client_config config_;
  const bool own_network_;      // made here
  const bool own_credentials_;  // of this library
  protocol::endpoint endpoint_;
  std::string user_agent_;
  signing::signer signer_;
  retry::retry_quota quota_;
  random_source random_;
  counters counters_;
  std::atomic<std::int64_t> shortest_exchange_{0};  // nanoseconds
  std::atomic<std::int64_t> clock_skew_{0};         // milliseconds

  mutable std::mutex mutex_;                           // guards what follows
  std::map<std::string_view, operation_gates> gates_;  // by the operation's name
  bool closed_ = false;
  std::size_t running_ = 0;
  std::vector<std::shared_ptr<net::event>> waiters_;  // those who wait in close()
};

}  // namespace mwaa_serverless
