#include "client/client_state.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/call.hpp"
#include "protocol/user_agent.hpp"
#include "retry/retry_state.hpp"
#include "signing/signed_request.hpp"
#include "transport/pooled_transport.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

/// Counts an operation as running for as long as it lives.
class client_state::running_operation {
 public:
  explicit running_operation(client_state& state) : state_(state) {}
  running_operation(const running_operation&) = delete;
  running_operation& operator=(const running_operation&) = delete;
  ~running_operation() {
    if (!counted_) return;
    std::vector<std::shared_ptr<net::event>> woken;
    {
      const std::lock_guard lock{state_.mutex_};
      if (--state_.running_ == 0) woken.swap(state_.waiters_);
    }
    for (const auto& waiter : woken) waiter->set();
  }
  /// False when the client is closed.
  bool enter() {
    const std::lock_guard lock{state_.mutex_};
    if (state_.closed_) return false;
    ++state_.running_;
    return counted_ = true;
  }

 private:
  client_state& state_;
  bool counted_ = false;
};

namespace {

[[noreturn]] void refuse_setting(std::string_view name, std::string_view rule) {
  throw exception(error(errc::invalid_configuration, "client_config::" + std::string{name} + " " + std::string{rule}));
}

client_config checked(client_config config) {
  using namespace std::chrono_literals;
  // A year is as good as no limit, and sums with it do not overflow.
  constexpr std::chrono::hours year{24 * 366};
  if (config.connect_timeout <= 0ms || config.connect_timeout > year)
    refuse_setting("connect_timeout", "must be positive and at most a year");
  if (config.attempt_timeout <= 0ms) refuse_setting("attempt_timeout", "must be positive");
  if (config.read_timeout && (*config.read_timeout <= 0ms || *config.read_timeout > year))
    refuse_setting("read_timeout", "must be positive and at most a year; leave it out for no limit of its own");
  if (config.operation_timeout && *config.operation_timeout <= 0ms)
    refuse_setting("operation_timeout", "must be positive; leave it out for no limit");
  if (config.max_connections < 1) refuse_setting("max_connections", "must be at least 1");
  if (config.acquire_timeout && (*config.acquire_timeout <= 0ms || *config.acquire_timeout > year))
    refuse_setting("acquire_timeout", "must be positive and at most a year; leave it out for the attempt's own limit");
  if (config.max_connection_age <= 0ms || config.max_connection_age > year)
    refuse_setting("max_connection_age", "must be positive and at most a year");
  if (config.max_idle_time <= 0ms || config.max_idle_time > year)
    refuse_setting("max_idle_time", "must be positive and at most a year");
  if (config.max_response_bytes < 1024) refuse_setting("max_response_bytes", "must be at least 1024");
  if (config.app_id.size() > 50) refuse_setting("app_id", "must be at most 50 characters long");
  if (const auto wrong = retry::validate(config.retry)) throw exception(*wrong);
  if (!config.time) config.time = make_system_clock();
  return config;
}

protocol::endpoint endpoint_of(const client_config& config) {
  auto endpoint = protocol::resolve_endpoint(config.region, config.use_fips, config.endpoint_url);
  if (!endpoint) throw exception(endpoint.error());
  return *std::move(endpoint);
}

}  // namespace

client_state::client_state(asio::any_io_executor executor, client_config config)
    : config_(checked(std::move(config))),
      endpoint_(endpoint_of(config_)),
      user_agent_(protocol::user_agent(config_.app_id)),
      signer_(endpoint_.signing_region, "airflow-serverless"),
      quota_(config_.retry.quota),
      random_(std::move(config_.random)) {
  if (config_.network) return;
  net::pooled_transport_options options;
  options.max_connections = config_.max_connections;
  if (config_.max_waiting) options.max_waiting = *config_.max_waiting;
  options.acquire_timeout = config_.acquire_timeout;
  options.max_connection_age = config_.max_connection_age;
  options.max_idle_time = config_.max_idle_time;
  options.connect_timeout = config_.connect_timeout;
  options.read_timeout = config_.read_timeout;
  options.max_response_bytes = config_.max_response_bytes;
  // AWS's tools do not look at the bundle for http:// either.
  if (endpoint_.where->tls) options.ca_bundle = config_.ca_bundle;
  options.https_proxy = config_.https_proxy;
  options.http_proxy = config_.http_proxy;
  options.no_proxy = config_.no_proxy;
  options.client_certificate = config_.client_certificate;
  options.client_key = config_.client_key;
  options.verify_tls = config_.verify_tls;
  options.tls_context = config_.tls_context;
  config_.network = net::make_pooled_transport(std::move(executor), std::move(options));
}

asio::awaitable<std::optional<error>> client_state::perform(const protocol::operation& operation,
                                                            const std::string& body, const call_options& options,
                                                            decoder decode, void* out) {
  std::optional<error> failure = check(options);
  if (failure) co_return failure;
  running_operation running{*this};
  if (!running.enter()) {
    failure.emplace(errc::client_closed, "the client is closed");
    co_return failure;
  }
  counters_.operations.fetch_add(1, relaxed);
  call work{*this, operation, body, options, decode, out};
  co_return co_await work.run();
}

operation_gates& client_state::gates_of(const protocol::operation& operation) {
  const std::lock_guard lock{mutex_};
  return gates_[operation.name];
}

http_request client_state::sign(const protocol::operation& operation, std::string_view body, const credentials& keys,
                                clock::wall_time_point now, std::string_view invocation_id, int attempt,
                                int max_attempts) {
  return signing::make_signed_request(endpoint_, operation, body, keys, signer_, now, invocation_id, attempt,
                                      max_attempts, user_agent_);
}

void client_state::count_attempt(bool is_retry) noexcept {
  counters_.attempts.fetch_add(1, relaxed);
  if (is_retry) counters_.retries.fetch_add(1, relaxed);
}

void client_state::count_throttled() noexcept {
  counters_.throttled.fetch_add(1, relaxed);
}

std::chrono::nanoseconds client_state::shortest_exchange() const noexcept {
  return std::chrono::nanoseconds{shortest_exchange_.load(relaxed)};
}

void client_state::note_exchange(std::chrono::nanoseconds took) noexcept {
  // Follows what is faster at once and what is slower by little steps. Two threads may lose one of their values.
  const std::int64_t known = shortest_exchange_.load(relaxed);
  const std::int64_t fresh = took.count();
  shortest_exchange_.store(known == 0 || fresh < known ? fresh : known + (fresh - known) / 64, relaxed);
}

asio::awaitable<std::optional<error>> client_state::prewarm(std::size_t connections) {
  std::optional<error> failure;
  if (connections < 1 || connections > config_.max_connections) {
    failure.emplace(errc::invalid_argument, "connections must be from 1 to max_connections, which is " +
                                                std::to_string(config_.max_connections));
    co_return failure;
  }
  running_operation running{*this};
  if (!running.enter()) {
    failure.emplace(errc::client_closed, "the client is closed");
    co_return failure;
  }
  auto opened = co_await config_.network->prewarm(endpoint_.where, connections);
  if (!opened) failure = std::move(opened).error();
  co_return failure;
}

asio::awaitable<void> client_state::close() {
  std::shared_ptr<net::event> drained;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    if (running_ > 0) {
      drained = std::make_shared<net::event>();
      waiters_.push_back(drained);
    }
  }
  if (drained) co_await drained->wait();
  co_await config_.network->close();
}

client_metrics client_state::metrics() const {
  client_metrics out;
  out.operations = counters_.operations.load(relaxed);
  out.attempts = counters_.attempts.load(relaxed);
  out.retries = counters_.retries.load(relaxed);
  out.throttled = counters_.throttled.load(relaxed);
  out.retry_quota = quota_.available();
  out.quota_refusals = quota_.refusals();
  const auto now = time().now();
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [operation, gates] : gates_) {
      for (const retry_mode mode : {retry_mode::standard, retry_mode::adaptive}) {
        const gate_line& line = gates.of(mode);
        if (!line.used()) continue;
        gate_metrics& gate = out.gates.emplace_back();
        gate.operation = operation;
        gate.mode = mode;
        gate.rate = line.rate(now);
        gate.waiting = line.waiting();
        gate.closed_for = std::max(clock::time_point::duration::zero(), line.closed_until() - now);
      }
    }
  }
  out.transport = config_.network->metrics();
  return out;
}

}  // namespace mwaa_serverless
