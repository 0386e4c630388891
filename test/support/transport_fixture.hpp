// Requests over a real transport, to their end.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <mwaa_serverless/transport.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/pooled_transport.hpp"

namespace test {

namespace asio = boost::asio;
namespace mwaa = mwaa_serverless;
using mwaa::errc;
using mwaa::operation_phase;
using outcome = mwaa::result<mwaa::http_response>;

inline constexpr std::chrono::hours no_limit{1};

/// A request with a body of `size` bytes.
inline mwaa::http_request request_to(std::shared_ptr<const mwaa::origin> to, std::size_t size = 5) {
  std::string head =
      "POST / HTTP/1.1\r\nHost: " + to->authority() + "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  const std::size_t head_size = head.size();
  return {std::move(to), std::move(head) + std::string(size, 'x'), head_size};
}

/// A request under way, which the test may cancel.
class exchange {
 public:
  exchange(asio::io_context& io, std::shared_ptr<mwaa::transport> net, mwaa::http_request request,
           std::chrono::nanoseconds limit = no_limit) {
    asio::co_spawn(io, run(std::move(net), std::move(request), limit),
                   asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr failure, outcome got) {
                     failure_ = failure;
                     if (!failure) got_ = std::move(got);
                     ended_ = true;
                   }));
  }
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  void cancel(asio::cancellation_type type = asio::cancellation_type::terminal) { signal_.emit(type); }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] outcome get() const {
    if (!ended_) throw std::logic_error("the request has not ended");
    if (failure_) std::rethrow_exception(failure_);
    return *got_;
  }
  /// Ended as a cancellation does.
  [[nodiscard]] bool aborted() const {
    if (!ended_ || !failure_) return false;
    try {
      std::rethrow_exception(failure_);
    } catch (const mwaa::exception&) {
      return false;
    } catch (const boost::system::system_error& e) {
      return e.code() == asio::error::operation_aborted;
    }
  }

 private:
  static asio::awaitable<outcome> run(std::shared_ptr<mwaa::transport> net, mwaa::http_request request,
                                      std::chrono::nanoseconds limit) {
    auto got = co_await net->send(request, std::chrono::steady_clock::now() + limit);
    co_return got;
  }

  asio::cancellation_signal signal_;
  std::exception_ptr failure_;
  std::optional<outcome> got_;
  bool ended_ = false;
};

/// A transport on a loop of its own.
class fixture {
 public:
  explicit fixture(mwaa::network_options options = {}, mwaa::net::internal_options internal = {})
      : net(mwaa::net::make_pooled_transport(io.get_executor(), std::move(options), std::move(internal))) {}
  explicit fixture(mwaa::net::internal_options internal) : fixture({}, std::move(internal)) {}

  /// One request to its end. The loop is run until it has nothing to do: a transport at rest keeps nothing pending.
  outcome send(mwaa::http_request request, std::chrono::nanoseconds limit = no_limit) {
    const exchange one{io, net, std::move(request), limit};
    run();
    return one.get();
  }
  outcome send(const std::shared_ptr<const mwaa::origin>& to, std::chrono::nanoseconds limit = no_limit) {
    return send(request_to(to), limit);
  }
  void run() {
    io.restart();
    io.run_for(time_limit);
    if (!io.stopped()) throw std::logic_error("something is still pending");
  }
  /// Runs the loop until `done`; for when something else stays pending.
  template <class Predicate>
  void run_until(Predicate done) {
    io.restart();
    while (!done())
      if (io.run_one_for(time_limit) == 0) throw std::logic_error("what the test waits for does not come");
  }

  asio::io_context io;
  std::shared_ptr<mwaa::transport> net;

 private:
  // After this a hang is a failure.
  static constexpr std::chrono::seconds time_limit{60};
};

}  // namespace test
