#include "client/client_state.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/call.hpp"
#include "net/options.hpp"
#include "net/pooled_transport.hpp"
#include "net/proxy.hpp"
#include "net/user_object.hpp"
#include "protocol/user_agent.hpp"
#include "sources/cached_credentials.hpp"

namespace mwaa_serverless {

namespace asio = boost::asio;

client_state::running_operation::~running_operation() {
  if (!counted_) return;
  const std::lock_guard lock{state_.mutex_};
  if (--state_.running_ == 0) state_.drained_.open();
}

bool client_state::running_operation::enter(std::string_view operation) {
  const std::lock_guard lock{state_.mutex_};
  if (state_.closed_) return false;
  if (!operation.empty()) gates_ = &state_.gates_[operation];
  ++state_.running_;
  return counted_ = true;
}

namespace {

[[noreturn]] void refuse_setting(std::string_view name, std::string_view rule) {
  throw exception(error(errc::invalid_configuration, "client_config::" + std::string{name} + " " + std::string{rule}));
}

client_config checked(const asio::any_io_executor& executor, client_config config) {
  using namespace std::chrono_literals;
  if (!executor) {
    throw exception(error(errc::invalid_configuration,
                          "client: the executor must not be empty; pass that of an io_context or a thread_pool"));
  }
  if (const auto wrong = net::validate(config, "client_config::")) throw exception(*wrong);
  if (config.attempt_timeout <= 0ms) refuse_setting("attempt_timeout", "must be positive");
  if (config.operation_timeout && *config.operation_timeout <= 0ms)
    refuse_setting("operation_timeout", "must be positive; leave it out for no limit");
  if (config.app_id.size() > 50) refuse_setting("app_id", "must be at most 50 characters long");
  if (const auto wrong = retry::validate(config.retry)) throw exception(*wrong);
  config.time = config.time ? net::make_checked_clock(std::move(config.time)) : make_system_clock();
  return config;
}

protocol::endpoint endpoint_of(const client_config& config) {
  auto endpoint = protocol::resolve_endpoint(config.region, config.use_fips, config.endpoint_url);
  if (endpoint) return *std::move(endpoint);
  error wrong = std::move(endpoint).error();
  if (wrong.code == errc::no_region)
    for (const configured_value& each : config.describe())
      if (each.name.starts_with("unread_")) wrong.message += "; " + each.value;
  throw exception(std::move(wrong));
}

}  // namespace

client_state::client_state(asio::any_io_executor executor, client_config config)
    : executor_(std::move(executor)),
      own_time_(config.time == nullptr),
      config_(checked(executor_, std::move(config))),
      own_network_(config_.network == nullptr),
      own_credentials_(dynamic_cast<sources::own_provider*>(config_.credentials.get())),
      endpoint_(endpoint_of(config_)),
      user_agent_(protocol::user_agent(config_.app_id)),
      signer_(endpoint_.signing_region, "airflow-serverless"),
      quota_(config_.retry.quota),
      random_(std::move(config_.random)),
      listener_(net::context_end::of(executor_), *this) {
  if (config_.network) return;
  network_options options = config_;
  // AWS's tools do not look at the bundle for http:// either.
  if (!endpoint_.where->tls) options.ca_bundle.clear();
  if (const auto proxy = net::proxy_settings{options}.proxy_for(*endpoint_.where); !proxy)
    throw exception(proxy.error());
  config_.network = net::make_pooled_transport(executor_, std::move(options));
}

asio::awaitable<result<void>> client_state::prewarm(std::size_t connections) {
  constexpr std::size_t sane = 65'536;  // more than one address has ports: a max_connections of "no limit" is none here
  const std::size_t most = std::min(config_.max_connections, sane);
  if (connections < 1 || connections > most) {
    co_return error(errc::invalid_argument, "connections must be from 1 to " + std::to_string(most) +
                                                ", max_connections being " + std::to_string(config_.max_connections));
  }
  running_operation running{*this};
  if (!running.enter()) co_return error(errc::client_closed, "the client is closed");
  // The library's own needs no limit, but a strand: it opens all connections at once, on whatever executor this is.
  const auto limit = own_network_ ? clock::time_point::max() : after(time().now(), config_.attempt_timeout);
  co_return co_await net::prewarm(config_.network, endpoint_.where, connections, config_.time, limit);
}

asio::awaitable<void> client_state::close() {
  std::shared_ptr<async::event> drained;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    if (running_ > 0) drained = drained_.join();
  }
  if (drained) co_await drained->wait();
  if (own_network_) {
    co_await config_.network->close();
  } else {
    const auto closed = co_await net::close(config_.network, config_.time);
    if (!closed) throw exception(closed.error());
  }
}

void client_state::reset_throttling() {
  const std::lock_guard lock{mutex_};
  for (auto& [operation, gates] : gates_) gates.reset();
}

client_state::gates_view client_state::gates() const {
  gates_view out;
  const std::lock_guard lock{mutex_};
  for (const auto& [operation, gates] : gates_) {
    for (const retry_mode mode : {retry_mode::standard, retry_mode::adaptive}) {
      out.waiting += gates.of(mode).waiting();
      out.closed_until = std::max(out.closed_until, gates.of(mode).closed_until());
    }
  }
  return out;
}

client_metrics client_state::metrics() const {
  client_metrics out;
  out.operations = counters_.operations.load(relaxed);
  out.attempts = counters_.attempts.load(relaxed);
  out.retries = counters_.retries.load(relaxed);
  out.throttled = counters_.throttled.load(relaxed);
  out.retry_quota = quota_.available();
  out.quota_refusals = quota_.refusals();
  out.observer_exceptions = counters_.observer_exceptions.load(relaxed);
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
