// What all copies of a client share.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <mwaa_serverless/client.hpp>
#include <mwaa_serverless/client_config.hpp>
#include <mwaa_serverless/error.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "async/event.hpp"
#include "async/random_source.hpp"
#include "client/gate_line.hpp"
#include "net/context_end.hpp"
#include "protocol/endpoint.hpp"
#include "retry/retry_quota.hpp"
#include "signing/sigv4.hpp"

namespace mwaa_serverless {

namespace sources {
class own_provider;
}

/// A call (client/call.hpp) works on what lies here.
class client_state : public std::enable_shared_from_this<client_state> {
 public:
  client_state(boost::asio::any_io_executor executor, client_config config);

  [[nodiscard]] boost::asio::awaitable<result<void>> prewarm(std::size_t connections);
  [[nodiscard]] boost::asio::awaitable<void> close();
  [[nodiscard]] client_metrics metrics() const;
  void reset_throttling();
  /// Empty once its context is being destroyed: a strand, or tracked work, must not outlive that.
  [[nodiscard]] boost::asio::any_io_executor executor() const { return executor_; }
  void context_ended() noexcept { executor_ = {}; }

  [[nodiscard]] clock& time() const noexcept { return *config_.time; }
  [[nodiscard]] async::random_source& random() noexcept { return random_; }
  /// Attempts of all calls so far.
  [[nodiscard]] std::uint64_t attempts() const noexcept { return counters_.attempts.load(relaxed); }
  /// The throttle gates of all operations, as one.
  class gates_view {
   public:
    std::size_t waiting = 0;
    clock::time_point closed_until{};
  };
  [[nodiscard]] gates_view gates() const;

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  friend class call;
  /// Counts an operation as running for as long as it lives.
  class running_operation {
   public:
    explicit running_operation(client_state& state) : state_(state) {}
    running_operation(const running_operation&) = delete;
    running_operation& operator=(const running_operation&) = delete;
    ~running_operation();
    /// False when the client is closed. An operation with attempts goes through `gates()` of its name then.
    [[nodiscard]] bool enter(std::string_view operation = {});
    [[nodiscard]] operation_gates& gates() const noexcept { return *gates_; }

   private:
    client_state& state_;
    operation_gates* gates_ = nullptr;
    bool counted_ = false;
  };
  struct counters {
    std::atomic<std::uint64_t> operations{0};
    std::atomic<std::uint64_t> attempts{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> throttled{0};
    std::atomic<std::uint64_t> observer_exceptions{0};
  };

  boost::asio::any_io_executor executor_;
  const bool own_time_;  // the machine's
  client_config config_;
  const bool own_network_;                        // made here
  sources::own_provider* const own_credentials_;  // config_.credentials, when it is of this library
  protocol::endpoint endpoint_;
  std::string user_agent_;
  signing::signer signer_;
  retry::retry_quota quota_;
  async::random_source random_;
  counters counters_;
  std::atomic<std::int64_t> shortest_exchange_{0};  // nanoseconds
  std::atomic<std::int64_t> clock_skew_{0};         // milliseconds

  mutable std::mutex mutex_;                           // guards what follows
  std::map<std::string_view, operation_gates> gates_;  // by the operation's name
  bool closed_ = false;
  std::size_t running_ = 0;
  async::latch drained_;  // those who wait in close()

  const net::context_end::listener listener_;
};

/// What works with a client from outside, on its clock.
class client_access {
 public:
  [[nodiscard]] static const std::shared_ptr<client_state>& state_of(const client& api) noexcept { return api.state_; }
};

}  // namespace mwaa_serverless
