#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <mutex>
#include <utility>

#include "async/event.hpp"
#include "testing/emulator_state.hpp"
#include "testing/http_request_view.hpp"

namespace mwaa_serverless::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

error broken(errc code, std::string message) {
  error out{code, std::move(message)};
  out.phase = operation_phase::reading_response;
  out.may_have_reached_service = true;
  return out;
}

/// What a client makes of the bytes that it got before the connection ended or fell silent.
result<http_response> receive(std::string_view bytes) {
  constexpr std::string_view start = "HTTP/1.1 ";
  if (!std::string_view{start}.starts_with(bytes.substr(0, start.size())))
    return broken(errc::malformed_response, "the answer is not HTTP");
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return broken(errc::connection_lost, "connection closed inside the headers");
  const auto status_end = bytes.find("\r\n");
  http_response out;
  std::from_chars(bytes.data() + start.size(), bytes.data() + status_end, out.status);
  out.fields = bytes.substr(status_end + 2, head_end - status_end);
  std::string_view body = bytes.substr(head_end + 4);
  std::size_t length = 0;
  const std::string_view stated = out.header("content-length").value_or("0");
  std::from_chars(stated.data(), stated.data() + stated.size(), length);
  if (body.size() < length) return broken(errc::connection_lost, "connection closed inside the body");
  out.body = body.substr(0, length);
  return out;
}

/// Requests under way, idle pretended connections, and those who wait for the end.
class traffic {
 public:
  /// False when closed.
  bool begin(bool& reused) {
    const std::lock_guard lock{mutex_};
    if (closed_) return false;
    reused = idle_ > 0;
    if (reused) {
      --idle_;
      ++figures_.connections_reused;
    } else {
      ++figures_.connections_opened;
    }
    ++figures_.in_use;
    return true;
  }
  void end(bool kept) {
    const std::lock_guard lock{mutex_};
    --figures_.in_use;
    if (kept && !closed_) ++idle_;
    if (figures_.in_use == 0) drained_.open();
  }
  /// Null when nothing is under way.
  std::shared_ptr<async::event> close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    idle_ = 0;
    return figures_.in_use == 0 ? nullptr : drained_.join();
  }
  [[nodiscard]] transport_metrics figures() const {
    const std::lock_guard lock{mutex_};
    transport_metrics out = figures_;
    out.open = out.in_use + idle_;
    return out;
  }

 private:
  mutable std::mutex mutex_;
  transport_metrics figures_;
  std::size_t idle_ = 0;
  bool closed_ = false;
  async::latch drained_;
};

/// Ends a request on every way out of it; a cancelled one loses its connection, as it would with sockets.
class request_under_way {
 public:
  explicit request_under_way(std::shared_ptr<traffic> in) : in_(std::move(in)) {}
  request_under_way(const request_under_way&) = delete;
  request_under_way& operator=(const request_under_way&) = delete;
  ~request_under_way() { in_->end(kept); }

  bool kept = false;

 private:
  std::shared_ptr<traffic> in_;
};

class in_memory_transport final : public transport {
 public:
  explicit in_memory_transport(std::shared_ptr<emulator_state> service) : service_(std::move(service)) {}

  asio::awaitable<result<http_response>> send(const http_request& request, clock::time_point deadline) override {
    return exchange_with(service_, traffic_, request, deadline);
  }

  asio::awaitable<void> close() override { return drain(traffic_); }

  transport_metrics metrics() const override { return traffic_->figures(); }

 private:
  // Not members of the transport, which may go before they end, or before they start: an awaitable is lazy.
  static asio::awaitable<result<http_response>> exchange_with(std::shared_ptr<emulator_state> service,
                                                              std::shared_ptr<traffic> connections,
                                                              const http_request& request, clock::time_point deadline) {
    bool reused = false;
    if (!connections->begin(reused)) co_return error(errc::client_closed, "the transport is closed");
    request_under_way here{connections};

    const delivery plan = answer(*service, request.bytes());
    const std::shared_ptr<clock> time = service->time();
    const auto arrival = time->now();
    const auto done = arrival + plan.duration();
    if (plan.end == connection_end::silence || done > deadline) {
      co_await wait_until(*time, deadline);
      co_return broken(errc::attempt_timeout, "no complete response in time");
    }
    if (done > arrival) {
      co_await time->sleep_until(done);
    } else {
      // A caller in a loop must not keep others from running; and as an exchange is where callers are cancelled, one
      // without a wait must be, too.
      co_await asio::post(asio::use_awaitable);
      const auto cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted, "send");
    }
    here.kept = plan.end == connection_end::keep;
    auto response = receive(plan.bytes);
    if (response) response->connection_reused = reused;
    co_return response;
  }

  static asio::awaitable<void> drain(std::shared_ptr<traffic> connections) {
    const auto drained = connections->close();
    if (drained) co_await drained->wait();
  }

  // Without a deadline only cancellation ends the wait: a clock must not be sent to the end of time.
  static asio::awaitable<void> wait_until(clock& time, clock::time_point when) {
    if (when != clock::time_point::max()) {
      co_await time.sleep_until(when);
    } else {
      const auto executor = co_await asio::this_coro::executor;
      asio::steady_timer never{executor, when};
      co_await never.async_wait(asio::use_awaitable);
    }
  }

  std::shared_ptr<emulator_state> service_;
  std::shared_ptr<traffic> traffic_ = std::make_shared<traffic>();
};

}  // namespace

std::shared_ptr<transport> make_in_memory_transport(std::shared_ptr<emulator_state> service) {
  return std::make_shared<in_memory_transport>(std::move(service));
}

}  // namespace mwaa_serverless::testing
